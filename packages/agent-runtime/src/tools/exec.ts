import { createConfiner, runCommand, RunError } from '@clawforce/policy-shell/run';
import { cutText } from '../turn/activity.js';
import { networkOf } from './command-network.js';
import type { ToolRunner } from './tool-context.js';
import type { ToolOutcome } from './tool-outcome.js';

/** Runs the plan that the gate gave: the judged argument vector, confined, without a shell. */
export const exec: ToolRunner = async (_args, context) => {
  const { plan, config, signal } = context;
  if (!plan) throw new TypeError('exec was reached without a plan');
  const confiner = context.confiner ?? (await unconfined(config.exec.confinement));
  const result = await runCommand(plan, {
    confiner,
    network: networkOf(plan, confiner, config, context.egressSocket),
    timeoutMs: Math.max(1, Math.round(config.exec.timeout_s * 1_000)),
    maxOutputBytes: Math.max(1_024, config.loop.max_tool_output_chars * 4),
    env: config.exec_env,
    signal,
  });
  const parts = [result.stdout.text];
  if (result.stderr.text !== '') parts.push(`[stderr]\n${result.stderr.text}`);
  const ending = endingOf(result, config.exec.timeout_s);
  const room = config.loop.max_tool_output_chars - ending.note.length - 1;
  const body = cutText(parts.filter((part) => part !== '').join('\n'), Math.max(100, room));
  return { status: ending.status, output: [body, ending.note].filter((part) => part !== '').join('\n') };
};

function endingOf(
  result: Awaited<ReturnType<typeof runCommand>>,
  timeoutSeconds: number,
): { status: ToolOutcome['status']; note: string } {
  if (result.aborted) return { status: 'cancelled', note: '[cancelled]' };
  if (result.timedOut) return { status: 'error', note: `[ended after ${timeoutSeconds} s: out of time]` };
  if (result.exitCode === 0) return { status: 'ok', note: '' };
  const how =
    result.exitCode === null ? `signal ${result.signal ?? 'unknown'}` : `exit code ${result.exitCode}`;
  return { status: 'error', note: `[${how}]` };
}

async function unconfined(confinement: 'required' | 'off'): ReturnType<typeof createConfiner> {
  // The gate has refused already; this holds if it was not asked.
  if (confinement === 'required') {
    throw new RunError('CONFINER_UNAVAILABLE', 'There is no confiner for commands on this host.');
  }
  return createConfiner({ backend: 'none' });
}
