import { randomBytes, randomUUID } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server as HttpServer } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import { join } from 'node:path';
import { Server, type Socket } from 'socket.io';
import {
  LINK_CODES,
  LINK_PATH,
  SOCKET_NAMES,
  type ActivityEvent,
  type Bye,
  type Command,
  type CommandBody,
  type CommandReport,
  type ControlPlaneToWorker,
  type LinkRequest,
  type OutboxItem,
  type SessionEntry,
  type WorkerConfig,
  type WorkerToControlPlane,
} from '@clawforce/protocol';
import {
  readCommandReport,
  readDelta,
  readEventBatch,
  readHello,
  readLinkAuth,
  readLinkRequest,
} from '@clawforce/protocol/link';

type Session = Socket<WorkerToControlPlane, ControlPlaneToWorker>;

/** The link side of a control plane: real socket.io on a real unix socket, frames read with the published validators. */
export class FakeControlPlane {
  readonly stored: OutboxItem[] = [];
  readonly deltas: string[] = [];
  readonly breaches: string[] = [];
  readonly requests: LinkRequest[] = [];
  history: SessionEntry[] = [];
  config: WorkerConfig;
  session: Session | undefined;
  secret = '';
  connections = 0;
  readonly #directory: string;
  readonly #joins = new Set<string>();
  readonly #pending = new Map<string, { command: Command; resolve: (report: CommandReport) => void }>();
  readonly #sockets = new Set<NetSocket>();
  #http: HttpServer | undefined;
  #io: Server | undefined;

  constructor(directory: string, config: WorkerConfig) {
    this.#directory = directory;
    this.config = config;
  }

  get ack(): number {
    return this.stored.at(-1)?.seq ?? 0;
  }

  /** Stored activity events, of one type or all. */
  activity(type?: ActivityEvent['event_type']): ActivityEvent[] {
    return this.stored
      .flatMap((item) => (item.type === 'activity' ? [item.event] : []))
      .filter((event) => type === undefined || event.event_type === type);
  }

  /** Stored entries of a session. */
  entries(sessionKey = 's'): SessionEntry[] {
    return this.stored.flatMap((item) =>
      item.type === 'session' && item.session_key === sessionKey ? [item.entry] : [],
    );
  }

  writeJoin(): void {
    const secret = `cfj_${randomBytes(24).toString('hex')}`;
    this.#joins.add(secret);
    writeFileSync(join(this.#directory, SOCKET_NAMES.join), secret, { mode: 0o600 });
  }

  async start(): Promise<void> {
    const http = createServer();
    this.#http = http;
    http.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    this.#io = new Server(http, { path: LINK_PATH, transports: ['websocket'], serveClient: false });
    const workers = this.#io.of('/worker');
    workers.use((socket, next) => {
      const auth = readLinkAuth(socket.handshake.auth);
      if (auth === undefined || auth === 'upgrade') {
        next(Object.assign(new Error('refused'), { data: { code: LINK_CODES.token, reason: 'refused' } }));
        return;
      }
      socket.data = { secret: auth.credential.secret };
      next();
    });
    workers.on('connection', (socket) => this.#serve(socket));
    await new Promise<void>((resolve) => http.listen(join(this.#directory, SOCKET_NAMES.link), resolve));
  }

  /** Ends everything at once, as a kill -9 does. */
  async kill(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.session = undefined;
    await this.#io?.close();
    await new Promise<void>((resolve) => {
      if (this.#http?.listening) this.#http.close(() => resolve());
      else resolve();
    });
    rmSync(join(this.#directory, SOCKET_NAMES.link), { force: true });
  }

  command(body: CommandBody, id: string = randomUUID()): Promise<CommandReport> {
    const command: Command = { id, ...body };
    return new Promise((resolve) => {
      this.#pending.set(id, { command, resolve });
      this.session?.emit('cmd', command);
    });
  }

  message(text: string, sessionKey = 's'): Promise<CommandReport> {
    return this.command({
      kind: 'message',
      session_key: sessionKey,
      text,
      channel: 'api',
      chat_id: 'chat-1',
      actor: 'user:1',
    });
  }

  bye(bye: Bye): void {
    this.session?.emit('bye', bye);
    this.session?.disconnect(true);
  }

  #serve(socket: Session): void {
    this.connections += 1;
    const { secret } = socket.data as { secret: string };
    socket.on('hello', (raw, reply) => {
      if (!readHello(raw)) this.breaches.push('hello');
      if (!this.#joins.delete(secret) && secret !== this.secret) {
        reply({ refused: { code: LINK_CODES.token, reason: 'used up' } });
        return;
      }
      this.secret = randomBytes(32).toString('base64url');
      const former = this.session;
      this.session = socket;
      if (former?.connected) {
        former.emit('bye', { code: LINK_CODES.fenced, reason: 'A newer worker of this agent took over.' });
        former.disconnect(true);
      }
      reply({
        epoch: 1,
        resume_secret: this.secret,
        ack: this.ack,
        credit: 1000,
        heartbeat_ms: 1_000,
        orphan_ms: 10_000,
        config: this.config,
      });
      for (const { command } of this.#pending.values()) socket.emit('cmd', command);
    });
    socket.on('ev', (raw) => {
      const batch = readEventBatch(raw);
      if (!batch) {
        this.breaches.push('ev');
        return;
      }
      for (const item of batch.items) {
        if (item.seq <= this.ack) continue;
        if (item.seq !== this.ack + 1) {
          socket.emit('nack', { expected: this.ack + 1 });
          return;
        }
        this.stored.push(item);
      }
      socket.emit('ack', { seq: this.ack });
    });
    socket.on('delta', (raw) => {
      const delta = readDelta(raw);
      if (delta) this.deltas.push(delta.text);
      else this.breaches.push('delta');
    });
    socket.on('cmd_ack', (raw) => {
      const report = readCommandReport(raw);
      if (!report) this.breaches.push('cmd_ack');
      if (!report || report.state === 'accepted') return;
      this.#pending.get(report.id)?.resolve(report);
      this.#pending.delete(report.id);
    });
    socket.on('req', (raw, reply) => {
      const request = readLinkRequest(raw);
      if (!request) {
        this.breaches.push('req');
        return;
      }
      this.requests.push(request);
      reply({ ok: true, kind: 'history', entries: this.history.slice(-request.limit) });
    });
  }
}
