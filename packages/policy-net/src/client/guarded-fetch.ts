import type { Agent, Dispatcher } from 'undici';
import { EgressLimitError } from '../errors.js';
import { flagAt } from '../option-checks.js';
import { NetworkSecurityPolicy } from '../policy.js';
import { guardSink } from './audit.js';
import { DeadlineClock } from './deadline.js';
import { compileContentTypes, shownMediaType } from './content-type-gate.js';
import { checkFetchOptions, type GuardedFetchOptions } from './fetch-options.js';
import { createGuardedAgent } from './guarded-agent.js';
import { Exchange } from './exchange.js';
import { GuardedDispatcher } from './guarded-dispatcher.js';
import { Hop, type HopClient, type HopSettings } from './hop.js';
import { applyLimits, startTimer, type FetchLimits } from './limits.js';
import {
  judgeRedirect,
  nextRequest,
  redirectTarget,
  REDIRECT_STATUS,
  type RedirectRefusal,
} from './redirects.js';
import { readInput } from './request-input.js';
import { contentTypeOf, headerOf, toResponse } from './guarded-response.js';
import { readyBody } from './outgoing-body.js';
import { usualResolver } from './system-resolver.js';
import { wireHeaders } from './wire-headers.js';

/** What a guarded fetch takes besides what fetch takes. */
export interface GuardedRequestInit extends RequestInit {
  /** Bounds of this call, over those of the client. */
  readonly limits?: Partial<FetchLimits> | undefined;
  /** Media types that this response may have, instead of those of the client. */
  readonly contentTypes?: readonly string[] | undefined;
  /**
   * The caller reads the beginning of the body and cancels the rest: a `Content-Length` above `maxBytes` is then no
   * reason to refuse. Reading past `maxBytes` still is.
   */
  readonly partialBody?: boolean | undefined;
}

/** A fetch under a policy. Assignable to `typeof fetch`. */
export interface GuardedFetch {
  /**
   * Fetches as `fetch` does, streaming.
   *
   * @throws EgressDeniedError when policy refuses the URL, an address, a redirect or the response.
   * @throws EgressLimitError when a limit or deadline is passed, also while the body is read.
   */
  (input: string | URL | Request, init?: GuardedRequestInit): Promise<globalThis.Response>;
  /** Replaces the policy: idle connections are closed, running requests that no longer fit end with `EGRESS_REVOKED`. */
  update(policy: NetworkSecurityPolicy): void;
  /** Ends every connection; later calls are rejected. */
  close(): Promise<void>;
  /** An undici Dispatcher under the same policy, for `undici.request` and libraries that take one. */
  readonly dispatcher: Dispatcher;
  /** How many audit events `onAudit` failed to take. */
  readonly auditFailures: number;
}

/**
 * Gives a fetch that reaches only what `policy` admits: a fetch of our own (decision 0026) over undici's connection pool,
 * whose connector judges every address that it dials, with a redirect loop, caps and deadlines of its own. Proxy variables
 * of the environment are ignored.
 *
 * @throws TypeError naming the option that is unknown or malformed.
 */
export function createGuardedFetch(
  policy: NetworkSecurityPolicy,
  options: GuardedFetchOptions = {},
): GuardedFetch {
  if (!(policy instanceof NetworkSecurityPolicy)) {
    throw new TypeError('policy must be a NetworkSecurityPolicy');
  }
  const { limits, allowDowngrade, onAudit, admitsType: clientTypes, ...how } = checkFetchOptions(options);
  const sink = guardSink(onAudit);
  const running = new DeadlineClock<Hop>();
  const resolve = how.resolve ?? usualResolver.for(sink);
  let closed = false;
  let inForce = policy;
  const policyInForce = (): NetworkSecurityPolicy => inForce;
  const openAgent = (): Agent =>
    createGuardedAgent(
      {
        ...how,
        resolve,
        policy: policyInForce,
        connectMs: limits.connectMs,
        dnsMs: limits.dnsMs,
      },
      limits.maxHeaderBytes,
    );
  let agent = openAgent();

  const client: HopClient = {
    policy: policyInForce,
    clock: running,
    emit: sink.emit,
  };
  const beginHop = (settings: HopSettings): Hop => new Hop(client, settings);

  async function guardedFetch(
    input: string | URL | Request,
    init: GuardedRequestInit = {},
  ): Promise<globalThis.Response> {
    // Own members only: what somebody has put on Object.prototype loosens nothing.
    const ofCall = (name: 'limits' | 'contentTypes' | 'partialBody'): unknown =>
      Object.hasOwn(init, name) ? init[name] : undefined;
    const callLimits = applyLimits(limits, ofCall('limits') as GuardedRequestInit['limits']);
    const types = ofCall('contentTypes') as GuardedRequestInit['contentTypes'];
    const admitsType = types === undefined ? clientTypes : compileContentTypes(types);
    const partial = flagAt(ofCall('partialBody'), 'partialBody');
    let request = readInput(input, init as Readonly<Record<string, unknown>>);
    if (closed) throw new TypeError('this guarded fetch is closed');
    request.signal?.throwIfAborted();

    const { signal: callerSignal } = request;
    let hop: Hop | undefined;
    let final: Hop | undefined;
    let exchange: Exchange | undefined;
    let stopped: Error | undefined;
    const abort = (error: Error): void => exchange?.fail(error);
    const ended = (one: Hop): void => {
      if (one === final) endCall();
    };
    const endWith = (error: Error): void => {
      // Between two hops nothing is running; the next one then finds the call ended.
      stopped ??= error;
      hop?.fail(error);
    };
    const onAbort = (): void => {
      const reason: unknown = callerSignal?.reason;
      endWith(
        reason instanceof Error ? reason : new DOMException('This operation was aborted', 'AbortError'),
      );
    };
    const deadline = startTimer(callLimits.totalMs, () =>
      endWith(new EgressLimitError('totalMs', `The request took longer than ${callLimits.totalMs} ms.`)),
    );
    const endCall = (): void => {
      clearTimeout(deadline);
      callerSignal?.removeEventListener('abort', onAbort);
    };
    callerSignal?.addEventListener('abort', onAbort, { once: true });

    try {
      let refusal: RedirectRefusal | undefined;
      for (let index = 0; ; index += 1) {
        const { method, url: rawUrl } = request;
        if (stopped !== undefined) throw stopped;
        hop = beginHop({
          index,
          method,
          url: rawUrl,
          limits: callLimits,
          decodes: true,
          partial,
          abort,
          ended,
        });
        hop.judge();
        if (refusal !== undefined) throw hop.refuseBy(refusal.rule, refusal.reason);
        const url = withoutTrailingDot(new URL(rawUrl));
        const { body, type } = await readyBody(request.body);
        if (hop.failure !== undefined) throw hop.failure;
        exchange = new Exchange(hop, method);
        const response = await exchange.send(agent, {
          ...{ url, method, body },
          headers: wireHeaders(request.headers, type, url.protocol === 'https:'),
        });
        const header = (name: string): string | null => headerOf(response.headers, name);
        const location = header('location');
        if (request.redirect === 'manual' || location === null || !REDIRECT_STATUS.has(response.status)) {
          const mediaType = contentTypeOf(response.headers);
          if (response.body !== null && admitsType && !admitsType(mediaType)) {
            const what = `(status ${response.status}, ${shownMediaType(mediaType)})`;
            throw hop.refuseBy(
              'net.response.content-type',
              `The media type of the response ${what} is not admitted.`,
            );
          }
          final = hop;
          if (response.body === null) {
            hop.end();
            // A status without a body, followed by one all the same: no deadline runs any more.
            exchange.abandon();
          } else hop.accept();
          return toResponse(response, { url: url.href, redirected: index > 0 });
        }
        if (request.redirect === 'error') throw new TypeError('the redirect mode is "error"');
        if (index >= callLimits.maxRedirects) {
          throw hop.exceed('maxRedirects', `More than ${callLimits.maxRedirects} redirects.`);
        }
        hop.accept();
        await response.body?.cancel();
        hop.end();
        const target = redirectTarget(location, url);
        refusal = judgeRedirect(url, target, response.status, request, allowDowngrade);
        request = { ...request, ...nextRequest(response.status, request, url, target) };
      }
    } catch (error) {
      // Whatever ended the call is recorded: a hop that threw was not served.
      hop?.translate(error);
      exchange?.abandon();
      endCall();
      throw error;
    }
  }

  const dispatcher = new GuardedDispatcher({
    agent: () => agent,
    beginHop: (method, url) => beginHop({ index: 0, method, url, limits, decodes: false, abort: nothing }),
  });

  return Object.defineProperties(guardedFetch as unknown as GuardedFetch, {
    update: {
      value: (next: NetworkSecurityPolicy) => {
        if (!(next instanceof NetworkSecurityPolicy)) {
          throw new TypeError('policy must be a NetworkSecurityPolicy');
        }
        if (closed) return;
        const old = agent;
        inForce = next;
        agent = openAgent();
        for (const hop of [...running.watched]) {
          if (!hop.fits(next))
            hop.refuseBy('net.policy.revoked', 'The policy changed and no longer admits this request.');
        }
        void old.close();
      },
    },
    close: {
      value: async () => {
        closed = true;
        for (const hop of [...running.watched]) hop.fail(new TypeError('this guarded fetch is closed'));
        await agent.destroy();
      },
    },
    dispatcher: { value: dispatcher },
    auditFailures: { get: sink.failures },
  });
}

const nothing = (): void => undefined;

function withoutTrailingDot(url: URL): URL {
  if (url.hostname.endsWith('.')) url.hostname = url.hostname.slice(0, -1);
  return url;
}
