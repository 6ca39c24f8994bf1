import { setTimeout as sleep } from 'node:timers/promises';
import { LINK_CODES, type Bye, type CommandReport, type Hello, type Welcome } from '@clawforce/protocol';
import {
  readCommandReport,
  readDelta,
  readEventBatch,
  readHello,
  readLinkRequest,
} from '@clawforce/protocol/link';
import { LinkFlow } from './link-flow.js';
import type { HubPorts, HubTiming, LinkHub, WorkerSocket } from './link-hub.js';
import type { WorkerSession } from './worker-session.js';

const CREDIT = 1000;
const FRAMES_PER_SECOND = 200;
/** Frames of one connection that wait for the store; the worker sends the rest again. */
const MAX_BACKLOG = 256;

/** Serves one connection of a worker: hello, events, reports, requests. Every frame is checked before it is used. */
export function attachWorkerSocket(
  hub: LinkHub,
  socket: WorkerSocket,
  ports: HubPorts,
  timing: HubTiming,
): void {
  const { agentId } = socket.data;
  let session: WorkerSession | undefined;
  let greeted = false;
  // One frame after the other: a batch must be stored before the next one is looked at.
  let queue: Promise<void> = Promise.resolve();
  let backlog = 0;
  let malformed = 0;

  const gone = (): boolean => !socket.connected;
  const flow = new LinkFlow(socket, () => queue);

  const close = (bye: Bye): void => {
    socket.emit('bye', bye);
    socket.disconnect(true);
  };
  const helloTimer = setTimeout(() => {
    if (!session) close({ code: LINK_CODES.token, reason: 'No hello came.' });
  }, timing.helloTimeoutMs);

  const inOrder = (work: () => Promise<void>): void => {
    backlog += 1;
    if (backlog > MAX_BACKLOG) {
      if (backlog === MAX_BACKLOG + 1) ports.onRefused(agentId, 'frames faster than they can be stored');
      close({ code: LINK_CODES.tooFast, reason: 'Frames come faster than they can be stored.' });
      return;
    }
    queue = queue
      .then(work)
      .catch((error: unknown) => {
        // The store failed: no ack went out, so the worker sends the batch again to the next connection.
        ports.onRefused(agentId, `link work failed: ${error instanceof Error ? error.message : 'unknown'}`);
        close({
          code: LINK_CODES.retryLater,
          reason: 'The control plane could not store this.',
          retry_after_ms: 1000,
        });
      })
      .finally(() => (backlog -= 1));
  };
  // Counted, never fatal; told at 1, 10, 100, … so that a hostile worker cannot flood the audit log.
  const breach = (what: string): void => {
    malformed += 1;
    if (/^10*$/.test(String(malformed))) ports.onRefused(agentId, `${what} (number ${malformed})`);
  };

  let frames = 0;
  const frameTimer = setInterval(() => (frames = 0), 1000);
  socket.use((_event, next) => {
    frames += 1;
    if (frames > FRAMES_PER_SECOND) {
      ports.onRefused(agentId, 'too many frames');
      close({ code: LINK_CODES.tooFast, reason: 'Too many frames in a second.' });
      return;
    }
    next();
  });

  socket.on('hello', (raw, reply) => {
    if (typeof reply !== 'function' || greeted) {
      breach('a second hello, or one that wants no answer');
      return;
    }
    greeted = true;
    const hello = readHello(raw);
    if (!hello) {
      refuse(
        reply,
        { code: LINK_CODES.upgrade, reason: 'The hello frame is not valid.' },
        'hello that breaks the contract',
      );
      return;
    }
    inOrder(async () => {
      const opened = await openSession(hub, socket, ports);
      if (!opened) {
        refuse(
          reply,
          { code: LINK_CODES.token, reason: 'The credential is used up or not valid.' },
          'refused credential',
        );
        return;
      }
      clearTimeout(helloTimer);
      const greeting = opened.session;
      if (!greeting.admitted) {
        const admission = await ports.admit(greeting);
        if (gone()) return;
        if (!admission.admitted) {
          refuse(
            reply,
            { code: LINK_CODES.fenced, reason: admission.reason },
            'a worker that was not admitted',
          );
          return;
        }
        greeting.admit();
      }
      // Not before: what it sends behind a hello that is refused is nobody's.
      session = greeting;
      await greeting.inConfigOrder(async () => {
        const answer = await welcome(greeting, opened.ack, hello, ports, timing);
        // Gone meanwhile: whoever waits for this worker goes on waiting for its next connection.
        if (!socket.connected) return;
        reply(answer);
        greeting.attach(socket, answer.config.digest);
        ports.onWelcomed(greeting);
      });
    });
  });

  socket.on('ev', (raw) => {
    inOrder(async () => {
      const batch = readEventBatch(raw);
      if (!batch) breach('event batch that breaks the contract');
      if (!session || session.ended || !batch) return;
      const wait = Math.max(
        session.volume.spend(flow.takeReceived()),
        session.events.spend(batch.items.length),
      );
      if (wait > 0) await sleep(wait);
      const outcome = await ports.storeEvents(agentId, session.epoch, batch.items);
      if ('fenced' in outcome)
        close({ code: LINK_CODES.fenced, reason: 'A newer worker of this agent took over.' });
      else if ('ack' in outcome) socket.emit('ack', { seq: outcome.ack });
      else socket.emit('nack', { expected: outcome.expected });
    });
  });

  socket.on('delta', (raw) => {
    // Behind the events that were sent before it, so that whoever watches sees text and tools in their order.
    inOrder(() => {
      const delta = readDelta(raw);
      if (!delta) breach('delta that breaks the contract');
      else if (session && !session.ended) ports.onDelta(agentId, delta);
      return Promise.resolve();
    });
  });

  socket.on('cmd_ack', (raw) => {
    // Behind the events that the command caused: whoever waits for the report finds them stored.
    inOrder(() => {
      const report = readCommandReport(raw);
      if (!report) breach('report that breaks the contract');
      // Nobody may wait for ever for a report that cannot be read.
      const readable = report ?? unreadable(raw);
      if (readable) session?.report(readable);
      return Promise.resolve();
    });
  });

  socket.on('req', (raw, reply) => {
    const request = readLinkRequest(raw);
    if (typeof reply !== 'function') {
      breach('request that wants no answer');
      return;
    }
    if (!request) breach('request that breaks the contract');
    // One after the other, and the next only when the worker has taken the answer: an answer may be large.
    inOrder(async () => {
      if (gone()) return;
      if (!session || session.ended || !request) {
        reply({ ok: false, code: 'REQUEST_INVALID', message: 'The request is not valid.' });
        return;
      }
      const answer = await ports
        .answer(agentId, request)
        .catch(
          () => ({ ok: false, code: 'INTERNAL', message: 'The control plane could not answer.' }) as const,
        );
      if (gone()) return;
      reply(answer);
      if (!(await flow.flushed())) close({ code: LINK_CODES.tooFast, reason: 'Answers are not read.' });
    });
  });

  socket.on('disconnect', () => {
    clearTimeout(helloTimer);
    clearInterval(frameTimer);
    if (session?.detach(socket) && !session.ended) ports.onDisconnected(session);
  });

  function refuse(reply: (answer: { refused: Bye }) => void, bye: Bye, what: string): void {
    ports.onRefused(agentId, what);
    reply({ refused: bye });
    close(bye);
  }
}

/** Gives the failure of the command that a broken report is about; undefined for one that names none. */
function unreadable(raw: unknown): CommandReport | undefined {
  const { id, state } = (raw ?? {}) as { id?: unknown; state?: unknown };
  if (typeof id !== 'string' || state === 'accepted') return undefined;
  return {
    id,
    state: 'failed',
    error: { code: 'REPORT_INVALID', message: "The worker's report breaks the contract." },
  };
}

async function openSession(
  hub: LinkHub,
  socket: WorkerSocket,
  ports: HubPorts,
): Promise<{ session: WorkerSession; ack: number } | undefined> {
  const { agentId, credential } = socket.data;
  if (credential.kind === 'resume') {
    const session = hub.session(agentId);
    if (!session || session.ended || !session.resume.accept(credential.secret)) return undefined;
    const outcome = await ports.storeEvents(agentId, session.epoch, []);
    return 'ack' in outcome ? { session, ack: outcome.ack } : undefined;
  }
  if (credential.kind !== 'join') return undefined;
  const epoch = await ports.openEpoch(agentId, credential.secret);
  if (!epoch) return undefined;
  return { session: hub.open(agentId, epoch.epoch, epoch.generation), ack: epoch.ack };
}

async function welcome(
  session: WorkerSession,
  ack: number,
  hello: Hello,
  ports: HubPorts,
  timing: HubTiming,
): Promise<Welcome> {
  const config = await ports.workerConfig(session.agentId);
  const secret = session.resume.issue();
  await ports.saveResume(session.agentId, session.epoch, session.resume.currentDigest ?? '');
  session.confirmedDigest = config.digest;
  session.capabilities = hello.capabilities;
  session.confinesCommands = hello.capabilities.includes('exec.confined');
  return {
    epoch: session.epoch,
    resume_secret: secret,
    ack,
    credit: CREDIT,
    heartbeat_ms: timing.heartbeatMs,
    orphan_ms: timing.orphanMs,
    config,
  };
}
