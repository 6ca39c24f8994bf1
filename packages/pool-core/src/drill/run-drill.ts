import type { AgentPool, WorkerRef } from '../agent-pool.js';
import { PoolError } from '../pool-error.js';
import { expectedOf, PROGRAM_FAILED } from './drill-case.js';
import type { DrillCase, DrillFacts, Expectation } from './drill-case.js';

/** What came of one case. */
export interface DrillRow {
  readonly id: string;
  readonly group: DrillCase['group'];
  readonly action: string;
  /** Who tries: the engine inside the container, past the worker and its policies. */
  readonly layer: 'container';
  readonly expected: Expectation;
  /** `not-run` says in `detail` why; it never counts as blocked. */
  readonly actual: 'blocked' | 'allowed' | 'not-run';
  /** `info` where nothing was expected, or where what the case needs was not given. */
  readonly verdict: 'pass' | 'fail' | 'info';
  /** Whether `blocked` proves something by itself: the action was seen to succeed elsewhere. */
  readonly control: boolean;
  readonly tookMs: number;
  /** The last words of what was tried. */
  readonly detail: string;
}

/** What {@link runDrill} takes. */
export interface DrillRequest {
  readonly pool: Pick<AgentPool, 'exec'>;
  readonly ref: WorkerRef;
  readonly facts: DrillFacts;
  readonly cases: readonly DrillCase[];
  /** Hears every row as it comes. */
  readonly onRow?: (row: DrillRow) => void;
  readonly signal?: AbortSignal;
  /** Longest time for one case, in milliseconds. Default 30 s. */
  readonly timeoutMs?: number;
}

/** A shell says so when it does not find a program: that is a gap of the image, not a refusal. */
const COMMAND_NOT_FOUND = 127;
const PROBE_MISUSED = 64;

type Answer = Pick<DrillRow, 'actual' | 'detail'>;

async function attempt(request: DrillRequest, drill: DrillCase): Promise<Answer> {
  const { pool, ref, facts, signal, timeoutMs = 30_000 } = request;
  if (!pool.exec) throw new PoolError('UNSUPPORTED', 'this pool cannot run a program inside a worker');
  const command = drill.command(facts);
  const result = await pool.exec(ref, command, {
    timeoutMs,
    maxOutputBytes: 4096,
    env: { NODE_OPTIONS: '' },
    ...(signal ? { signal } : {}),
  });
  const detail = `${result.stderr}${result.stdout}`.trim().split('\n').at(-1)?.slice(0, 200) ?? '';
  const notRun = (why: string): Answer => ({ actual: 'not-run', detail: `${why}${detail && `: ${detail}`}` });
  if (result.timedOut) return notRun(`no end within ${timeoutMs} ms`);
  // The engine answers 126 and 127 too; 126 is also what a shell says of a program that may not run.
  const missing =
    result.code === COMMAND_NOT_FOUND ||
    /executable file not found|no such file or directory: unknown/.test(detail);
  if (missing) return notRun('the image lacks a program');
  if (result.code === PROGRAM_FAILED) return notRun('the program of the case failed');
  if (result.code === PROBE_MISUSED && command[0] === facts.probe)
    return notRun('the probe cannot do that here');
  return { actual: result.code === 0 ? 'allowed' : 'blocked', detail };
}

function verdictOf(expected: Expectation, actual: DrillRow['actual']): DrillRow['verdict'] {
  if (expected === 'any') return 'info';
  return expected === actual ? 'pass' : 'fail';
}

/**
 * Tries every case in a running worker, one after the other, and tells what came of it. A case whose needs are not
 * given is told as `info`; one that could not be run counts as `fail`.
 *
 * @throws PoolError when the pool cannot run programs inside a worker, or the worker ends.
 */
export async function runDrill(request: DrillRequest): Promise<readonly DrillRow[]> {
  const rows: DrillRow[] = [];
  for (const drill of request.cases) {
    const { id, group, action, control } = drill;
    const expected = expectedOf(drill, request.facts);
    const began = performance.now();
    const lacking = (drill.needs ?? []).filter((need) => request.facts[need] === undefined);
    const answer: Answer =
      lacking.length > 0
        ? { actual: 'not-run', detail: `needs ${lacking.join(', ')}` }
        : await attempt(request, drill);
    const row: DrillRow = {
      id,
      group,
      action,
      layer: 'container',
      expected,
      ...answer,
      verdict: lacking.length > 0 ? 'info' : verdictOf(expected, answer.actual),
      control,
      tookMs: Math.round(performance.now() - began),
    };
    rows.push(row);
    request.onRow?.(row);
  }
  return rows;
}
