import type { DrillRow as ContainerRow } from '@clawforce/pool-core/drill';
import type { IsolationLevel, PoolVersions } from '@clawforce/pool-core';

/** What came of one attempt. */
export interface DrillRow {
  readonly id: string;
  readonly group: string;
  readonly action: string;
  /**
   * Who tries: `container` the engine inside the container, past the worker; `command` a program that the worker runs and
   * confines; `policy` a tool call that the gate judges.
   */
  readonly layer: 'container' | 'command' | 'policy';
  readonly expected: 'blocked' | 'allowed' | 'any';
  /** `not-run` never counts as blocked. */
  readonly actual: ContainerRow['actual'];
  readonly verdict: ContainerRow['verdict'];
  /** Whether the action is known to succeed where nothing holds it, so that `blocked` proves something. */
  readonly control: boolean;
  readonly detail: string;
  readonly tookMs: number;
}

/** A drill: one disposable worker of the real pool, and everything that was tried in it. */
export interface DrillReport {
  readonly id: string;
  readonly state: 'running' | 'done';
  readonly verdict: 'pass' | 'fail' | 'pending';
  readonly level: IsolationLevel;
  readonly backend: string;
  /** What isolates workers here, as a sentence. */
  readonly engine: string;
  /** The same in parts, each with its version; null where the engine did not answer, and in reports of earlier versions. */
  readonly versions: PoolVersions | null;
  readonly node: string;
  readonly image: string | null;
  /** The agent whose isolation and policy the disposable one has. */
  readonly agent_id: string | null;
  /** Id of the disposable agent, under which the audit log has what happened. */
  readonly worker_agent_id: string | null;
  readonly started_at: string;
  readonly ended_at: string | null;
  readonly actor: string;
  readonly attested: string;
  /** Why the drill could not be carried out; counts as a failure. */
  readonly reason?: string;
  readonly passed: number;
  readonly failed: number;
  readonly informed: number;
  /** How many attempts there are in all; `rows` has the ones that were made so far. */
  readonly planned: number;
  readonly rows: readonly DrillRow[];
}

/** Gives the verdict on an attempt. */
export function verdictOf(expected: DrillRow['expected'], actual: DrillRow['actual']): DrillRow['verdict'] {
  if (expected === 'any') return 'info';
  return expected === actual ? 'pass' : 'fail';
}

/** Gives the attempts that something is expected of and that could not be made here. */
export function notTried(rows: readonly DrillRow[]): readonly DrillRow[] {
  return rows.filter(
    ({ expected, actual, verdict }) => expected !== 'any' && actual === 'not-run' && verdict === 'info',
  );
}

/** Counts a report's rows by verdict. */
export function countRows(rows: readonly DrillRow[]): Pick<DrillReport, 'passed' | 'failed' | 'informed'> {
  const of = (verdict: DrillRow['verdict']): number => rows.filter((row) => row.verdict === verdict).length;
  return { passed: of('pass'), failed: of('fail'), informed: of('info') };
}
