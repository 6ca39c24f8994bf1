import { DRILL_CASES } from '@clawforce/pool-core/drill';
import type { DrillRow } from './drill-report.js';

/**
 * Gives the rows of the container layer for a pool without containers: nothing of it is executed on the host, and each
 * counts as a failure, never as skipped. That holds for what must work as well: it was not seen to work.
 */
export function unisolatedRows(): DrillRow[] {
  return DRILL_CASES.map(({ id, group, action, expect, control }) => ({
    id,
    group,
    action,
    layer: 'container',
    expected: expect.permissive,
    actual: 'not-run',
    verdict: 'fail',
    control,
    detail: 'not isolated, not run: this pool has no container',
    tookMs: 0,
  }));
}
