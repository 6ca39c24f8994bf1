import type { Bye, Command, CommandReport, LinkCode } from '@clawforce/protocol';
import type { WorkerSocket } from './link-hub.js';
import { CommandInterruptedError, PendingCommands } from './pending-commands.js';
import { ResumeSecrets } from './resume-secrets.js';
import { TokenBucket } from '../limits/token-bucket.js';

const BURST_CHARS = 64 * 1024 * 1024;
const CHARS_PER_SECOND = 2 * 1024 * 1024;
const BURST_EVENTS = 5_000;
const EVENTS_PER_SECOND = 200;
const SUPERSEDED = { code: 'SUPERSEDED', message: 'The worker got a newer configuration with its welcome.' };

/** One epoch of one agent: from a join to the worker's end, across reconnects. */
export class WorkerSession {
  readonly agentId: string;
  readonly epoch: number;
  readonly generation: number;
  readonly resume: ResumeSecrets;
  /** What this worker may send to be stored, across its connections: it must not fill the disk in minutes. */
  readonly volume = new TokenBucket(BURST_CHARS, CHARS_PER_SECOND);
  /** The same by number: each verdict is also a row of the audit log. */
  readonly events = new TokenBucket(BURST_EVENTS, EVENTS_PER_SECOND);
  /** Digest of the configuration that the worker confirmed. */
  confirmedDigest: string | undefined;
  /** Whether the worker found a confiner for commands. Its own word, so it may only make the status worse. */
  confinesCommands = false;
  /** What its hello said that it can do and what it misses: advisory as well. */
  capabilities: readonly string[] = [];
  #admitted = false;
  /** Requests of the worker that wait for its admission. */
  readonly #held = new Set<() => void>();
  readonly #pending = new PendingCommands();
  #socket: WorkerSocket | undefined;
  #configOrder: Promise<unknown> = Promise.resolve();
  #ended = false;

  constructor(agentId: string, epoch: number, generation: number, resume = new ResumeSecrets()) {
    this.resume = resume;
    this.agentId = agentId;
    this.epoch = epoch;
    this.generation = generation;
  }

  /** Whether a worker is connected right now. */
  get connected(): boolean {
    return this.#socket?.connected ?? false;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Whether the worker was looked at from outside and may work. */
  get admitted(): boolean {
    return this.#admitted && !this.#ended;
  }

  /** The worker was looked at from outside and may work. */
  admit(): void {
    this.#admitted = true;
    this.#release();
  }

  /** Waits for the admission; tells whether the worker may work, at the latest after `patienceMs` or an abort. */
  whenAdmitted(patienceMs: number, signal: AbortSignal): Promise<boolean> {
    if (this.#admitted || this.#ended || signal.aborted) return Promise.resolve(this.admitted);
    return new Promise((resolve) => {
      const settle = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', settle);
        this.#held.delete(settle);
        resolve(this.admitted);
      };
      const timer = setTimeout(settle, patienceMs);
      signal.addEventListener('abort', settle);
      this.#held.add(settle);
    });
  }

  /**
   * Gives the session a socket behind a welcome with the configuration of this digest; commands without an answer are sent
   * again. Not so an older configuration: it would be in force until the next frame, and may be looser.
   */
  attach(socket: WorkerSocket, configDigest: string): void {
    const former = this.#socket;
    this.#socket = socket;
    if (former && former !== socket) former.disconnect(true);
    for (const command of this.#pending.all()) {
      if (command.kind === 'configure' && command.config.digest !== configDigest)
        this.#pending.report({ id: command.id, state: 'failed', error: SUPERSEDED });
    }
    for (const command of this.#pending.all()) socket.emit('cmd', command);
  }

  /** Takes the socket away when it is still the session's own. */
  detach(socket: WorkerSocket): boolean {
    if (this.#socket !== socket) return false;
    this.#socket = undefined;
    return true;
  }

  /** Gives the terminal report of a command. @throws CommandInterruptedError */
  send(command: Command, onAccepted?: () => void): Promise<CommandReport> {
    if (this.#ended) return Promise.reject(new CommandInterruptedError('The worker is gone.'));
    const fresh = !this.#pending.has(command.id);
    const report = this.#pending.add(command, onAccepted);
    if (fresh) this.#socket?.emit('cmd', command);
    return report;
  }

  /** Nobody waits for a command any more: it is not sent again. */
  forget(commandId: string, reason: string): void {
    this.#pending.forget(commandId, reason);
  }

  /**
   * Reads a configuration and hands it to the worker, one after the other: what was read later leaves later, so that an
   * older configuration never follows a newer one.
   */
  inConfigOrder<T>(readAndHandOver: () => Promise<T>): Promise<T> {
    const turn = this.#configOrder.then(readAndHandOver);
    this.#configOrder = turn.catch(() => undefined);
    return turn;
  }

  report(report: CommandReport): void {
    this.#pending.report(report);
  }

  /** Ends the epoch: says goodbye, interrupts what runs. */
  end(code: LinkCode | 1000, reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    const bye: Bye = { code, reason };
    this.#socket?.emit('bye', bye);
    this.#socket?.disconnect(true);
    this.#socket = undefined;
    this.#pending.interrupt(reason);
    this.#release();
  }

  #release(): void {
    for (const settle of [...this.#held]) settle();
  }
}
