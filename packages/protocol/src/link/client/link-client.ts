import { randomUUID } from 'node:crypto';
import { io, type Socket } from 'socket.io-client';
import {
  LINK_PATH,
  LINK_PROTOCOL,
  type Bye,
  type ControlPlaneToWorker,
  type Delta,
  type Hello,
  type LinkAuth,
  type LinkRequest,
  type LinkResponse,
  type Welcome,
  type WorkerToControlPlane,
} from '../frames.js';
import {
  readAck,
  readBye,
  readLinkResponse,
  readNack,
  readWelcomeAnswer,
} from '../validate/control-plane-frames.js';
import { reconnectDelay } from './backoff.js';
import { CommandDesk } from './command-desk.js';
import { firstCredential, linkEndpoint, type LinkConnection, type LinkEndpoint } from './connection.js';
import { DeltaBuffer } from './delta-buffer.js';
import { EventSender } from './event-sender.js';
import { endOf, type LinkEnd } from './link-end.js';
import type { Link, LinkNotice, LinkOptions, LinkTiming } from './link-options.js';
import type { OutboxEntry } from './outbox.js';

type ClientSocket = Socket<ControlPlaneToWorker, WorkerToControlPlane>;

const defaultTiming: LinkTiming = {
  helloMs: 10_000,
  baseMs: 500,
  maxMs: 30_000,
  orphanMs: 30_000,
  stallMs: 30_000,
  deltaMs: 40,
  batchMs: 10,
};
const knownFrames: ReadonlySet<string> = new Set(['ack', 'nack', 'cmd', 'bye']);

/**
 * Opens a worker's link and keeps it open: reconnects with full jitter, sends events again until they are stored, runs
 * every command once, and ends on a final code or after too long without a link (ARCHITECTURE section 5).
 *
 * @throws TypeError naming a bad connection option.
 */
export function connectLink(connection: LinkConnection, options: LinkOptions): Link {
  return new LinkClient(connection, options);
}

class LinkClient implements Link {
  readonly ended: Promise<LinkEnd>;
  readonly #options: LinkOptions;
  readonly #timing: LinkTiming;
  readonly #endpoint: LinkEndpoint;
  readonly #instance = randomUUID();
  readonly #sender: EventSender;
  readonly #desk: CommandDesk;
  readonly #deltas: DeltaBuffer;
  readonly #waiters = new Set<() => void>();
  #credential: LinkAuth['credential'] | undefined;
  #secret: string | undefined;
  #socket: ClientSocket | undefined;
  #open = false;
  #welcomes = 0;
  #attempt = 0;
  #retryTimer: NodeJS.Timeout | undefined;
  #orphanTimer: NodeJS.Timeout | undefined;
  #beatTimer: NodeJS.Timeout | undefined;
  #orphanMs: number;
  #over = false;
  #resolveEnded!: (end: LinkEnd) => void;

  constructor(connection: LinkConnection, options: LinkOptions) {
    this.#options = options;
    this.#timing = { ...defaultTiming, ...options.timing };
    this.#orphanMs = this.#timing.orphanMs;
    this.#endpoint = linkEndpoint(connection);
    this.ended = new Promise((resolve) => (this.#resolveEnded = resolve));
    this.#sender = new EventSender(
      options.outbox,
      {
        send: (batch) => {
          this.#deltas.flush();
          return this.#emit((socket) => socket.emit('ev', batch));
        },
        onAck: () => this.#progress(),
        onStalled: (why) => {
          this.#notice('stalled', why);
          this.#socket?.disconnect();
        },
      },
      { stallMs: this.#timing.stallMs, pauseMs: this.#timing.batchMs },
    );
    this.#desk = new CommandDesk({
      run: (command) => options.handlers.onCommand(command),
      send: (report) => this.#emit((socket) => socket.emit('cmd_ack', report)),
      lastSeq: () => options.outbox.nextSeq - 1,
      ack: () => this.#sender.ack,
    });
    this.#deltas = new DeltaBuffer(
      (delta) => this.#emit((socket) => socket.volatile.emit('delta', delta)),
      this.#timing.deltaMs,
    );
    this.#armOrphan();
    firstCredential(connection).then(
      (credential) => {
        this.#credential = credential;
        this.#connect();
      },
      (error: unknown) =>
        this.#end({
          reason: 'no_credential',
          message: `There is no join credential: ${error instanceof Error ? error.message : 'unknown error'}`,
        }),
    );
  }

  get connected(): boolean {
    return this.#open;
  }

  get secret(): string | undefined {
    return this.#secret;
  }

  async append(entries: readonly OutboxEntry[]): Promise<number> {
    const seq = await this.#options.outbox.append(entries);
    this.#sender.wake();
    return seq;
  }

  async stored(seq: number, timeoutMs: number): Promise<boolean> {
    const deadline = performance.now() + timeoutMs;
    while (this.#sender.ack < seq) {
      const left = deadline - performance.now();
      if (left <= 0 || this.#over) return false;
      await this.#changed(Math.min(left, 250));
    }
    return true;
  }

  delta(delta: Delta): void {
    if (!this.#over && delta.text !== '') this.#deltas.add(delta);
  }

  async request(
    request: LinkRequest,
    options: { readonly timeoutMs?: number; readonly signal?: AbortSignal } = {},
  ): Promise<LinkResponse> {
    const deadline = performance.now() + (options.timeoutMs ?? 15_000);
    for (;;) {
      options.signal?.throwIfAborted();
      const left = deadline - performance.now();
      if (left <= 0 || this.#over) {
        return { ok: false, code: 'LINK_TIMEOUT', message: 'The control plane did not answer in time.' };
      }
      const socket = this.#socket;
      if (!socket || !this.#open) {
        await this.#changed(Math.min(left, 250));
        continue;
      }
      // A broken link rejects at once; then the question is asked again over the next one.
      const raw: unknown = await socket
        .timeout(left)
        .emitWithAck('req', request)
        .catch(() => undefined);
      const response = raw === undefined ? undefined : readLinkResponse(raw);
      if (response) return response;
      if (raw !== undefined) {
        this.#notice('invalid_frame', 'The answer to a request breaks the contract.');
        return {
          ok: false,
          code: 'LINK_NONSENSE',
          message: 'The control plane gave an answer without meaning.',
        };
      }
    }
  }

  async close(reason: string, options: { readonly flushMs?: number } = {}): Promise<void> {
    const deadline = performance.now() + (options.flushMs ?? 5_000);
    const unsent = (): boolean => this.#sender.ack < this.#options.outbox.nextSeq - 1 || !this.#desk.idle;
    while (!this.#over && this.#welcomes > 0 && unsent() && performance.now() < deadline) {
      await this.#changed(Math.min(50, Math.max(1, deadline - performance.now())));
    }
    const bye: Bye = { code: 1000, reason: reason.slice(0, 1_000) };
    this.#emit((socket) => socket.emit('bye', bye));
    this.#end({ reason: 'closed', message: reason });
  }

  #connect(): void {
    const credential = this.#credential;
    if (this.#over || !credential) return;
    const auth: LinkAuth = { proto: LINK_PROTOCOL, credential, instance: this.#instance };
    // A fresh manager for each attempt: nothing that socket.io buffers survives, only what the outbox holds.
    const socket: ClientSocket = io(this.#endpoint.url, {
      path: LINK_PATH,
      transports: ['websocket'],
      auth: { ...auth },
      forceNew: true,
      reconnection: false,
      timeout: this.#timing.helloMs,
      ...(this.#endpoint.agent ? { agent: this.#endpoint.agent as unknown as string } : {}),
    });
    this.#socket = socket;
    let retryAfterMs: number | undefined;
    const helloTimer = setTimeout(() => lost('no welcome in time'), this.#timing.helloMs);
    const lost = (why: string): void => {
      clearTimeout(helloTimer);
      if (this.#socket !== socket) return;
      this.#dropSocket();
      this.#notice('lost', why);
      this.#retry(retryAfterMs);
    };
    const goodbye = (raw: unknown): void => {
      const bye = readBye(raw);
      if (!bye) {
        this.#notice('invalid_frame', 'bye');
        return;
      }
      const end = endOf(bye);
      if (end && this.#socket === socket) this.#end(end);
      else retryAfterMs = bye.retry_after_ms;
    };

    socket.on('connect', () => {
      socket.emit('hello', this.#hello(), (raw) => {
        clearTimeout(helloTimer);
        const answer = readWelcomeAnswer(raw);
        if (this.#socket !== socket) return;
        if (answer && 'refused' in answer) {
          this.#notice('refused', answer.refused.reason);
          goodbye(answer.refused);
          lost(answer.refused.reason);
        } else if (answer) void this.#welcome(socket, answer);
        else this.#end({ reason: 'rejected', message: 'The welcome breaks the contract of the link.' });
      });
    });
    socket.on('connect_error', (error: Error & { data?: unknown }) => {
      if (error.data !== undefined) {
        this.#notice('refused', error.message);
        goodbye(error.data);
      }
      lost(error.message);
    });
    socket.on('disconnect', (why) => lost(why));
    socket.on('bye', goodbye);
    socket.onAny((event: string) => {
      if (!knownFrames.has(event)) this.#notice('unknown_frame', event.slice(0, 100));
    });
  }

  async #welcome(socket: ClientSocket, welcome: Welcome): Promise<void> {
    const early: unknown[] = [];
    const keep = (raw: unknown): void => void early.push(raw);
    socket.on('cmd', keep);
    this.#secret = welcome.resume_secret;
    this.#credential = { kind: 'resume', secret: welcome.resume_secret };
    this.#orphanMs = welcome.orphan_ms;
    this.#attempt = 0;
    clearTimeout(this.#orphanTimer);
    this.#orphanTimer = undefined;
    try {
      const { renumbered } = await this.#options.outbox.resumeAfter(welcome.ack);
      if (renumbered) this.#notice('renumbered', `the control plane is back at event ${welcome.ack}`);
      this.#welcomes += 1;
      await this.#options.handlers.onWelcome(welcome, this.#welcomes === 1);
    } catch (error) {
      this.#end({
        reason: 'rejected',
        message: `The worker cannot start with this welcome: ${error instanceof Error ? error.message : 'unknown error'}`,
      });
      return;
    }
    if (this.#socket !== socket || !socket.connected) return;
    this.#open = true;
    socket.on('ack', (raw) => {
      const ack = readAck(raw);
      if (ack) void this.#sender.acknowledge(ack.seq);
      else this.#notice('invalid_frame', 'ack');
    });
    socket.on('nack', (raw) => {
      const nack = readNack(raw);
      if (nack) this.#sender.rewind(nack.expected);
      else this.#notice('invalid_frame', 'nack');
    });
    const take = (raw: unknown): void => {
      if (!this.#desk.take(raw)) this.#notice('invalid_frame', 'cmd');
    };
    socket.off('cmd', keep);
    socket.on('cmd', take);
    this.#beatTimer = setInterval(
      () => this.#emit((open) => open.volatile.emit('hb', { t: Date.now() })),
      welcome.heartbeat_ms,
    );
    this.#notice('open', `epoch ${welcome.epoch}`);
    this.#sender.open(welcome.ack, welcome.credit);
    for (const raw of early) take(raw);
  }

  #hello(): Hello {
    const { outbox, software, capabilities } = this.#options;
    return {
      instance: this.#instance,
      next_seq: outbox.nextSeq,
      low_seq: outbox.lowSeq,
      software,
      capabilities: capabilities ?? [],
    };
  }

  #emit(send: (socket: ClientSocket) => unknown): boolean {
    if (!this.#open || !this.#socket?.connected) return false;
    send(this.#socket);
    return true;
  }

  #progress(): void {
    this.#desk.flush();
    for (const wake of this.#waiters) wake();
  }

  #changed(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiters.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.#waiters.add(wake);
    });
  }

  #dropSocket(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#open = false;
    this.#sender.close();
    clearInterval(this.#beatTimer);
    socket?.off();
    socket?.disconnect();
  }

  #retry(retryAfterMs: number | undefined): void {
    if (this.#over) return;
    this.#armOrphan();
    this.#attempt += 1;
    this.#retryTimer = setTimeout(
      () => this.#connect(),
      reconnectDelay(this.#attempt, retryAfterMs, this.#timing),
    );
  }

  #armOrphan(): void {
    this.#orphanTimer ??= setTimeout(
      () =>
        this.#end({ reason: 'orphaned', message: 'There was no link to the control plane for too long.' }),
      this.#orphanMs,
    );
  }

  #notice(kind: LinkNotice['kind'], message: string): void {
    this.#options.handlers.onNotice?.({ kind, message });
  }

  #end(end: LinkEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#dropSocket();
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#orphanTimer);
    this.#credential = undefined;
    this.#progress();
    this.#resolveEnded(end);
  }
}
