import { performance } from 'node:perf_hooks';
import type { Decision } from '@clawforce/policy-core';
import { EgressDeniedError, EgressLimitError, type EgressLimitName } from '../errors.js';
import type { NetworkSecurityPolicy } from '../policy.js';
import type { NetRule } from '../rules.js';
import { namedPlace, redactUrl } from '../url/redact-url.js';
import { deny, toDecision } from '../verdict.js';
import type { EgressAuditEvent, EgressVerdict } from './audit.js';
import type { ConnectionSlot } from './connector.js';
import { connectionOf, type Connection } from './open-connection.js';
import { judgeCodings } from './content-codings.js';
import type { DeadlineClock, Timed } from './deadline.js';
import { RATIO_FLOOR, type FetchLimits } from './limits.js';
import { asRedirect } from './redirects.js';

type Writable<T> = { -readonly [Name in keyof T]: T[Name] };

/** The response head, as far as a hop looks at it. Names are lower case. */
export interface ResponseHead {
  readonly status: number;
  readonly count: number;
  readonly header: (name: string) => string | undefined;
  /** The length of the body as the head has it; 0 where it does not say, `NaN` for what is no number. */
  readonly length: () => number;
}

/** What the hops of one client share. */
export interface HopClient {
  readonly policy: () => NetworkSecurityPolicy;
  /** Looks at the deadlines of all hops that run. */
  readonly clock: DeadlineClock<Hop>;
  /** Takes the audit event of a hop; `undefined` when nobody wants it. */
  readonly emit: ((event: EgressAuditEvent) => void) | undefined;
}

/** What a hop needs to know about its call. */
export interface HopSettings {
  readonly index: number;
  readonly method: string;
  /** The URL as given; judged before anything is opened. */
  readonly url: string;
  readonly limits: FetchLimits;
  /** Whether the caller gets decoded bytes, so that the body ends when it is decoded. */
  readonly decodes: boolean;
  /** Whether the caller reads only the beginning of a body, so that its announced length says nothing. */
  readonly partial?: boolean;
  /** Ends the call with an error. */
  readonly abort: (error: Error) => void;
  /** Called once, when the hop is over. */
  readonly ended?: (hop: Hop) => void;
}

/**
 * One request on the wire, from judgement to the last byte: watches limits and deadlines, knows its connection, and
 * emits exactly one audit event.
 */
export class Hop implements Timed {
  readonly settings: HopSettings;
  readonly #client: HopClient;
  /** The connection slot of the undici client that carries the request; set when it is dispatched there. */
  #slot: ConnectionSlot | undefined;
  /** Why the hop was ended from inside; what undici reports afterwards is only the echo. */
  failure: Error | undefined;
  #networkError: Error | undefined;
  #connection: Connection | undefined;
  #rule = 'net.allow';
  #status: number | undefined;
  #wire = 0;
  #sent = 0;
  #decoded = 0;
  #interim = 0;
  #coded = false;
  #accepted = false;
  #wireDone = false;
  #ended = false;
  /** Until when the server may be silent. */
  #due = Infinity;
  place = -1;
  #awaited: 'headersMs' | 'idleMs' = 'headersMs';
  #judgedBy: NetworkSecurityPolicy | undefined;
  /** The URL as it may be shown. */
  #shown: string | undefined;
  #abortWire: ((error: Error) => void) | undefined;
  readonly #start = performance.now();

  constructor(client: HopClient, settings: HopSettings) {
    this.#client = client;
    this.settings = settings;
    client.clock.watch(this);
  }

  get due(): number {
    return this.#due;
  }

  /** The server was silent for too long. */
  pass(): void {
    const what = this.#awaited === 'headersMs' ? 'response' : 'data';
    this.exceed(this.#awaited, `No ${what} within ${this.settings.limits[this.#awaited]} ms.`);
  }

  /** Whether the body is content-coded, so that its end is known only after decoding. */
  get coded(): boolean {
    return this.#coded;
  }

  /** Judges the URL of the hop. @throws EgressDeniedError */
  judge(): void {
    const policy = this.#client.policy();
    const decision = policy.checkUrl(this.settings.url);
    this.#judgedBy = policy;
    this.#shown = decision.input;
    if (decision.effect !== 'allow') throw this.refuse(decision);
    this.#rule = decision.rule;
  }

  /** Ends the hop with a refusal and gives the error to throw. */
  refuse(decision: Decision): EgressDeniedError {
    const error = new EgressDeniedError(
      this.settings.index > 0 ? asRedirect(decision, this.#client.policy().digest) : decision,
    );
    this.fail(error);
    return error;
  }

  /** Ends the hop with a refusal by one rule and gives the error to throw. */
  refuseBy(rule: NetRule, reason: string): EgressDeniedError {
    const decision = toDecision(
      deny(rule, reason),
      this.#shown ?? redactUrl(this.settings.url),
      this.#client.policy().digest,
    );
    const error = new EgressDeniedError(decision);
    this.fail(error);
    return error;
  }

  /** Ends the hop at a limit and gives the error to throw. */
  exceed(limit: EgressLimitName, message: string): EgressLimitError {
    const error = new EgressLimitError(limit, message);
    this.fail(error);
    return error;
  }

  /** Ends the hop and the call with an error. The first error wins. */
  fail(error: Error): void {
    if (this.#ended) return;
    this.failure ??= error;
    this.end();
    // The call first: what fetch rejects with is then the error itself, not a wrapper.
    this.settings.abort(error);
    this.#abortWire?.(error);
  }

  /** The client has nothing more against the response: from here on its end is the end of the hop. */
  accept(): void {
    this.#accepted = true;
    if (this.#wireDone && !this.#coded) this.end();
  }

  /** Whether the running hop would be admitted by another policy. */
  fits(policy: NetworkSecurityPolicy): boolean {
    if (policy.checkUrl(this.settings.url).effect !== 'allow') return false;
    const { host, port, chosen } = this.#connection ?? {};
    if (host === undefined || port === undefined || chosen === undefined) return true;
    return policy.checkEndpoint({ host, port, address: chosen }).effect === 'allow';
  }

  /** The request is handed to the client that has this slot. */
  enter(slot: ConnectionSlot): void {
    this.#slot = slot;
    if (!this.#ended) slot.wanted += 1;
  }

  /** The request is about to be written to a connection, new or reused. */
  started(abort: (error: Error) => void): void {
    this.#abortWire = abort;
    if (this.#ended) {
      abort(this.failure ?? new Error('the request is over'));
      return;
    }
    this.#connection = this.#slot?.current;
    this.#rule = this.#connection?.rule ?? this.#rule;
    // What this very policy has judged, URL and address, need not be judged again on a reused connection.
    const policy = this.#client.policy();
    const judged = this.#judgedBy === policy && this.#connection?.judgedBy === policy;
    if (!judged && !this.fits(policy)) {
      this.refuseBy('net.policy.revoked', 'The policy changed and no longer admits this connection.');
      return;
    }
    this.#await('headersMs');
  }

  /** A piece of the request body was written. */
  sent(bytes: number): void {
    this.#sent += bytes;
    if (!this.#ended && this.#status === undefined) {
      this.#await('headersMs');
    }
  }

  /** A response head arrived, interim or final. Gives whether the hop goes on. */
  head(head: ResponseHead): boolean {
    if (this.#ended) return false;
    const { limits } = this.settings;
    if (head.count > limits.maxHeaders) {
      this.exceed(
        'maxHeaders',
        `The response has ${head.count} header fields, more than ${limits.maxHeaders}.`,
      );
      return false;
    }
    if (head.status < 200) {
      this.#interim += 1;
      if (this.#interim > limits.maxInterim) {
        this.exceed('maxInterim', `More than ${limits.maxInterim} interim responses.`);
      }
      return !this.#ended;
    }
    this.#status = head.status;
    if (this.settings.method !== 'HEAD' && !this.#admitsBody(head)) return false;
    this.#await('idleMs');
    return true;
  }

  /** A piece of the response body arrived. Gives whether the hop goes on. */
  received(bytes: number): boolean {
    if (this.#ended) return false;
    this.#wire += bytes;
    if (this.#wire > this.settings.limits.maxBytes) {
      this.exceed('maxBytes', `The body is longer than ${this.settings.limits.maxBytes} bytes.`);
      return false;
    }
    this.#await('idleMs');
    return true;
  }

  /** A piece of the body came out of one of its codings. Gives whether the hop goes on. */
  decoded(bytes: number): boolean {
    this.#decoded += bytes;
    const { maxDecodedBytes, maxRatio } = this.settings.limits;
    if (this.#decoded > maxDecodedBytes) {
      this.exceed('maxDecodedBytes', `The decoded body is longer than ${maxDecodedBytes} bytes.`);
    } else if (this.#decoded > RATIO_FLOOR && this.#decoded > this.#wire * maxRatio) {
      this.exceed('maxRatio', `The body grows more than ${maxRatio} times in decoding.`);
    }
    return !this.#ended;
  }

  /** The consumer asks for no more for now: silence is its own doing, not the server's. `goOn` parses on all the same. */
  paused(goOn: () => void): void {
    this.#due = Infinity;
    this.stopped(goOn);
  }

  /** The parser is stopped until `goOn` is called, or `undefined`: it is not. */
  stopped(goOn: (() => void) | undefined): void {
    if (this.#slot !== undefined) this.#slot.goOn = goOn;
  }

  /** The consumer asks for more. */
  resumed(): void {
    this.stopped(undefined);
    if (!this.#ended && this.#status !== undefined) this.#await('idleMs');
  }

  /** The last byte arrived on the wire. */
  complete(): void {
    this.stopped(undefined);
    this.#due = Infinity;
    this.#wireDone = true;
    if (this.#accepted && !this.#coded) this.end();
  }

  /** undici reports that the request ended early. Gives what the caller is to be told. */
  interrupted(error: Error): Error {
    // A consumer that cancels an accepted body is done with it; that is no failure.
    if (this.#accepted && this.failure === undefined && error.name === 'AbortError') this.end();
    else this.translate(error);
    return this.failure ?? error;
  }

  /** Gives what to throw for an error that came out of undici, and ends the hop with it. */
  translate(error: unknown): unknown {
    if (this.failure !== undefined) return this.failure;
    const cause = causeOf(error);
    this.#connection ??= connectionOf(cause);
    if (cause instanceof EgressDeniedError) return this.refuse(cause.decision);
    this.failure = limitOf(cause);
    if (this.failure === undefined)
      this.#networkError ??= cause instanceof Error ? cause : new Error('failed');
    this.end();
    return this.failure ?? error;
  }

  /** Ends the hop: stops its timers and emits its audit event, once. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#due = Infinity;
    const { clock, emit } = this.#client;
    clock.forget(this);
    if (this.#slot !== undefined) this.#slot.wanted -= 1;
    this.settings.ended?.(this);
    emit?.(this.#event());
  }

  #await(limit: 'headersMs' | 'idleMs'): void {
    this.#awaited = limit;
    this.#due = performance.now() + this.settings.limits[limit];
    this.#client.clock.notLaterThan(this.#due);
  }

  #event(): EgressAuditEvent {
    const { index, method, url } = this.settings;
    const failure = this.failure ?? this.#networkError;
    const connection = this.#connection;
    const denied = failure instanceof EgressDeniedError ? failure.decision : undefined;
    const status = this.#status;
    const place = connection ?? hostOf(url);
    const event: Writable<EgressAuditEvent> = {
      hop: index,
      method,
      url: this.#shown ?? redactUrl(url),
      host: place.host,
      port: place.port,
      resolved: connection?.resolved ?? [],
      chosen: connection?.chosen ?? null,
      verdict: verdictOf(failure),
      rule: denied?.rule ?? this.#rule,
      bytes: this.#wire,
      bytesOut: this.#sent,
      ms: Math.round(performance.now() - this.#start),
    };
    // A copy by spreading would cost more than all the rest of the event.
    if (status !== undefined) event.status = status;
    if (denied !== undefined) event.decision = denied;
    else if (failure !== undefined) event.error = shortCode(failure);
    return Object.freeze(event);
  }

  #admitsBody(head: ResponseHead): boolean {
    const { maxBytes, maxCodings } = this.settings.limits;
    const length = head.length();
    if (length > maxBytes && this.settings.partial !== true) {
      this.exceed('maxBytes', `The body of ${length} bytes is longer than ${maxBytes} bytes.`);
      return false;
    }
    if (!this.settings.decodes) return true;
    const codings = judgeCodings(head.header('content-encoding'), maxCodings);
    if (codings === 'too many') this.exceed('maxCodings', `More than ${maxCodings} content codings.`);
    if (codings === 'unknown')
      this.refuseBy('net.response.coding', 'The body has an unknown content coding.');
    this.#coded = codings === 'coded';
    return this.#coded || codings === 'plain';
  }
}

function causeOf(error: unknown): unknown {
  // fetch wraps what went wrong as TypeError('fetch failed', { cause }).
  return error instanceof TypeError && error.cause !== undefined ? error.cause : error;
}

function limitOf(cause: unknown): EgressLimitError | undefined {
  if (cause instanceof EgressLimitError) return cause;
  return (cause as { code?: unknown } | null | undefined)?.code === 'UND_ERR_HEADERS_OVERFLOW'
    ? new EgressLimitError('maxHeaderBytes', 'The response head is too long.')
    : undefined;
}

function verdictOf(failure: Error | undefined): EgressVerdict {
  if (failure === undefined) return 'allow';
  if (failure instanceof EgressDeniedError) return 'deny';
  return failure instanceof EgressLimitError ? 'limit' : 'error';
}

function shortCode(failure: Error): string {
  if (failure instanceof EgressLimitError) return failure.limit;
  const { code } = failure as { code?: unknown };
  return typeof code === 'string' ? code : failure.name;
}

function hostOf(url: string): { host: string; port: number } {
  try {
    const { hostname, port, protocol } = new URL(url);
    return { host: hostname, port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port) };
  } catch {
    return namedPlace(redactUrl(url));
  }
}
