import type { IsolationLevel } from '@clawforce/pool-core';
import { DEFAULT_LEVEL } from '@clawforce/protocol/config';
import type { AuditTrail } from '../audit/audit-trail.js';
import { ApiError } from '../errors/api-error.js';
import type { ActivityFeed } from '../events/activity-feed.js';
import type { SessionFiles } from '../events/session-files.js';
import type { WorkerLogs } from '../log/worker-log.js';
import type { AgentFilter, AgentRecord, AgentVisibility } from '../storage/agents/agent-store.js';
import type { Page } from '../storage/page/page.js';
import type { Storage, Stores } from '../storage/storage.js';
import type { AgentFiles } from './agent-files.js';
import type { AgentStandings } from './agent-standing.js';
import { isAlive } from './agent-states.js';
import { agentView, type AgentView } from './agent-view.js';
import { firstLevel } from './first-level.js';
import type { AgentLifecycle } from './lifecycle.js';
import type { WorkerImages } from './worker-images.js';

/** Who acts, for ownership and audit. */
export interface Actor {
  readonly userId: string;
  readonly role: 'superadmin' | 'admin' | 'viewer';
}

/** Id of the operating-system user on the admin socket; no user of the database has it. */
export const LOCAL_USER_ID = 'local';

/** What creates an agent. */
export interface AgentDraft {
  /** Random unless given; the schema of requests has none. */
  readonly id?: string;
  readonly name: string;
  readonly description?: string;
  readonly color?: string | null;
  readonly mode?: string;
}

/** What an owner may change; reassigning needs superadmin. */
export interface AgentPatch {
  readonly name?: string;
  readonly description?: string;
  readonly color?: string | null;
  readonly mode?: string;
  readonly owner_user_id?: string | null;
}

/** Parts of the service. Without a lifecycle (offline command line) running agents cannot be removed. */
export interface AgentServiceParts {
  readonly storage: Storage;
  readonly files: AgentFiles;
  readonly sessionFiles: SessionFiles;
  readonly workerLogs: Pick<WorkerLogs, 'settled'>;
  readonly audit: AuditTrail;
  readonly feed: ActivityFeed;
  readonly standings: AgentStandings;
  readonly lifecycle: () => AgentLifecycle | undefined;
  readonly images: () => WorkerImages | undefined;
  /** Mode of an agent that is made without one. */
  readonly backend: () => string;
  /** No agent of this server is above it, a new one neither. */
  readonly maxLevel: IsolationLevel;
  /** Keeps the level of an agent that is being made in its configuration. */
  readonly keepLevel: (stores: Stores, agentId: string, level: IsolationLevel) => Promise<void>;
  /** Told when files of a removed agent are left behind. */
  readonly onLeftover: (agentId: string, error: unknown) => void;
}

const MODES = ['process', 'docker'];

/** Creates, lists, changes and removes agents. */
export class AgentService {
  readonly #parts: AgentServiceParts;

  constructor(parts: AgentServiceParts) {
    this.#parts = parts;
  }

  /** Agents that the actor may see, newest first. */
  async list(actor: Actor, filter: AgentFilter): Promise<Page<AgentView>> {
    const found = await this.#parts.storage.agents.list(visibleTo(actor), filter);
    return { ...found, items: await this.views(found.items) };
  }

  /** Gives an agent as the API shows it. */
  async view(agent: AgentRecord): Promise<AgentView> {
    const [view] = await this.views([agent]);
    if (!view) throw new TypeError('an agent has a view');
    return view;
  }

  /** Gives agents as the API shows them. */
  async views(agents: readonly AgentRecord[]): Promise<readonly AgentView[]> {
    const { storage, standings, images } = this.#parts;
    const owners = new Set(agents.flatMap(({ ownerUserId }) => ownerUserId ?? []));
    const names = await storage.users.names([...owners]);
    const standing = await standings.of(agents.map(({ id }) => id));
    return agents.map((agent, index) => {
      const stands = standing[index];
      if (!stands) throw new TypeError('an agent has a standing');
      return agentView(agent, names.get(agent.ownerUserId ?? ''), stands, images()?.of(agent) ?? null);
    });
  }

  /** Creates an agent that belongs to its creator, with its directory. */
  async create(draft: AgentDraft, actor: Actor): Promise<AgentView> {
    const { storage, audit, files, feed } = this.#parts;
    const mode = checkMode(draft.mode ?? this.#parts.backend());
    const level = firstLevel(this.#parts.maxLevel);
    const agent = await storage.transaction(async (tx) => {
      const created = await tx.agents.create({
        ...(draft.id === undefined ? {} : { id: draft.id }),
        name: checkName(draft.name),
        description: draft.description ?? '',
        color: draft.color ?? null,
        ownerUserId: actor.userId === LOCAL_USER_ID ? null : actor.userId,
        mode,
        level,
      });
      // Else a change of anything else would be refused for the level that the configuration does not name.
      if (level !== DEFAULT_LEVEL) await this.#parts.keepLevel(tx, created.id, level);
      await audit.record(
        changeEvent('agent_lifecycle', created.id, 'create', actor, { name: created.name, mode }),
        tx,
      );
      return created;
    });
    await files.control(agent.id);
    feed.publish(agent.id, { kind: 'status', agent });
    return this.view(agent);
  }

  /** Changes an agent. @throws ApiError FORBIDDEN when somebody else than a superadmin reassigns it. */
  async update(agent: AgentRecord, patch: AgentPatch, actor: Actor): Promise<AgentView> {
    const { storage, audit, feed } = this.#parts;
    const owner = patch.owner_user_id;
    if (owner !== undefined && actor.role !== 'superadmin') {
      throw new ApiError('FORBIDDEN', 'Only a superadmin gives an agent to somebody else.');
    }
    if (owner !== undefined && owner !== null && !(await storage.users.get(owner))) {
      throw new ApiError('VALIDATION_FAILED', 'There is no user with this id.', {
        issues: [
          {
            pointer: '/owner_user_id',
            message: 'must be the id of a user; "clawforce user list" shows them.',
          },
        ],
      });
    }
    const moves = patch.mode !== undefined && patch.mode !== agent.mode;
    if (moves && isAlive(agent)) {
      throw new ApiError('WORKERS_RUNNING', 'The agent runs on the present backend.', {
        fix: 'Stop the agent, then change its mode.',
      });
    }
    const updated = await storage.transaction(async (tx) => {
      const next = await tx.agents.update(agent.id, {
        ...(patch.name === undefined ? {} : { name: checkName(patch.name) }),
        ...(patch.description === undefined ? {} : { description: patch.description }),
        ...(patch.color === undefined ? {} : { color: patch.color }),
        ...(patch.mode === undefined ? {} : { mode: checkMode(patch.mode) }),
        ...(owner === undefined ? {} : { ownerUserId: owner }),
      });
      await audit.record(
        changeEvent('config_change', agent.id, 'agent.update', actor, { fields: Object.keys(patch) }),
        tx,
      );
      return next;
    });
    // Its files may get another owner.
    if (moves) await this.#parts.files.forget(agent.id);
    feed.publish(agent.id, { kind: 'status', agent: updated });
    return this.view(updated);
  }

  /** Stops and removes an agent with everything that belongs to it, its directory included. */
  async remove(agent: AgentRecord, actor: Actor): Promise<void> {
    const { storage, audit, files, sessionFiles, workerLogs, feed } = this.#parts;
    const remove = async (): Promise<void> => {
      sessionFiles.forget(agent.id);
      await storage.transaction(async (tx) => {
        await tx.agents.remove(agent.id);
        await audit.record(
          changeEvent('agent_lifecycle', agent.id, 'delete', actor, { name: agent.name }),
          tx,
        );
      });
      feed.publish(agent.id, { kind: 'removed' });
      // A late line would make the directory anew.
      await workerLogs.settled(agent.id);
      await files.destroy(agent.id).catch((error: unknown) => this.#parts.onLeftover(agent.id, error));
    };
    const lifecycle = this.#parts.lifecycle();
    await (lifecycle ? lifecycle.retire(agent.id, remove) : remove());
  }
}

/** Which agents a person sees. */
export function visibleTo(actor: Actor): AgentVisibility {
  return actor.role === 'superadmin' ? 'all' : { ownerUserId: actor.userId };
}

/** Gives an audit event for a change that a person made. */
export function changeEvent(
  kind: 'agent_lifecycle' | 'config_change',
  agentId: string,
  event: string,
  actor: Actor,
  detail: Record<string, unknown>,
): Parameters<AuditTrail['record']>[0] {
  return {
    kind,
    agent_id: agentId,
    event,
    actor: `user:${actor.userId}`,
    timestamp: new Date().toISOString(),
    detail: JSON.stringify(detail),
  };
}

// Whatever shows nothing or turns its surroundings around; the one exception makes a sign colourful.
const UNSEEN =
  /(?!(?<=\p{Emoji})\ufe0f)[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]/u;

function checkName(name: string): string {
  const trimmed = name.normalize('NFC').trim();
  if (trimmed.length === 0 || UNSEEN.test(trimmed)) {
    throw new ApiError('VALIDATION_FAILED', 'The name is empty or has characters that cannot be seen.', {
      issues: [{ pointer: '/name', message: 'must be visible text.' }],
    });
  }
  return trimmed;
}

function checkMode(mode: string): string {
  if (MODES.includes(mode)) return mode;
  throw new ApiError('VALIDATION_FAILED', `The mode must be one of ${MODES.join(', ')}.`, {
    issues: [{ pointer: '/mode', message: `must be one of ${MODES.join(', ')}.` }],
  });
}
