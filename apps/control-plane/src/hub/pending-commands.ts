import type { Command, CommandReport } from '@clawforce/protocol';

/** A command that did not come to an end: its worker did first, or nobody waits for it any more. */
export class CommandInterruptedError extends Error {
  override readonly name = 'CommandInterruptedError';
  readonly code = 'INTERRUPTED';
}

interface Pending {
  readonly command: Command;
  readonly onAccepted: (() => void) | undefined;
  readonly resolve: (report: CommandReport) => void;
  readonly reject: (error: CommandInterruptedError) => void;
  readonly outcome: Promise<CommandReport>;
  accepted: boolean;
}

/** The commands of one epoch that have no terminal report yet. They are sent again after every reconnect. */
export class PendingCommands {
  readonly #pending = new Map<string, Pending>();

  /**
   * Gives the terminal report of a command; one that is under way already is not given twice, its report is shared.
   * @throws CommandInterruptedError when the epoch ends before.
   */
  add(command: Command, onAccepted?: () => void): Promise<CommandReport> {
    const known = this.#pending.get(command.id);
    if (known) return known.outcome;
    let settle: Pick<Pending, 'resolve' | 'reject'> | undefined;
    const outcome = new Promise<CommandReport>((resolve, reject) => (settle = { resolve, reject }));
    if (settle) this.#pending.set(command.id, { command, onAccepted, outcome, ...settle, accepted: false });
    return outcome;
  }

  /** Whether a command with this id has no terminal report yet. */
  has(id: string): boolean {
    return this.#pending.has(id);
  }

  /** Takes a worker's report; reports of unknown commands are ignored. */
  report(report: CommandReport): void {
    const pending = this.#pending.get(report.id);
    if (!pending) return;
    if (!pending.accepted) {
      pending.accepted = true;
      pending.onAccepted?.();
    }
    if (report.state === 'accepted') return;
    this.#pending.delete(report.id);
    pending.resolve(report);
  }

  /** Every command without a terminal report, in the order in which they were given. */
  all(): readonly Command[] {
    return [...this.#pending.values()].map(({ command }) => command);
  }

  /** Ends one command whose giver waits no longer: it is not sent again, and its report is ignored. */
  forget(id: string, reason: string): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.reject(new CommandInterruptedError(reason));
  }

  /** Ends every command: the worker is gone for good. */
  interrupt(reason: string): void {
    for (const pending of this.#pending.values()) pending.reject(new CommandInterruptedError(reason));
    this.#pending.clear();
  }
}
