import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server as HttpServer } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server, type Socket } from 'socket.io';
import { SOCKET_NAMES } from '../broker/contract.js';
import type { WorkerConfig } from '../config/worker-config.js';
import {
  LINK_CODES,
  LINK_PATH,
  type Bye,
  type Command,
  type CommandReport,
  type ControlPlaneToWorker,
  type Hello,
  type LinkRequest,
  type LinkResponse,
  type OutboxItem,
  type WorkerToControlPlane,
} from '../link/frames.js';
import {
  readCommandReport,
  readDelta,
  readEventBatch,
  readHello,
  readLinkAuth,
  readLinkRequest,
} from '../link/index.js';

type Session = Socket<WorkerToControlPlane, ControlPlaneToWorker>;

export const secretOf = (name: string): string => `${name}-${randomBytes(16).toString('hex')}`;

/** A control plane for tests: a real socket.io server on a real unix socket, with a store that checks the sequence. */
export class FakeControlPlane {
  readonly directory = mkdtempSync(join(tmpdir(), 'clawforce-link-'));
  readonly stored: OutboxItem[] = [];
  readonly reports: CommandReport[] = [];
  readonly deltas: string[] = [];
  readonly hellos: Hello[] = [];
  readonly credentials: string[] = [];
  /** What broke the contract. */
  readonly breaches: string[] = [];
  readonly requests: LinkRequest[] = [];
  session: Session | undefined;
  connections = 0;
  welcomeOverrides: Record<string, unknown> = {};
  refuse: Bye | undefined;
  answer: (request: LinkRequest) => LinkResponse = () => ({ ok: true, kind: 'history', entries: [] });
  /** Called for each valid batch; false drops it without an answer. */
  onBatch: (items: readonly OutboxItem[]) => boolean = () => true;
  largestUnacked = 0;
  readonly #config: WorkerConfig;
  readonly #joins = new Set<string>();
  readonly #resumes = new Set<string>();
  readonly #pending = new Map<string, { command: Command; resolve: (report: CommandReport) => void }>();
  readonly #sockets = new Set<NetSocket>();
  #http: HttpServer | undefined;
  #io: Server | undefined;

  constructor(config: WorkerConfig) {
    this.#config = config;
  }

  get ack(): number {
    return this.stored.at(-1)?.seq ?? 0;
  }

  writeJoin(secret = secretOf('cfj')): void {
    this.#joins.add(secret);
    const path = join(this.directory, SOCKET_NAMES.join);
    rmSync(path, { force: true });
    writeFileSync(path, secret);
    chmodSync(path, 0o400);
  }

  async start(): Promise<void> {
    const http = createServer();
    this.#http = http;
    http.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    this.#io = new Server(http, {
      path: LINK_PATH,
      transports: ['websocket'],
      serveClient: false,
      maxHttpBufferSize: 1024 * 1024,
    });
    const workers = this.#io.of('/worker');
    workers.use((socket, next) => {
      const auth = readLinkAuth(socket.handshake.auth);
      if (auth === undefined || auth === 'upgrade') {
        const code = auth === 'upgrade' ? LINK_CODES.upgrade : LINK_CODES.token;
        next(Object.assign(new Error('refused'), { data: { code, reason: 'no credential' } }));
        return;
      }
      if (this.refuse) {
        next(Object.assign(new Error(this.refuse.reason), { data: this.refuse }));
        return;
      }
      this.credentials.push(auth.credential.kind);
      socket.data = { secret: auth.credential.secret };
      next();
    });
    workers.on('connection', (socket) => this.#serve(socket as Session));
    await new Promise<void>((resolve) => http.listen(join(this.directory, SOCKET_NAMES.link), resolve));
  }

  /** Ends everything at once, as a kill -9 does: no goodbye, half-sent frames are lost. */
  async kill(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.session = undefined;
    await this.#io?.close();
    await new Promise<void>((resolve) => {
      if (this.#http?.listening) this.#http.close(() => resolve());
      else resolve();
    });
    rmSync(join(this.directory, SOCKET_NAMES.link), { force: true });
  }

  async dispose(): Promise<void> {
    await this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }

  command(command: Command): Promise<CommandReport> {
    return new Promise((resolve) => {
      this.#pending.set(command.id, { command, resolve });
      this.session?.emit('cmd', command);
    });
  }

  bye(bye: Bye): void {
    this.session?.emit('bye', bye);
    this.session?.disconnect(true);
  }

  #serve(socket: Session): void {
    this.connections += 1;
    const secret = (socket.data as { secret: string }).secret;
    let open = false;
    socket.on('hello', (raw, reply) => {
      const hello = readHello(raw);
      if (!hello) {
        this.breaches.push('hello');
        return;
      }
      this.hellos.push(hello);
      if (!this.#joins.delete(secret) && !this.#resumes.has(secret)) {
        reply({ refused: { code: LINK_CODES.token, reason: 'used up' } });
        return;
      }
      const resume = secretOf('resume');
      this.#resumes.add(resume);
      const former = this.session;
      this.session = socket;
      if (former && former !== socket && former.connected) {
        former.emit('bye', { code: LINK_CODES.fenced, reason: 'A newer worker took over.' });
        former.disconnect(true);
      }
      open = true;
      reply({
        epoch: 1,
        resume_secret: resume,
        ack: this.ack,
        credit: 1000,
        heartbeat_ms: 1_000,
        orphan_ms: 10_000,
        config: this.#config,
        ...this.welcomeOverrides,
      });
      for (const { command } of this.#pending.values()) socket.emit('cmd', command);
    });
    socket.on('ev', (raw) => {
      const batch = readEventBatch(raw);
      if (!open || !batch) {
        this.breaches.push('ev');
        return;
      }
      this.largestUnacked = Math.max(this.largestUnacked, (batch.items.at(-1)?.seq ?? 0) - this.ack);
      if (!this.onBatch(batch.items)) return;
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
      if (!report) {
        this.breaches.push('cmd_ack');
        return;
      }
      this.reports.push(report);
      if (report.state === 'accepted') return;
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
      reply(this.answer(request));
    });
  }
}
