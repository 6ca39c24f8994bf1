import type { IsolationLevel } from '@clawforce/pool-core';
import { verdictOf, type DrillRow } from './drill-report.js';
import { PROGRAM_EXITS, type OutsidePlaces, type ProgramFacts, type ToolCase } from './tool-case.js';

/** Runs one tool in the worker under test, as an operator does. */
export type RunTool = (
  tool: string,
  args: Readonly<Record<string, unknown>>,
) => Promise<{ readonly status: 'ok' | 'error' | 'denied'; readonly output: string; readonly rule: string }>;

/** What {@link runToolCases} works with. */
export interface ToolDrill {
  readonly level: IsolationLevel;
  readonly cases: readonly ToolCase[];
  readonly facts: ProgramFacts;
  readonly places: OutsidePlaces;
  readonly run: RunTool;
  /** Puts a program into the agent's workspace. */
  readonly place: (path: string, text: string) => Promise<void>;
  readonly onRow: (row: DrillRow) => void;
  readonly signal: AbortSignal;
}

const NOTHING_CONFINES = 'not run: nothing confines commands here, it would happen to this host';

const HAPPENED = 'the program says that it was held, but what it tried has happened';
const NOTHING_HAPPENED = 'the program says that it succeeded, but nothing is to be seen of it';

/** Tries every case through the worker's own gate and runner, one after the other. */
export async function runToolCases(drill: ToolDrill): Promise<void> {
  const { level, cases, facts, places, run, place, onRow, signal } = drill;
  for (const given of cases) {
    const { id, group, action, layer, expect, tool, args, control, harmsHost, program, happened } = given;
    signal.throwIfAborted();
    const expected = expect[level];
    const began = performance.now();
    let actual: DrillRow['actual'] = 'not-run';
    let detail: string;
    try {
      if (harmsHost && !facts.confined) throw new Error(NOTHING_CONFINES);
      if (program !== undefined) await place(`drill/${id}.cjs`, program(facts));
      const { status, output, rule } = await run(tool, args);
      const last = output.trim().split('\n').at(-1)?.slice(0, 200) ?? '';
      if (layer === 'policy') {
        actual = status === 'denied' ? 'blocked' : status === 'ok' ? 'allowed' : 'not-run';
        detail = status === 'denied' ? rule : last;
      } else {
        // A command that the gate refuses says nothing about the layers below it.
        actual = status === 'ok' ? 'allowed' : status === 'error' && isHeld(last) ? 'blocked' : 'not-run';
        detail = status === 'denied' ? `refused before it ran: ${rule}` : whatItSaid(output);
        const seen = actual === 'not-run' ? undefined : await happened?.(places);
        if (seen === true && actual === 'blocked') [actual, detail] = ['allowed', HAPPENED];
        if (seen === false && actual === 'allowed') [actual, detail] = ['not-run', NOTHING_HAPPENED];
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

const isHeld = (last: string): boolean => last === `[exit code ${PROGRAM_EXITS.held}]`;

/** The last line of the program itself, before the one that tells how it ended. */
function whatItSaid(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const own = lines.filter((line) => !line.startsWith('[exit code '));
  return (own.at(-1) ?? lines.at(-1) ?? '').slice(0, 200);
}
