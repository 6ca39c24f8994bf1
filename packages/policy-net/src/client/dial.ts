import { connect, type OnReadOpts, type Socket } from 'node:net';
import type { Cancellation } from './cancellation.js';

/** What a custom `dial` gets: only judged addresses, in the order of the resolver. */
export interface DialTarget {
  readonly host: string;
  readonly port: number;
  /** The first of `addresses`. */
  readonly address: string;
  readonly addresses: readonly string[];
  /** Aborted when the connect deadline has passed. */
  readonly signal: AbortSignal;
}

/** Opens a TCP connection to one of the judged addresses. */
export type Dial = (target: DialTarget) => Promise<Socket> | Socket;

/** Bytes that may wait for a target before the writer is asked to stop. */
const WRITE_AHEAD = 256 * 1024;

/**
 * Gives a connection to the first judged address that answers, racing the families (RFC 8305). With `onread` it is
 * paused, and what comes goes there once it is resumed.
 */
export function dialJudged(
  { host, port, address, addresses }: Omit<DialTarget, 'signal'>,
  giving: Cancellation,
  onread?: OnReadOpts,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      ...(onread === undefined ? {} : { onread, writableHighWaterMark: WRITE_AHEAD }),
      host: addresses.length === 1 ? address : host,
      port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 60_000,
      autoSelectFamily: true,
      // Node asks for all addresses; it gets judged ones only and asks no resolver.
      lookup: (_host, _options, done) =>
        done(
          null,
          addresses.map((one) => ({ address: one, family: one.includes(':') ? 6 : 4 })),
        ),
    });
    if (onread !== undefined) socket.pause();
    const forget = giving.onCancel((reason) => void socket.destroy(reason));
    socket.once('connect', () => {
      forget();
      socket.removeListener('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}
