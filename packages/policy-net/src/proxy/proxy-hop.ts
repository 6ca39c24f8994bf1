import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { Decision } from '@clawforce/policy-core';
import type { EgressVerdict } from '../client/audit.js';
import { connectionOf, type Connection } from '../client/open-connection.js';
import { EgressDeniedError, EgressLimitError } from '../errors.js';
import type { NetworkSecurityPolicy } from '../policy.js';
import { namedPlace, redactUrl } from '../url/redact-url.js';
import type { ProxyAuditEvent } from './proxy-options.js';
import type { ProxyTarget } from './proxy-target.js';
import { refusalAnswer, type ProxyAnswer } from './refusal.js';

/** Gives a count of what a target's socket carries from now on: what was said to an upstream proxy is not the target's. */
export function countTraffic(socket: Socket): () => { bytes: number; bytesOut: number } {
  // Bytes that the target has sent already wait in the socket.
  const read = socket.bytesRead - socket.readableLength;
  const written = socket.bytesWritten;
  return () => ({ bytes: socket.bytesRead - read, bytesOut: socket.bytesWritten - written });
}

/** How a request ended. */
export interface HopOutcome {
  readonly verdict: EgressVerdict;
  readonly rule?: string;
  readonly decision?: Decision;
  readonly error?: string;
}

/** One request to the proxy from its first byte to its end, which is recorded exactly once. */
export class ProxyHop {
  readonly method: string;
  /** The target as the client wrote it. */
  readonly #asked: string;
  /** `null` until somebody is identified. */
  agent: string | null = null;
  target: ProxyTarget | undefined;
  connection: Connection | undefined;
  /** Status of the forwarded response or of the answer. */
  status: number | undefined;
  /** Bytes from and to the target so far. */
  traffic: () => { bytes: number; bytesOut: number } = () => ({ bytes: 0, bytesOut: 0 });
  /** Takes the sockets down; the answer is for a client that has none yet. */
  onStop: (answer: ProxyAnswer) => void = () => undefined;
  readonly #start = performance.now();
  readonly #settle: (hop: ProxyHop, event: ProxyAuditEvent) => void;
  readonly #abort = new AbortController();
  #ended = false;

  constructor(method: string, asked: string, settle: (hop: ProxyHop, event: ProxyAuditEvent) => void) {
    this.method = method;
    this.#asked = asked;
    this.#settle = settle;
  }

  /** Aborted when the request ends, so that a dial under way stops. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Tells whether `policy` still admits the target and, once there is a socket, its address. */
  judge(policy: NetworkSecurityPolicy): Decision | undefined {
    if (this.target === undefined) return undefined;
    const { url, host, port } = this.target;
    const lexical = policy.checkUrl(url);
    const address = this.connection?.chosen;
    if (lexical.effect !== 'allow' || address === undefined) return lexical;
    return policy.checkEndpoint({ host, address, port });
  }

  /** Records the end; later calls change nothing. */
  end(outcome: HopOutcome): void {
    if (this.#ended) return;
    this.#ended = true;
    const { connection } = this;
    const place = this.#place();
    const { verdict, decision, error } = outcome;
    this.#settle(this, {
      hop: 0,
      agent: this.agent,
      method: this.method,
      ...place,
      resolved: connection?.resolved ?? [],
      chosen: connection?.chosen ?? null,
      verdict,
      rule: outcome.rule ?? decision?.rule ?? connection?.rule ?? 'net.allow',
      ...(decision === undefined ? {} : { decision }),
      ...(error === undefined ? {} : { error }),
      ...(this.status === undefined ? {} : { status: this.status }),
      ...this.traffic(),
      ms: performance.now() - this.#start,
    });
    this.#abort.abort(new Error('the request has ended'));
  }

  /** Refuses: records the decision, answers a client that waits, and takes the sockets down. */
  refuse(decision: Decision): void {
    this.#stop({ verdict: 'deny', decision }, refusalAnswer(decision));
  }

  /** Ends the request because of a limit. */
  passLimit(limit: string, status = 504): void {
    const line = `The limit ${limit} of the egress proxy was passed.`;
    this.#stop({ verdict: 'limit', error: limit }, { status, rule: limit, line });
  }

  /** Ends the request because of the network, or of what opening the connection threw. */
  fail(error: unknown): void {
    this.connection ??= connectionOf(error);
    if (error instanceof EgressDeniedError) {
      this.refuse(error.decision);
      return;
    }
    if (error instanceof EgressLimitError) {
      this.passLimit(error.limit);
      return;
    }
    const given: unknown = (error as { code?: unknown } | null | undefined)?.code;
    const code = typeof given === 'string' && /^[A-Z0-9_]{1,40}$/.test(given) ? given : 'EFAILED';
    const line = `The connection to ${this.target?.authority ?? 'the target'} failed (${code}).`;
    this.#stop({ verdict: 'error', error: code }, { status: 502, rule: code, line });
  }

  /** Where the request was to go, also when that is only what a malformed or unidentified one names. */
  #place(): Pick<ProxyAuditEvent, 'url' | 'host' | 'port'> {
    const { target, method } = this;
    const tunnel = method === 'CONNECT';
    if (target !== undefined) {
      const { host, port } = target;
      return { url: tunnel ? target.authority : redactUrl(target.url), host, port };
    }
    const shown = redactUrl(tunnel ? `https://${this.#asked}` : this.#asked);
    return { url: tunnel ? shown.slice('https://'.length) : shown, ...namedPlace(shown) };
  }

  #stop(outcome: HopOutcome, answer: ProxyAnswer): void {
    if (this.#ended) return;
    if (this.connection?.chosen === undefined) this.status = answer.status;
    this.end(outcome);
    this.onStop(answer);
  }
}
