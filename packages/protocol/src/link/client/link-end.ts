import { LINK_CODES, type Bye } from '../frames.js';

/** Why a link ended for good. */
export interface LinkEnd {
  /**
   * `closed`: this side closed it; `released`: the control plane let the worker go (1000); `token`, `deleted`, `fenced`,
   * `upgrade`: the final codes 4401, 4404, 4409, 4426; `orphaned`: no link for longer than allowed; `no_credential`:
   * there is nothing to join with; `rejected`: this side cannot work with what the welcome brought.
   */
  readonly reason:
    | 'closed'
    | 'released'
    | 'token'
    | 'deleted'
    | 'fenced'
    | 'upgrade'
    | 'orphaned'
    | 'no_credential'
    | 'rejected';
  /** One sentence for the log. */
  readonly message: string;
}

const finalCodes: ReadonlyMap<number, LinkEnd['reason']> = new Map([
  [1000, 'released'],
  [LINK_CODES.token, 'token'],
  [LINK_CODES.deleted, 'deleted'],
  [LINK_CODES.fenced, 'fenced'],
  [LINK_CODES.upgrade, 'upgrade'],
]);

/** Gives the end that a last frame means, or `undefined` when the worker may come back. */
export function endOf(bye: Bye): LinkEnd | undefined {
  const reason = finalCodes.get(bye.code);
  return reason === undefined ? undefined : { reason, message: bye.reason };
}
