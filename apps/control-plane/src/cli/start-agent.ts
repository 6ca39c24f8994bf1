import { setTimeout as sleep } from 'node:timers/promises';
import type { AdminClient } from './admin-client.js';
import type { CommandContext } from './context.js';
import { EXIT_CODES } from './exit-codes.js';
import { safeText } from './safe-text.js';
import type { AgentShape } from './shapes.js';

const POLL_MS = 200;
/** A start that takes no longer needs no news. */
const QUIET_MS = 2000;
/** As long as `--no-wait` waits for the launch. */
const NO_WAIT_MS = 3000;

/**
 * Starts an agent and waits until it runs or has failed; a slow start says each state it passes. Behind `waitSeconds` only
 * the waiting ends: the server goes on with the start. Without them it is not waited for. Gives the exit code.
 */
export async function startAgent(
  { client, output }: CommandContext,
  agent: AgentShape,
  waitSeconds: number | undefined,
): Promise<number | undefined> {
  const name = safeText(agent.name);
  const began = performance.now();
  let now = await launch(client, agent.id, waitSeconds === undefined ? NO_WAIT_MS : waitSeconds * 1000, () =>
    output.problem(`${name} is being launched …`),
  );
  if (waitSeconds === undefined) {
    output.result(now);
    output.line(`${name} is ${now.status}; "clawforce agent show" tells how it goes.`);
    return undefined;
  }
  let said = '';
  while (!hasEnded(now)) {
    if (now.status !== said && performance.now() > began + QUIET_MS) {
      output.problem(`${name} is ${now.status} …`);
      said = now.status;
    }
    if (performance.now() > began + waitSeconds * 1000) {
      output.result(now);
      output.problem(
        `${name} is still ${now.status} after ${waitSeconds} s${because(now)}. The start goes on: look with "clawforce agent show", or wait longer with --timeout.`,
      );
      return EXIT_CODES.failed;
    }
    await sleep(POLL_MS);
    now = (await client.call('GET', `/api/agents/${agent.id}`)) as AgentShape;
  }
  output.result(now);
  output.line(`${name} is ${now.status}${now.status === 'running' ? '.' : because(now)}`);
  return now.status === 'running' ? undefined : EXIT_CODES.failed;
}

/** Asks for the start, which the server answers when the worker is launched: an image may have to be fetched first. */
async function launch(
  client: AdminClient,
  agentId: string,
  patienceMs: number,
  onSlow: () => void,
): Promise<AgentShape> {
  const slow = setTimeout(onSlow, QUIET_MS);
  const patience = AbortSignal.timeout(patienceMs);
  try {
    return (await client.call('POST', `/api/agents/${agentId}/start`, undefined, patience)) as AgentShape;
  } catch (error) {
    // Only the answer is not waited for any longer; what was asked for goes on.
    if (!patience.aborted) throw error;
    return (await client.call('GET', `/api/agents/${agentId}`)) as AgentShape;
  } finally {
    clearTimeout(slow);
  }
}

/** A stopped agent that is wanted running has its start still before it. */
function hasEnded({ status, desired }: AgentShape): boolean {
  return status === 'running' || status === 'failed' || (status === 'stopped' && desired === 'stopped');
}

function because({ reason }: AgentShape): string {
  return reason === null ? '' : `: ${safeText(reason)}`;
}
