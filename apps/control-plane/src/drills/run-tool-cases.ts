import type { IsolationLevel } from '@clawforce/pool-core';
import { verdictOf, type DrillRow } from './drill-report.js';
import type { ToolCase } from './tool-case.js';

/** Runs one tool in the worker under test, as an operator does. */
export type RunTool = (
  tool: string,
  args: Readonly<Record<string, unknown>>,
) => Promise<{ readonly status: 'ok' | 'error' | 'denied'; readonly output: string; readonly rule: string }>;

/** What {@link runToolCases} works with. */
export interface ToolDrill {
  readonly level: IsolationLevel;
  readonly cases: readonly ToolCase[];
  readonly run: RunTool;
  /** Puts a program into the agent's workspace. */
  readonly place: (path: string, text: string) => Promise<void>;
  readonly onRow: (row: DrillRow) => void;
  readonly signal: AbortSignal;
}

/** Tries every case through the worker's own gate and runner, one after the other. */
export async function runToolCases({ level, cases, run, place, onRow, signal }: ToolDrill): Promise<void> {
  for (const { id, group, action, layer, expect, tool, args, control, program } of cases) {
    signal.throwIfAborted();
    const expected = expect[level];
    const began = performance.now();
    let actual: DrillRow['actual'] = 'not-run';
    let detail: string;
    try {
      if (program !== undefined) await place(`drill/${id}.cjs`, program);
      const { status, output, rule } = await run(tool, args);
      const last = output.trim().split('\n').at(-1)?.slice(0, 200) ?? '';
      if (layer === 'policy') {
        actual = status === 'denied' ? 'blocked' : status === 'ok' ? 'allowed' : 'not-run';
        detail = status === 'denied' ? rule : last;
      } else {
        // A command that the gate refuses says nothing about the layers below it.
        actual = status === 'ok' ? 'allowed' : status === 'error' && isExitOne(last) ? 'blocked' : 'not-run';
        detail = status === 'denied' ? `refused before it ran: ${rule}` : last;
      }
    } catch (error) {
      detail = error instanceof Error ? error.message.slice(0, 200) : 'unknown failure';
    }
    onRow({
      id,
      group,
      action,
      layer,
      expected,
      actual,
      verdict: verdictOf(expected, actual),
      control,
      detail,
      tookMs: Math.round(performance.now() - began),
    });
  }
}

/** The programs end with 1 when they were held; any other end is a fault of the drill. */
function isExitOne(last: string): boolean {
  return last === '[exit code 1]';
}
