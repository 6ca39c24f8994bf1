/** An admitted connection to the `/ui` namespace. */
export interface UiSocket {
  /** Sends a frame and gives its answer. @throws Error when none comes in time. */
  ask(name: string, body: object): Promise<Readonly<Record<string, unknown>>>;
  /** Sends a frame that has no answer. */
  send(name: string, body: object): void;
  onFrame(listener: (name: string, body: unknown) => void): void;
  /** Calls back once, when the connection is over for whatever reason. */
  onEnd(listener: () => void): void;
  close(): void;
}

const ANSWER_MS = 10_000;
const ADMIT_MS = 10_000;

/** Connects with a single-use ticket. @throws Error when the server refuses, goes, or does not admit in time. */
export async function openUiSocket(ticket: string, admitMs = ADMIT_MS): Promise<UiSocket> {
  const { io } = await import('socket.io-client');
  const socket = io('/ui', {
    path: '/api/control/ws',
    transports: ['websocket'],
    auth: { ticket },
    // A ticket works once; the caller comes back with another.
    reconnection: false,
    forceNew: true,
    timeout: admitMs,
  });
  await new Promise<void>((resolve, reject) => {
    const fail = (error: Error): void => {
      clearTimeout(deadline);
      socket.close();
      reject(error);
    };
    // The client's own deadline ends when the transport is open; the server still has to look at the ticket.
    const deadline = setTimeout(() => fail(new Error('not admitted in time')), admitMs);
    socket.once('connect', () => {
      clearTimeout(deadline);
      resolve();
    });
    socket.once('connect_error', fail);
    // A server that goes before it has admitted is told by this alone.
    socket.once('disconnect', (reason) => fail(new Error(reason)));
  });
  return {
    ask: async (name, body) =>
      (await socket.timeout(ANSWER_MS).emitWithAck(name, body)) as Record<string, unknown>,
    send: (name, body) => void socket.emit(name, body),
    onFrame: (listener) => void socket.onAny(listener),
    onEnd: (listener) => void socket.once('disconnect', listener),
    close: () => void socket.close(),
  };
}
