import { DRILL_CASES } from '@clawforce/pool-core/drill';
import { verdictOf, type DrillRow } from './drill-report.js';

/**
 * Gives the rows of the container layer for a pool without containers: nothing holds what must be held, and nothing of it
 * is executed on the host. Each counts as a failure, never as skipped.
 */
export function unisolatedRows(): DrillRow[] {
  return DRILL_CASES.map(({ id, group, action, expect, control }) => {
    const expected = expect.permissive;
    const held = expected === 'blocked';
    return {
      id,
      group,
      action,
      layer: 'container',
      expected,
      actual: 'not-run',
      verdict: held ? verdictOf(expected, 'not-run') : 'info',
      control,
      detail: held
        ? 'not isolated, not run: this pool has no container'
        : 'not run: this pool has no container',
      tookMs: 0,
    };
  });
}
