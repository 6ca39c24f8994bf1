import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  LINK_CODES,
  LINK_PATH,
  type Bye,
  type Command,
  type CommandBody,
  type CommandReport,
  type ControlPlaneToWorker,
  type Delta,
  type LinkCode,
  type LinkRequest,
  type LinkResponse,
  type OutboxItem,
  type WorkerConfig,
  type WorkerToControlPlane,
} from '@clawforce/protocol';
import { readLinkAuth } from '@clawforce/protocol/link';
import { Server as Engine } from 'engine.io';
import { Server, type Socket } from 'socket.io';
import { attachWorkerSocket } from './worker-socket.js';
import { limitRefusals } from './refusal-report.js';
import { ResumeSecrets, type StoredResumeSecrets } from './resume-secrets.js';
import { WorkerSession } from './worker-session.js';

/** A socket of the `/worker` namespace; `agentId` comes from the listener, never from the worker. */
export type WorkerSocket = Socket<
  WorkerToControlPlane,
  ControlPlaneToWorker,
  Record<string, never>,
  { agentId: string; credential: { kind: 'join' | 'resume' | 'token'; secret: string } }
>;

/** Whether a worker that said hello may work. */
export type Admission = { readonly admitted: true } | { readonly admitted: false; readonly reason: string };

/** What the hub asks of the rest of the control plane. */
export interface HubPorts {
  /** Spends a join credential: opens a new epoch when it is the agent's newest and unused. */
  openEpoch(
    agentId: string,
    joinSecret: string,
  ): Promise<{ epoch: number; generation: number; ack: number } | undefined>;
  /** Remembers the digest of the newest resume secret. */
  saveResume(agentId: string, epoch: number, digest: string): Promise<void>;
  /** A resume secret was used for the first time: every other one of the agent ends. */
  onResumeProven(agentId: string, epoch: number, digest: string): void;
  /** Whether the worker of a session may work; asked before its first welcome from this control plane. */
  admit(session: WorkerSession): Promise<Admission>;
  /** The configuration that a worker gets with its welcome. */
  workerConfig(agentId: string): Promise<WorkerConfig>;
  /** Stores consecutive events; answers the new cumulative ack, or where the sequence has to continue. */
  storeEvents(
    agentId: string,
    epoch: number,
    items: readonly OutboxItem[],
  ): Promise<{ ack: number } | { expected: number } | { fenced: true }>;
  /** Text of a running turn; not stored. */
  onDelta(agentId: string, delta: Delta): void;
  answer(agentId: string, request: LinkRequest): Promise<LinkResponse>;
  onWelcomed(session: WorkerSession): void;
  onDisconnected(session: WorkerSession): void;
  /** Something odd that an operator may want to know: a refused credential, a frame that breaks the contract. */
  onRefused(agentId: string, what: string): void;
}

/** How the link behaves; the defaults are for real use. */
export interface HubTiming {
  readonly helloTimeoutMs: number;
  readonly heartbeatMs: number;
  readonly orphanMs: number;
  /** For how long a request of a worker waits for its admission. */
  readonly admissionMs: number;
}

const DEFAULT_TIMING: HubTiming = {
  helloTimeoutMs: 5_000,
  heartbeatMs: 10_000,
  orphanMs: 30_000,
  // As long as a worker that is adopted has to come back; below the patience of a worker that fetches a page.
  admissionMs: 30_000,
};

/** An agent without a session was asked for something that only a worker can do. */
export class NotConnectedError extends Error {
  override readonly name = 'NotConnectedError';
  readonly code = 'AGENT_NOT_CONNECTED';
}

/**
 * The worker side of the control plane: one socket.io server for the link sockets of all agents. A worker is known by
 * the listener it came through and by its credential; ids inside frames are not read.
 */
export class LinkHub {
  readonly #engine: Engine;
  readonly #io: Server<WorkerToControlPlane, ControlPlaneToWorker>;
  readonly #identities = new WeakMap<IncomingMessage, string>();
  readonly #sessions = new Map<string, WorkerSession>();
  readonly #ports: HubPorts;
  readonly #timing: HubTiming;

  constructor(ports: HubPorts, timing: Partial<HubTiming> = {}) {
    this.#ports = {
      ...ports,
      onRefused: limitRefusals((agentId, what) => ports.onRefused(agentId, what)),
    };
    this.#timing = { ...DEFAULT_TIMING, ...timing };
    this.#engine = new Engine({
      transports: ['websocket'],
      perMessageDeflate: false,
      maxHttpBufferSize: 1024 * 1024,
      pingInterval: this.#timing.heartbeatMs,
      pingTimeout: this.#timing.heartbeatMs,
    });
    this.#io = new Server({ serveClient: false, connectTimeout: this.#timing.helloTimeoutMs });
    this.#io.bind(this.#engine);
    const workers = this.#io.of('/worker');
    workers.use((socket, next) => this.#admit(socket as WorkerSocket, next));
    workers.on('connection', (socket) =>
      attachWorkerSocket(this, socket as WorkerSocket, this.#ports, this.#timing),
    );
  }

  /** Takes an upgrade request that came through an agent's own listener. */
  handleUpgrade(agentId: string, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const path = (request.url ?? '').split('?', 1)[0]?.replace(/\/$/, '');
    // Browsers send Origin, workers never do.
    if (path !== LINK_PATH || request.headers.origin !== undefined) {
      socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n');
      return;
    }
    this.#identities.set(request, agentId);
    this.#engine.handleUpgrade(request, socket, head);
  }

  /** The present session of an agent, connected or waiting for its worker to come back. */
  session(agentId: string): WorkerSession | undefined {
    return this.#sessions.get(agentId);
  }

  /** Opens the session of an epoch and makes it the present one; an older one is fenced. */
  open(agentId: string, epoch: number, generation: number): WorkerSession {
    this.#sessions.get(agentId)?.end(LINK_CODES.fenced, 'A newer worker of this agent took over.');
    return this.#put(agentId, epoch, generation, {});
  }

  /** Takes up the session of a worker that an earlier control plane welcomed: it may come back with its resume secret. */
  restore(agentId: string, epoch: number, generation: number, stored: StoredResumeSecrets): void {
    this.#put(agentId, epoch, generation, stored);
  }

  #put(agentId: string, epoch: number, generation: number, stored: StoredResumeSecrets): WorkerSession {
    const resume = new ResumeSecrets((digest) => this.#ports.onResumeProven(agentId, epoch, digest), stored);
    const session = new WorkerSession(agentId, epoch, generation, resume);
    this.#sessions.set(agentId, session);
    return session;
  }

  /** Tells whether a secret belongs to the agent's present session (the broker asks). */
  authenticate(agentId: string, secret: string): boolean {
    return this.#sessions.get(agentId)?.resume.accept(secret) ?? false;
  }

  /** Tells whether the agent's worker was looked at from outside and may work. */
  admitted(agentId: string): boolean {
    return this.#sessions.get(agentId)?.admitted ?? false;
  }

  /** The same, and waits for it: a worker that an earlier control plane welcomed is looked at when it says hello again. */
  async whenAdmitted(agentId: string, signal: AbortSignal): Promise<boolean> {
    return (await this.#sessions.get(agentId)?.whenAdmitted(this.#timing.admissionMs, signal)) ?? false;
  }

  /**
   * Gives the terminal report of a command. The command survives reconnects of the same worker.
   * @throws NotConnectedError without a session, CommandInterruptedError when the worker ends first.
   */
  async command(
    agentId: string,
    body: CommandBody,
    options: { readonly id?: string; readonly onAccepted?: () => void } = {},
  ): Promise<CommandReport> {
    const session = this.#sessions.get(agentId);
    if (!session) throw new NotConnectedError('The agent has no running worker.');
    const command: Command = { id: options.id ?? randomUUID(), ...body };
    return session.send(command, options.onAccepted);
  }

  /** Ends an agent's session: its worker is gone, or has to go. */
  end(agentId: string, code: LinkCode | 1000, reason: string): void {
    const session = this.#sessions.get(agentId);
    this.#sessions.delete(agentId);
    session?.end(code, reason);
  }

  /** Closes every link. */
  async close(): Promise<void> {
    for (const agentId of [...this.#sessions.keys()])
      this.end(agentId, LINK_CODES.retryLater, 'The control plane stops.');
    await this.#io.close();
    this.#engine.close();
  }

  #admit(socket: WorkerSocket, next: (error?: Error) => void): void {
    const agentId = this.#identities.get(socket.request);
    const auth = readLinkAuth(socket.handshake.auth);
    if (agentId === undefined) {
      next(refusal(LINK_CODES.token, 'This socket belongs to no agent.'));
      return;
    }
    if (auth === undefined) {
      this.#ports.onRefused(agentId, 'handshake without a valid credential');
      next(refusal(LINK_CODES.token, 'The handshake carries no valid credential.'));
      return;
    }
    if (auth === 'upgrade') {
      next(refusal(LINK_CODES.upgrade, 'This worker speaks another version of the link.'));
      return;
    }
    socket.data.agentId = agentId;
    socket.data.credential = auth.credential;
    next();
  }
}

function refusal(code: LinkCode, reason: string): Error {
  const bye: Bye = { code, reason };
  return Object.assign(new Error(reason), { data: bye });
}
