import type { AgentRecord } from '../storage/agents/agent-store.js';
import type { AgentStates } from './agent-states.js';
import type { LifecycleParts } from './lifecycle-parts.js';
import { workerSpec } from './worker-spec.js';

/**
 * Starts the next worker of an agent. What is written before the pool is asked lets a later control plane tell this
 * worker from an older one, whenever this one dies in between.
 */
export async function launchWorker(
  agentId: string,
  parts: LifecycleParts,
  states: AgentStates,
): Promise<AgentRecord> {
  const { storage, pool, launchPad, isolationOf, images, failpoint } = parts;
  let agent = await storage.agents.nextGeneration(agentId);
  await failpoint?.('start:generation');
  agent = await states.set(agent, { status: 'provisioning', attested: 'none' });
  await failpoint?.('start:provisioning');
  const isolation = await isolationOf(agent);
  const image = await images.next();
  const place = await launchPad.prepare(agent, () => failpoint?.('start:listening'));
  await failpoint?.('start:prepared');
  const spec = workerSpec(agent, isolation, place, { ...parts, image });
  await storage.agents.setWorkerSpec(agent.id, agent.generation, JSON.stringify(spec));
  agent = await states.set(agent, { status: 'connecting' });
  await failpoint?.('start:recorded');
  await pool.start(spec);
  await failpoint?.('start:launched');
  return agent;
}
