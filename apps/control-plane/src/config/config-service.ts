import { randomUUID } from 'node:crypto';
import type { Redactor } from '@clawforce/secrets-redact';
import {
  canonicalAgentConfig,
  effectiveConfig,
  parseAgentConfig,
  type AgentConfig,
  type EffectiveAgentConfig,
} from '@clawforce/protocol/config';
import type { WorkerConfig } from '@clawforce/protocol';
import type { Actor } from '../agents/agent-service.js';
import { changeEvent } from '../agents/agent-service.js';
import { workerConfig } from '../agents/worker-config.js';
import type { AuditTrail } from '../audit/audit-trail.js';
import { ApiError } from '../errors/api-error.js';
import type { LinkHub } from '../hub/link-hub.js';
import type { AgentRecord } from '../storage/agents/agent-store.js';
import type { JsonValue } from '../storage/configs/config-store.js';
import type { Storage, Stores } from '../storage/storage.js';
import type { ConfigVault } from '../vault/index.js';
import { unsafeSettings } from './unsafe-settings.js';
import { reviewConfigChange } from './review-config-change.js';

/** A configuration as the API shows it: secrets are placeholders. */
export interface ConfigView {
  readonly config: unknown;
  /** Raised by one with every change; the ETag. */
  readonly version: number;
}

/** What a saved change came to. */
export interface ConfigOutcome extends ConfigView {
  /** `confirmed` when the running worker has taken it over, `stored` when none runs, `unconfirmed` when it did not answer. */
  readonly applied: 'confirmed' | 'stored' | 'unconfirmed';
}

/** The members of a configuration that hold no secret. */
export type OpenSettings = Omit<EffectiveAgentConfig, 'providers' | 'env'>;

/** Parts of the service. */
export interface ConfigServiceParts {
  readonly storage: Storage;
  readonly vault: ConfigVault;
  readonly redactor: Redactor;
  readonly audit: AuditTrail;
  /** Refuses isolation that this server does not start. */
  readonly checkIsolation: (docker: EffectiveAgentConfig['docker']) => void;
  readonly hub: () => LinkHub | undefined;
  /** Whether commands run without a confiner where none works. */
  readonly unconfinedExec: () => boolean;
  /** Told after every change, so that cached traffic under the old configuration ends. */
  readonly onChanged: (agentId: string) => void;
}

const CONFIRM_MS = 5_000;

/** Reads and writes agent configurations: validated, redacted on the way out, sealed at rest, pushed to the worker. */
export class ConfigService {
  readonly #parts: ConfigServiceParts;

  constructor(parts: ConfigServiceParts) {
    this.#parts = parts;
  }

  /** The configuration with placeholders for secrets. */
  async view(agentId: string, ip: string): Promise<ConfigView> {
    const { config, version } = await this.#read(this.#parts.storage, agentId, 'the API', ip);
    return { config: this.#parts.redactor.redact(config, { configId: agentId }), version };
  }

  /** The configuration with defaults and opened secrets. Never part of an answer. */
  async effective(agentId: string, purpose: string): Promise<EffectiveAgentConfig> {
    return effectiveConfig((await this.#read(this.#parts.storage, agentId, purpose)).config);
  }

  /** What stands in the configuration besides secrets, with defaults: no secret is opened for it. */
  async withoutSecrets(agentId: string): Promise<OpenSettings> {
    const { storage, vault } = this.#parts;
    return effectiveConfig(((await vault.outline(storage.configs, agentId)) ?? {}) as AgentConfig);
  }

  /** What the agent's worker is to know. */
  async workerConfig(agentId: string): Promise<WorkerConfig> {
    const agent = await this.#parts.storage.agents.get(agentId);
    if (!agent) throw new ApiError('NOT_FOUND', 'There is no such agent.');
    return workerConfig(agent, await this.effective(agentId, 'the worker'), {
      unconfinedExec: this.#parts.unconfinedExec(),
    });
  }

  /** Writes the first configuration of an agent that is being made at another level than the default. */
  async keepLevel(
    stores: Pick<Stores, 'configs'>,
    agentId: string,
    level: EffectiveAgentConfig['docker']['level'],
  ): Promise<void> {
    const config = { security: { docker: { level } } };
    await this.#parts.vault.write(stores.configs, agentId, config, { purpose: 'a new agent', ifVersion: 0 });
  }

  /** Replaces the configuration: what is absent is deleted, a placeholder keeps its secret. */
  replace(agent: AgentRecord, body: unknown, change: ConfigChange): Promise<ConfigOutcome> {
    return this.#write(agent, change, (stored) =>
      this.#parts.redactor.restore(canonical(body), { stored, configId: agent.id }),
    );
  }

  /** Merges a patch over the redacted view (RFC 7396): null deletes. */
  patch(agent: AgentRecord, body: unknown, change: ConfigChange): Promise<ConfigOutcome> {
    return this.#write(agent, change, (stored) =>
      this.#parts.redactor.restorePatch(canonical(body), { stored, configId: agent.id }),
    );
  }

  /** Says what a patch would change and loosen, and whether this person may save it; nothing is saved. */
  async review(agent: AgentRecord, body: unknown, actor: Actor): Promise<PatchReview> {
    const { storage, redactor, checkIsolation } = this.#parts;
    const { config: stored } = await this.#read(storage, agent.id, 'a review');
    const next = parsed(redactor.restorePatch(canonical(body), { stored, configId: agent.id }));
    checkIsolation(effectiveConfig(next).docker);
    const { changed, loosens } = reviewConfigChange(stored, next, 'superadmin');
    const judge = (): ApiError | undefined => {
      try {
        reviewConfigChange(stored, next, actor.role);
        return undefined;
      } catch (error) {
        if (error instanceof ApiError && error.code === 'FORBIDDEN') return error;
        throw error;
      }
    };
    const refused = judge();
    return {
      changed,
      loosens,
      needs_password: loosens.length > 0,
      refused: refused ? { code: refused.code, error: refused.message } : null,
      unsafe: unsafeSettings(next),
    };
  }

  /** Names of the variables granted to commands. */
  async variables(agentId: string): Promise<readonly string[]> {
    // Names stand in the stored document: no secret has to be opened for them.
    const record = await this.#parts.storage.configs.get(agentId);
    const document = (record?.document ?? {}) as { secrets?: { env?: Record<string, unknown> } };
    return Object.keys(document.secrets?.env ?? {}).sort();
  }

  /** Sets variables (a text) and removes them (null); those that are not named stay. */
  setVariables(
    agent: AgentRecord,
    changes: Readonly<Record<string, string | null>>,
    change: ConfigChange,
  ): Promise<ConfigOutcome> {
    return this.#write(agent, change, (stored) => {
      const merged = Object.entries({ ...stored.secrets?.env, ...changes });
      const env = Object.fromEntries(merged.filter((entry): entry is [string, string] => entry[1] !== null));
      return { ...stored, secrets: { ...stored.secrets, env } };
    });
  }

  async #write(
    agent: AgentRecord,
    change: ConfigChange,
    next: (stored: AgentConfig) => unknown,
  ): Promise<ConfigOutcome> {
    const { storage, vault, audit, redactor, checkIsolation } = this.#parts;
    const outcome = await storage.transaction(async (tx) => {
      const before = await this.#read(tx, agent.id, 'a change', change.ip);
      if (change.ifVersion !== undefined && change.ifVersion !== before.version) {
        throw new ApiError('PRECONDITION_FAILED', 'The configuration changed meanwhile.', {
          fix: 'Read it again, apply your change to the new version, and save that.',
        });
      }
      const after = parsed(next(before.config));
      const review = reviewConfigChange(before.config, after, change.actor.role, change.like);
      const { docker } = effectiveConfig(after);
      checkIsolation(docker);
      if (review.loosens.length > 0) change.requireRecentPassword?.();
      const record = await vault.write(tx.configs, agent.id, after as unknown as JsonValue, {
        purpose: 'a change',
        ...(change.ip === undefined ? {} : { ip: change.ip }),
        ifVersion: before.version,
      });
      if (docker.level !== agent.level) await tx.agents.update(agent.id, { level: docker.level });
      await audit.record(
        changeEvent('config_change', agent.id, 'config.update', change.actor, {
          version: record.version,
          changed: review.changed,
          ...(review.loosens.length > 0 ? { loosens: review.loosens } : {}),
        }),
        tx,
      );
      return { config: redactor.redact(after, { configId: agent.id }), version: record.version };
    });
    this.#parts.onChanged(agent.id);
    return { ...outcome, applied: await this.#push(agent.id) };
  }

  /** Hands the new configuration to the running worker and waits until it confirms. */
  async #push(agentId: string): Promise<ConfigOutcome['applied']> {
    const hub = this.#parts.hub();
    const session = hub?.session(agentId);
    if (!hub || !session || session.ended) return 'stored';
    const handed = await session.inConfigOrder(async () => {
      const config = await this.workerConfig(agentId);
      return { config, answer: session.send({ id: randomUUID(), kind: 'configure', config }) };
    });
    const { digest } = handed.config;
    const answer = handed.answer
      .then(
        (report) =>
          report.state === 'done' && report.result?.kind === 'configure' && report.result.digest === digest,
      )
      .catch(() => false);
    const late = new Promise<false>((resolve) => setTimeout(resolve, CONFIRM_MS, false).unref());
    const confirmed = await Promise.race([answer, late]);
    if (confirmed) session.confirmedDigest = digest;
    return confirmed ? 'confirmed' : 'unconfirmed';
  }

  async #read(
    stores: Stores,
    agentId: string,
    purpose: string,
    ip?: string,
  ): Promise<{ config: AgentConfig; version: number }> {
    const found = await this.#parts.vault.read(stores.configs, agentId, purpose, ip);
    return found
      ? { config: found.config as AgentConfig, version: found.version }
      : { config: {}, version: 0 };
  }
}

/** Who changes a configuration and on which terms. */
export interface ConfigChange {
  readonly actor: Actor;
  /** Address of the caller, for `vault_access`. */
  readonly ip?: string;
  /** From `If-Match`. */
  readonly ifVersion?: number;
  /** The agent that this one is made like: what was reviewed there is not refused here. */
  readonly like?: EffectiveAgentConfig | undefined;
  /** Called when the change loosens safety; throws when the caller's password is not fresh. */
  readonly requireRecentPassword?: () => void;
}

/** What saving a patch would come to. */
export interface PatchReview {
  /** Paths that differ, without any value. */
  readonly changed: readonly string[];
  /** Safety switches that it loosens. */
  readonly loosens: readonly string[];
  /** Whether the password has to be given again first. */
  readonly needs_password: boolean;
  /** Why this person may not save it; null when it may. */
  readonly refused: { readonly code: string; readonly error: string } | null;
  /** Settings that would take protection away afterwards. */
  readonly unsafe: readonly string[];
}

function parsed(value: unknown): AgentConfig {
  const result = parseAgentConfig(value);
  if (result.ok) return result.config;
  const [first] = result.issues;
  throw new ApiError(
    'CONFIG_INVALID',
    `The configuration is not valid: ${first?.pointer ?? ''} ${first?.message ?? ''}`,
    { issues: result.issues },
  );
}

// Placeholders sit in secret places only, so keys must be spelled as the schema spells them before they are restored.
function canonical(body: unknown): unknown {
  const spelled = canonicalAgentConfig(body);
  if (spelled.ok) return spelled.value;
  throw new ApiError(
    'CONFIG_INVALID',
    `The configuration is not valid: ${spelled.issues[0]?.message ?? ''}`,
    { issues: spelled.issues },
  );
}
