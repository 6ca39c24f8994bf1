import type { Entry } from '../walk/backend.js';
import type { Operation } from './audit-event.js';

/** What is learned about one call while it runs, for its audit event. */
export class Call {
  readonly op: Operation;
  path: string;
  readonly to: string | undefined;
  resolved: string | undefined;
  identity: string | undefined;
  bytes: number | undefined;
  readonly #audited: boolean;

  constructor(op: Operation, path: string, to: string | undefined, audited: boolean) {
    this.op = op;
    this.path = path;
    this.to = to;
    this.#audited = audited;
  }

  /** Notes where the path led. */
  reached(resolved: string, entry: Entry | undefined): void {
    this.resolved = resolved;
    // Full precision costs a system call, so only for those who listen.
    if (this.#audited && entry) this.identity = entry.identity();
  }
}
