import type { IncomingMessage } from 'node:http';
import type { Decision } from '@clawforce/policy-core';
import { startTimer } from '../client/limits.js';
import type { NetworkSecurityPolicy } from '../policy.js';
import type { NetRule } from '../rules.js';
import { deny, toDecision, type Verdict } from '../verdict.js';
import { readBasic } from './agent-credentials.js';
import { headerValues } from './forward-headers.js';
import { MinuteLimit } from './minute-limit.js';
import type { ProxyHop } from './proxy-hop.js';
import type { EgressProxyOptions, ListenTarget, ProxyClient, ProxyLimits } from './proxy-options.js';
import type { ProxyTarget } from './proxy-target.js';

/** Gives a refusal that no policy spoke. */
export function proxyRefusal(rule: NetRule, reason: string, input = ''): Decision {
  return toDecision(deny(rule, reason), input, '');
}

/** Judges requests before anything is looked up: who asks, for what, under which policy, beside how many others. */
export class ProxyGate {
  /** The name of this proxy in Via. */
  readonly pseudonym: string;
  readonly #options: Pick<EgressProxyOptions, 'identify' | 'policyFor'>;
  readonly #limits: ProxyLimits;
  readonly #failures: MinuteLimit;
  readonly #requests: MinuteLimit;
  /** Credentials that are being looked at, by the key under which their failures count. */
  readonly #attempts = new Map<string, Set<Promise<unknown>>>();
  readonly #open = new Map<string, Set<ProxyHop>>();

  constructor(
    options: Pick<EgressProxyOptions, 'identify' | 'policyFor'>,
    limits: ProxyLimits,
    pseudonym: string,
  ) {
    this.#options = options;
    this.#limits = limits;
    this.#failures = new MinuteLimit(limits.maxAuthFailures);
    this.#requests = new MinuteLimit(limits.maxRequests);
    this.pseudonym = pseudonym;
  }

  /** Gives the policy in force for an agent; none when there is none or `policyFor` throws. */
  policyOf(agent: string): NetworkSecurityPolicy | undefined {
    try {
      // What JavaScript callers give for none may be null.
      return this.#options.policyFor(agent) ?? undefined;
    } catch {
      return undefined;
    }
  }

  /**
   * Fills the hop in and gives the refusal, or `undefined` when the request may be looked up and dialled. With `agent`, who
   * asks is known already.
   */
  async admit(
    hop: ProxyHop,
    request: IncomingMessage,
    listener: ListenTarget,
    target: ProxyTarget | Verdict,
    agent?: string,
  ): Promise<Decision | undefined> {
    const { rawHeaders } = request;
    if (agent !== undefined) hop.agent = agent;
    const stranger = agent === undefined ? await this.#whoIs(hop, request, listener) : undefined;
    if (hop.ended) return undefined;
    if (stranger !== undefined) return stranger;
    if (hop.agent === null) return proxyRefusal('net.proxy.credentials', 'Nobody was identified.');
    if (this.#requests.isPassed(hop.agent)) {
      return proxyRefusal('net.proxy.too-many-requests', 'The agent has made too many requests this minute.');
    }
    this.#requests.add(hop.agent);
    if (request.httpVersionMajor !== 1) {
      return proxyRefusal('net.proxy.malformed', 'This is no HTTP/1.1 request.');
    }
    if ('rule' in target) return toDecision(target, '', '');
    hop.target = target;
    const hosts = headerValues(rawHeaders, 'host').length;
    if (hosts > 1 || (hosts === 0 && hop.method !== 'CONNECT' && request.httpVersion === '1.1')) {
      return proxyRefusal('net.proxy.malformed', 'A request has exactly one Host header.');
    }
    if (headerValues(rawHeaders, 'via').some((via) => via.includes(this.pseudonym))) {
      return proxyRefusal('net.proxy.loop', 'The request has come through this proxy already.');
    }
    const policy = this.policyOf(hop.agent);
    if (policy === undefined) return noPolicy();
    const decision = hop.judge(policy);
    if (decision !== undefined && decision.effect !== 'allow') return decision;
    return this.#enter(hop, hop.agent);
  }

  /** Forgets a request that has ended. */
  leave(hop: ProxyHop): void {
    if (hop.agent === null) return;
    const open = this.#open.get(hop.agent);
    open?.delete(hop);
    if (open?.size === 0) this.#open.delete(hop.agent);
  }

  /** Ends what the policies in force no longer admit, of one agent or of all. */
  update(agent: string | undefined): void {
    for (const [name, hops] of this.#open) {
      if (agent !== undefined && name !== agent) continue;
      for (const hop of [...hops]) this.review(hop, name);
    }
  }

  /** Ends a request that the policy in force no longer admits. */
  review(hop: ProxyHop, agent: string): void {
    const policy = this.policyOf(agent);
    const decision = policy === undefined ? noPolicy() : hop.judge(policy);
    if (decision === undefined || decision.effect === 'allow') return;
    const verdict = deny(
      'net.policy.revoked',
      `The policy changed and no longer admits this. ${decision.reason}`,
    );
    hop.refuse(toDecision(verdict, decision.input, decision.policyDigest, decision.trace));
  }

  #enter(hop: ProxyHop, agent: string): Decision | undefined {
    const open = this.#open.get(agent) ?? new Set();
    if (open.size >= this.#limits.maxTunnels) {
      return proxyRefusal(
        'net.proxy.too-many-tunnels',
        `The agent has ${open.size} connections, as many as it may have.`,
      );
    }
    // A client that went away while it was being identified has nothing to leave later.
    if (!hop.ended) this.#open.set(agent, open.add(hop));
    return undefined;
  }

  async #whoIs(
    hop: ProxyHop,
    request: IncomingMessage,
    listener: ListenTarget,
  ): Promise<Decision | undefined> {
    // Whoever identifies may wait for others; a request is not held for ever.
    const timer = startTimer(this.#limits.connectMs, () => hop.passLimit('connectMs'));
    const stranger = await Promise.race([this.#identify(hop, request, listener), untilEnd(hop)]);
    clearTimeout(timer);
    return stranger;
  }

  async #ask(client: ProxyClient): Promise<unknown> {
    try {
      return await this.#options.identify(client);
    } catch {
      return undefined;
    }
  }

  async #identify(
    hop: ProxyHop,
    request: IncomingMessage,
    listener: ListenTarget,
  ): Promise<Decision | undefined> {
    const { remoteAddress } = request.socket;
    const credentials = readBasic(headerValues(request.rawHeaders, 'proxy-authorization'));
    const key = `${remoteAddress ?? listener.path ?? ''}|${credentials?.username ?? ''}`;
    // Waits while as many attempts are under way as may still fail: who asks all at once gets no more of them. Nothing is
    // awaited between the last look and the entry into the attempts, because one that ends wakes all who wait.
    while (credentials !== undefined) {
      const left = this.#failures.left(key);
      if (left <= 0 || hop.ended) {
        return proxyRefusal('net.proxy.too-many-failures', 'Too many wrong credentials within a minute.');
      }
      const under = this.#attempts.get(key);
      if (under === undefined || under.size < left) break;
      await Promise.race(under);
    }
    const asked = Promise.race([this.#ask({ listener, remoteAddress, credentials }), untilEnd(hop)]);
    const attempts = this.#attempts.get(key) ?? new Set();
    if (credentials !== undefined) this.#attempts.set(key, attempts.add(asked));
    const agent = await asked;
    attempts.delete(asked);
    if (attempts.size === 0 && this.#attempts.get(key) === attempts) this.#attempts.delete(key);
    // Whoever is gone has learned nothing.
    if (hop.ended) return undefined;
    if (typeof agent === 'string' && agent !== '') {
      hop.agent = agent;
      return undefined;
    }
    if (credentials !== undefined) this.#failures.add(key);
    return proxyRefusal('net.proxy.credentials', 'The proxy does not know for which agent this is.');
  }
}

function untilEnd({ signal }: ProxyHop): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}

function noPolicy(): Decision {
  return proxyRefusal('net.proxy.no-policy', 'There is no network policy for this agent.');
}
