import { setTimeout as sleep } from 'node:timers/promises';
import type { CommandContext } from './context.js';
import { EXIT_CODES } from './exit-codes.js';
import { safeText } from './safe-text.js';
import type { AgentShape } from './shapes.js';

const POLL_MS = 200;
/** A start that takes no longer needs no news. */
const QUIET_MS = 2000;

/**
 * Starts an agent and waits until it runs or has failed; a slow start says each state it passes. Behind `waitSeconds` only the waiting ends:
 * the server goes on with the start. Without them it is not waited for. Gives the exit code.
 */
export async function startAgent(
  { client, output }: CommandContext,
  agent: AgentShape,
  waitSeconds: number | undefined,
): Promise<number | undefined> {
  let now = (await client.call('POST', `/api/agents/${agent.id}/start`)) as AgentShape;
  const name = safeText(now.name);
  if (waitSeconds === undefined) {
    output.result(now);
    output.line(`${name} is ${now.status}; "clawforce agent show" tells how it goes.`);
    return undefined;
  }
  const began = performance.now();
  let said = '';
  while (!hasEnded(now)) {
    if (performance.now() > began + waitSeconds * 1000) {
      output.result(now);
      output.problem(
        `${name} is still ${now.status} after ${waitSeconds} s${because(now)}. The start goes on: look with "clawforce agent show", or wait longer with --timeout.`,
      );
      return EXIT_CODES.failed;
    }
    if (now.status !== said && performance.now() > began + QUIET_MS) {
      output.problem(`${name} is ${now.status} …`);
      said = now.status;
    }
    await sleep(POLL_MS);
    now = (await client.call('GET', `/api/agents/${agent.id}`)) as AgentShape;
  }
  output.result(now);
  output.line(`${name} is ${now.status}${now.status === 'running' ? '.' : because(now)}`);
  return now.status === 'running' ? undefined : EXIT_CODES.failed;
}

/** A stopped agent that is wanted running has its start still before it. */
function hasEnded({ status, desired }: AgentShape): boolean {
  return status === 'running' || status === 'failed' || (status === 'stopped' && desired === 'stopped');
}

function because({ reason }: AgentShape): string {
  return reason === null ? '' : `: ${safeText(reason)}`;
}
