import { PoolError, WORKER_LABELS } from '@clawforce/pool-core';
import { sentenceOf, statusOf } from './engine.js';
import type { Engine } from './engine.js';

/** Two containers of one network cannot reach each other: an agent's network has one, and a stranger gains nothing. */
const ICC_OFF = { 'com.docker.network.bridge.enable_icc': 'false' } as const;

/** Names the network of one agent. */
export interface AgentNetwork {
  readonly name: string;
  readonly ownerId: string;
  readonly agentId: string;
}

interface Found {
  readonly Driver?: string;
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly Options?: Readonly<Record<string, string>> | null;
}

const isClosed = ({ Options }: Found): boolean =>
  Object.entries(ICC_OFF).every(([option, off]) => Options?.[option] === off);

/** Tells whether other containers of a worker's networks reach it: `off` when they do not, `none` without a network. */
export async function neighboursOf(engine: Engine, networks: readonly string[]): Promise<string> {
  if (networks.every((name) => name === 'none')) return 'none';
  const found = await Promise.all(networks.map((name) => look(engine, name)));
  return found.every((network) => network !== undefined && isClosed(network)) ? 'off' : 'on';
}

function isOurs({ ownerId, agentId }: AgentNetwork, found: Found): boolean {
  const labels = found.Labels ?? {};
  return (
    labels[WORKER_LABELS.owner] === ownerId &&
    labels[WORKER_LABELS.agent] === agentId &&
    found.Driver === 'bridge' &&
    isClosed(found)
  );
}

async function look(engine: Engine, name: string): Promise<Found | undefined> {
  try {
    return (await engine.ask((docker) => docker.getNetwork(name).inspect())) as Found;
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

/**
 * Makes the agent's own network unless it is there.
 *
 * @throws PoolError `START_FAILED` when a stranger's network has the name or the engine has no address range left.
 */
export async function ensureNetwork(engine: Engine, network: AgentNetwork): Promise<void> {
  const found = await look(engine, network.name);
  if (found) {
    if (isOurs(network, found)) return;
    throw new PoolError('START_FAILED', `the network name ${network.name} is taken by a stranger's network`, {
      fix: 'rename or remove that network',
    });
  }
  try {
    await engine.ask((docker) =>
      docker.createNetwork({
        Name: network.name,
        CheckDuplicate: true,
        Driver: 'bridge',
        Options: { ...ICC_OFF },
        Labels: { [WORKER_LABELS.owner]: network.ownerId, [WORKER_LABELS.agent]: network.agentId },
      }),
    );
  } catch (error) {
    // Another start of the same agent was faster.
    if (statusOf(error) === 409) return;
    const full = /address pool/i.test(sentenceOf(error));
    throw new PoolError('START_FAILED', `the agent's network could not be made: ${sentenceOf(error)}`, {
      fix: full
        ? 'give the engine more ranges (default-address-pools in daemon.json), or use level sandboxed or network_mode none'
        : 'look at the log of the Docker engine',
      cause: error,
    });
  }
}

/** Removes the agent's network when nothing uses it any more; a stranger's is left alone. */
export async function removeNetwork(engine: Engine, network: AgentNetwork): Promise<void> {
  const found = await look(engine, network.name);
  if (!found || !isOurs(network, found)) return;
  try {
    await engine.ask((docker) => docker.getNetwork(network.name).remove() as Promise<unknown>);
  } catch (error) {
    // In use again, or gone: both are fine.
    const status = statusOf(error);
    if (status !== 403 && status !== 404 && status !== 409) throw error;
  }
}
