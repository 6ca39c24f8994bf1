import type { Command, CommandReport, CommandResult } from '../frames.js';
import { readCommand } from '../validate/control-plane-frames.js';
import { fitReport } from './fit-report.js';

/** A command failed; `code` and the message go to whoever gave it. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly code: string;

  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

interface Known {
  state: 'running' | 'ended';
  report: CommandReport;
  /** The report may leave when events up to this number are stored. */
  afterSeq: number;
  bytes: number;
}

/** What a desk needs of the link around it. */
export interface CommandDeskPorts {
  readonly run: (command: Command) => Promise<CommandResult>;
  /** Sends a report; false when there is no open link. */
  readonly send: (report: CommandReport) => boolean;
  /** Number of the newest event in the outbox. */
  readonly lastSeq: () => number;
  /** Highest number that the control plane has stored. */
  readonly ack: () => number;
}

const KEPT_REPORTS = 500;
const KEPT_BYTES = 8 * 1024 * 1024;

/**
 * Runs each command once. A command that arrives again gets the recorded answer. The terminal report waits until the
 * events that the command caused are stored, so whoever reads the report finds them.
 */
export class CommandDesk {
  readonly #ports: CommandDeskPorts;
  readonly #known = new Map<string, Known>();
  readonly #waiting = new Set<Known>();
  #keptBytes = 0;

  constructor(ports: CommandDeskPorts) {
    this.#ports = ports;
  }

  /** Whether a terminal report still waits for its events to be stored. */
  get idle(): boolean {
    return this.#waiting.size === 0;
  }

  /** Takes a frame; tells whether it was a valid command or one that could be answered. */
  take(raw: unknown): boolean {
    const reading = readCommand(raw);
    const id = reading.ok ? reading.command.id : reading.id;
    if (id === undefined) return false;
    const known = this.#known.get(id);
    if (known) {
      if (known.state === 'running') this.#ports.send(known.report);
      else this.#deliver(known);
      return true;
    }
    const fresh: Known = { state: 'running', report: { id, state: 'accepted' }, afterSeq: 0, bytes: 0 };
    this.#known.set(id, fresh);
    if (!reading.ok) {
      this.#end(fresh, { id, state: 'failed', error: { code: reading.code, message: reading.message } });
      return true;
    }
    this.#ports.send(fresh.report);
    const { command } = reading;
    // Behind the present frame, so that a handler which throws at once is a rejection too.
    void Promise.resolve()
      .then(() => this.#ports.run(command))
      .then(
        (result) => this.#end(fresh, { id, state: 'done', result }),
        (error: unknown) => this.#end(fresh, failure(id, error)),
      );
    return true;
  }

  /** Sends the reports whose events are stored by now. */
  flush(): void {
    for (const known of [...this.#waiting]) this.#deliver(known);
  }

  #end(known: Known, report: CommandReport): void {
    known.state = 'ended';
    known.report = fitReport(report);
    known.afterSeq = this.#ports.lastSeq();
    known.bytes = JSON.stringify(known.report).length;
    this.#keptBytes += known.bytes;
    this.#deliver(known);
    this.#forgetOldest();
  }

  #deliver(known: Known): void {
    const sent = known.afterSeq <= this.#ports.ack() && this.#ports.send(known.report);
    if (sent) this.#waiting.delete(known);
    else this.#waiting.add(known);
  }

  #forgetOldest(): void {
    for (const [id, known] of this.#known) {
      if (this.#known.size <= KEPT_REPORTS && this.#keptBytes <= KEPT_BYTES) return;
      if (known.state === 'running' || this.#waiting.has(known)) continue;
      this.#known.delete(id);
      this.#keptBytes -= known.bytes;
    }
  }
}

function failure(id: string, error: unknown): CommandReport {
  const code = error instanceof CommandError ? error.code : 'INTERNAL';
  // The text of an unknown error may name paths or worse; the worker's log has it.
  const message = error instanceof CommandError ? error.message : 'The worker failed on this command.';
  return { id, state: 'failed', error: { code, message: message.slice(0, 4_000) } };
}
