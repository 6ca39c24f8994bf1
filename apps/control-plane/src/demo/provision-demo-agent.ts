import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { AgentFSError } from '@clawforce/policy-fs';
import { isWithinCeiling, type IsolationLevel } from '@clawforce/pool-core';
import { DEFAULT_LEVEL } from '@clawforce/protocol/config';
import type { AgentFiles } from '../agents/agent-files.js';
import { changeEvent, LOCAL_USER_ID } from '../agents/agent-service.js';
import type { AuditTrail } from '../audit/audit-trail.js';
import type { ConfigService } from '../config/config-service.js';
import type { AgentRecord, Storage } from '../storage/index.js';
import { DEMO_FILES, DEMO_LINK } from './demo-files.js';
import type { DemoOrigin } from './demo-origin.js';
import { demoScript } from './demo-script.js';

/** Setting that remembers which agent is the demo agent, so that a deleted one stays deleted. */
export const DEMO_SETTING = 'demo.agent';
/** Setting that remembers for which agent the files are complete, so that a deleted one of them stays deleted too. */
const PLANTED_SETTING = 'demo.planted';

/** Parts of the provisioning. */
export interface DemoParts {
  readonly storage: Storage;
  readonly files: AgentFiles;
  readonly configs: ConfigService;
  readonly audit: AuditTrail;
  readonly backend: string;
  /** No agent of this server is above it, the demo agent neither. */
  readonly maxLevel: IsolationLevel;
}

const ACTOR = { userId: LOCAL_USER_ID, role: 'superadmin' } as const;

/**
 * Makes the demo agent at the first start, and keeps its script and its one network exception on the port of the demo
 * origin. An agent that the operator deleted is not made again; what an interrupted start left out is made at the next.
 */
export async function provisionDemoAgent(parts: DemoParts, origin: DemoOrigin): Promise<void> {
  const { storage } = parts;
  const known = await storage.settings.get(DEMO_SETTING);
  const found = known === undefined ? await createDemoAgent(parts) : await storage.agents.get(known);
  if (!found) return;
  const agent = await onActiveBackend(parts, found);
  await plant(parts, agent);
  await pointAt(parts, agent, origin);
}

/** The demo shows what this server does, so it follows the backend while it is stopped. */
async function onActiveBackend(
  { storage, files, backend }: DemoParts,
  agent: AgentRecord,
): Promise<AgentRecord> {
  if (agent.mode === backend || agent.desired === 'running') return agent;
  const moved = await storage.agents.update(agent.id, { mode: backend });
  await files.forget(agent.id);
  return moved;
}

function createDemoAgent({ storage, audit, backend }: DemoParts): Promise<AgentRecord> {
  return storage.transaction(async (tx) => {
    const created = await tx.agents.create({
      name: 'demo',
      description:
        'Does a small job in its workspace, then tries ten attacks. Everything is scripted and offline.',
      ownerUserId: null,
      mode: backend,
      level: DEFAULT_LEVEL,
      isDemo: true,
    });
    await tx.settings.set(DEMO_SETTING, created.id);
    await audit.record(changeEvent('agent_lifecycle', created.id, 'create', ACTOR, { name: 'demo' }), tx);
    return created;
  });
}

/** Writes the files and the link, and leaves alone what is there already. */
async function plant({ storage, files }: DemoParts, { id: agentId, generation }: AgentRecord): Promise<void> {
  // What a worker has had in its hands is left alone: a link that it made must not keep the server from starting.
  if (generation > 0 || (await storage.settings.get(PLANTED_SETTING)) === agentId) return;
  const fs = await files.control(agentId);
  for (const [path, content] of Object.entries(DEMO_FILES)) {
    await fs.writeFile(path, content, { ifNoneMatch: '*' }).catch((error: unknown) => {
      if (!(error instanceof AgentFSError) || error.code !== 'EXISTS') throw error;
    });
  }
  // policy-fs makes no links by design; this one plays the attacker who had access to the directory.
  await symlink(DEMO_LINK.target, join(files.directory(agentId), 'workspace', DEMO_LINK.path)).catch(
    (error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    },
  );
  await storage.settings.set(PLANTED_SETTING, agentId);
}

async function pointAt(
  { storage, configs, maxLevel }: DemoParts,
  agent: AgentRecord,
  origin: DemoOrigin,
): Promise<void> {
  const current = await configs.effective(agent.id, 'the demo');
  const script = demoScript(origin.url);
  const exception = { address: '127.0.0.1', port: origin.port };
  const upToDate =
    current.providers['demo']?.script === script &&
    current.web.exceptions.some(
      ({ address, port }) => address === exception.address && port === exception.port,
    );
  const admitted = isWithinCeiling(current.docker.level, maxLevel);
  if (upToDate && admitted) return;
  const fresh = await storage.agents.get(agent.id);
  if (!fresh) return;
  // A save like any other: validated, and audited with the exception that it adds.
  await configs.patch(
    fresh,
    {
      agents: { defaults: { model: 'demo/script', max_tool_iterations: 40 } },
      providers: { demo: { kind: 'scripted', script } },
      tools: { web: { fetch: { exceptions: [exception] } } },
      ...(admitted ? {} : { security: { docker: { level: maxLevel } } }),
    },
    { actor: ACTOR },
  );
}
