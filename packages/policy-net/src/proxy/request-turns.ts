import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Decision } from '@clawforce/policy-core';
import type { Verdict } from '../verdict.js';
import { headerValues } from './forward-headers.js';
import { proxyRefusal } from './proxy-gate.js';
import type { HopOutcome, ProxyHop } from './proxy-hop.js';
import type { ProxyTarget } from './proxy-target.js';

/** Requests that may wait on a connection behind the one that is served: memory stays bounded whatever is pipelined. */
const MAX_WAITING = 64;

/** Bytes of the body of a request that waits. Node stops reading at more of them, and then nobody sees the client leave. */
const MAX_WAITING_BODY = 64 * 1024;

const clientClosed: HopOutcome = { verdict: 'error', error: 'CLIENT_CLOSED' };

interface Turn {
  readonly hop: ProxyHop;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly target: ProxyTarget | Verdict;
  readonly start: () => void;
}

/**
 * Serves the requests of one client connection one after the other, and ends all of them with it. Node hands pipelined
 * requests over as they are read, and a response that is not due yet never learns that its connection is gone: a request
 * that was forwarded at once would be neither recorded nor counted out when the client leaves.
 */
export class RequestTurns {
  readonly #socket: Socket;
  readonly #waiting: Turn[] = [];
  #current: Turn | undefined;
  #last: IncomingMessage | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.once('close', () => this.#leave());
  }

  /** Whether the answer to a request is still due. */
  get busy(): boolean {
    return this.#current !== undefined;
  }

  /** Whether what is read now is still the body of a request that was taken before. */
  get inBody(): boolean {
    return this.#last?.complete === false;
  }

  /** Starts the request when the answers to those before it are out, and never when the connection ends first. */
  take(turn: Turn): void {
    this.#last = turn.request;
    if (this.#current === undefined) {
      this.#begin(turn);
      return;
    }
    // Whatever ends it before its turn, its event says what was asked for.
    const { target } = turn;
    if (!('rule' in target)) turn.hop.target = target;
    const refusal = this.#mayWait(turn.request);
    if (refusal === undefined) {
      this.#waiting.push(turn);
      return;
    }
    // Its answer would come before those that are due first.
    turn.hop.onStop = () => this.#socket.destroy();
    turn.hop.refuse(refusal);
  }

  #mayWait({ rawHeaders }: IncomingMessage): Decision | undefined {
    if (this.#waiting.length >= MAX_WAITING) {
      const reason = `More than ${MAX_WAITING} requests wait on one connection.`;
      return proxyRefusal('net.proxy.too-many-requests', reason);
    }
    const isLong = headerValues(rawHeaders, 'content-length').some(
      (value) => !(Number(value) <= MAX_WAITING_BODY),
    );
    if (!isLong && headerValues(rawHeaders, 'transfer-encoding').length === 0) return undefined;
    const reason =
      'A request with a long body, or one of unknown length, came before the answer to the last request.';
    return proxyRefusal('net.proxy.early-data', reason);
  }

  #begin(turn: Turn): void {
    this.#current = turn;
    turn.response.once('close', () => {
      if (turn.hop.ended) this.#next();
      else turn.hop.signal.addEventListener('abort', () => this.#next(), { once: true });
    });
    turn.start();
  }

  #next(): void {
    this.#current = undefined;
    // An answer that closes the connection is the last one.
    if (this.#socket.destroyed || !this.#socket.writable) return;
    const turn = this.#waiting.shift();
    if (turn === undefined) return;
    if (turn.hop.ended) this.#socket.destroy();
    else this.#begin(turn);
  }

  #leave(): void {
    const { hop, response } = this.#current ?? {};
    // An answer that is out in full is recorded as such by who sent it.
    if (response?.writableFinished !== true) hop?.end(clientClosed);
    for (const turn of this.#waiting.splice(0)) turn.hop.end(clientClosed);
  }
}
