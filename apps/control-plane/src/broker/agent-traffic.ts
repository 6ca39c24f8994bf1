import { isDeepStrictEqual } from 'node:util';
import {
  createGuardedFetch,
  NetworkSecurityPolicy,
  type EgressAuditEvent,
  type GuardedFetch,
  type Resolve,
} from '@clawforce/policy-net';
import {
  WEB_MEDIA_TYPES,
  type ChatCompletionChunk,
  type ChatCompletionRequest,
  type WebFetchRequest,
} from '@clawforce/protocol';
import type { EffectiveAgentConfig, ProviderConfig } from '@clawforce/protocol/config';
import { webPolicy, type OwnEndpoint } from '../egress/web-policy.js';
import { BrokerError } from './broker-error.js';
import { anthropic } from './providers/anthropic.js';
import { openAiCompatible } from './providers/openai-compatible.js';
import type { Fetch, ProviderAdapter } from './providers/provider.js';
import { scripted } from './providers/scripted.js';

/** One agent's way to models and to the web under its present configuration. */
export interface AgentTraffic {
  /** Streams a completion of the provider that the model name chooses. @throws BrokerError, EgressDeniedError */
  complete(request: ChatCompletionRequest, signal: AbortSignal): AsyncIterable<ChatCompletionChunk>;
  /** Fetches a page under the agent's network policy. @throws EgressDeniedError, EgressLimitError */
  fetchPage(request: WebFetchRequest, signal: AbortSignal): Promise<Response>;
  /** Goes on under another configuration: what it no longer admits ends as revoked, the rest is not disturbed. */
  follow(config: EffectiveAgentConfig): void;
  /** Takes other endpoints of the control plane; requests that now lead to one end. */
  deny(ownEndpoints: readonly OwnEndpoint[]): void;
  /** Ends its connections. */
  close(): Promise<void>;
}

/** What {@link createAgentTraffic} takes. */
export interface AgentTrafficOptions {
  /** With secrets opened. */
  readonly config: EffectiveAgentConfig;
  readonly ownEndpoints: readonly OwnEndpoint[];
  readonly resolve: Readonly<Record<'web' | 'provider', Resolve>>;
  readonly onEgress: (purpose: 'web' | 'provider', event: EgressAuditEvent) => void;
}

const WEB_LIMITS = {
  totalMs: 30_000,
  idleMs: 15_000,
  maxBytes: 5 * 1024 * 1024,
  maxDecodedBytes: 10 * 1024 * 1024,
};
// A reasoning model may be silent for minutes before its first token.
const MODEL_LIMITS = {
  totalMs: 900_000,
  headersMs: 300_000,
  idleMs: 300_000,
  maxBytes: 64 * 1024 * 1024,
  maxDecodedBytes: 64 * 1024 * 1024,
};
/** Under it a client reaches nothing: no name is `invalid` (RFC 6761 section 6.4). */
const NOTHING = new NetworkSecurityPolicy({ allowlist: ['nothing.invalid'] });
const DEFAULT_BASES: Readonly<Record<string, string>> = {
  openai_compatible: 'https://api.openai.com/v1',
  anthropic: 'https://api.anthropic.com',
};

/** Gives an agent's way to models and to the web. */
export function createAgentTraffic(options: AgentTrafficOptions): AgentTraffic {
  let { config } = options;
  let own = options.ownEndpoints;
  const clients = new Map<string, GuardedFetch>();
  const adapters = new Map<string, ProviderAdapter>();
  const web = createGuardedFetch(webPolicy(config, own), {
    limits: WEB_LIMITS,
    resolve: options.resolve.web,
    onAudit: (event) => options.onEgress('web', event),
  });

  const client = (apiBase: string): Fetch => {
    let guarded = clients.get(apiBase);
    if (!guarded) {
      guarded = createGuardedFetch(providerPolicy(apiBase, own), {
        limits: MODEL_LIMITS,
        resolve: options.resolve.provider,
        onAudit: (event) => options.onEgress('provider', event),
      });
      clients.set(apiBase, guarded);
    }
    return guarded;
  };

  const bases = (): ReadonlySet<string> => new Set(Object.values(config.providers).map(apiBaseOf));
  const judgeAnew = (): void => {
    web.update(webPolicy(config, own));
    const wanted = bases();
    for (const [apiBase, guarded] of clients)
      guarded.update(wanted.has(apiBase) ? providerPolicy(apiBase, own) : NOTHING);
  };

  return {
    async *complete(request, signal) {
      const slash = request.model.indexOf('/');
      const name = request.model.slice(0, slash);
      const provider =
        slash > 0 && Object.hasOwn(config.providers, name) ? config.providers[name] : undefined;
      if (!provider) {
        throw new BrokerError(
          'MODEL_UNKNOWN',
          'The agent has no provider of this name. Set agents.defaults.model to "<provider>/<model>".',
        );
      }
      const adapter = adapters.get(name) ?? createAdapter(provider, client);
      adapters.set(name, adapter);
      yield* adapter.complete({ request: { ...request, model: request.model.slice(slash + 1) }, signal });
    },
    fetchPage: ({ url }, signal) =>
      web(url, {
        signal,
        // web_fetch reads the beginning of a page and says so.
        partialBody: true,
        contentTypes: WEB_MEDIA_TYPES,
        headers: {
          accept: 'text/html,application/xhtml+xml,application/json,text/*;q=0.9,*/*;q=0.1',
          'user-agent': 'clawforce-web-fetch/0.1',
        },
      }),
    follow(next) {
      // Each holds the key and the script of its provider.
      for (const name of adapters.keys())
        if (!isDeepStrictEqual(config.providers[name], next.providers[name])) adapters.delete(name);
      config = next;
      judgeAnew();
    },
    deny(ownEndpoints) {
      own = ownEndpoints;
      judgeAnew();
    },
    async close() {
      await Promise.all([web, ...clients.values()].map((guarded) => guarded.close()));
    },
  };
}

function createAdapter(provider: ProviderConfig, client: (apiBase: string) => Fetch): ProviderAdapter {
  if (provider.kind === 'scripted') {
    if (provider.script === undefined)
      throw new BrokerError('PROVIDER_MISCONFIGURED', 'A scripted provider needs "script".');
    return scripted(provider.script);
  }
  const apiBase = apiBaseOf(provider);
  const settings = {
    apiBase,
    apiKey: provider.api_key,
    extraHeaders: provider.extra_headers ?? {},
    fetch: client(apiBase),
  };
  return provider.kind === 'anthropic' ? anthropic(settings) : openAiCompatible(settings);
}

const apiBaseOf = (provider: ProviderConfig): string =>
  provider.api_base ?? DEFAULT_BASES[provider.kind] ?? '';

/**
 * Gives the policy for the calls of one provider: its own host and port and nothing else. A base that is an address
 * literal or `localhost` is admitted even when private; that such a base may be configured is checked when it is saved.
 */
function providerPolicy(apiBase: string, ownEndpoints: readonly OwnEndpoint[]): NetworkSecurityPolicy {
  const { hostname, port: portText, protocol } = new URL(apiBase);
  const port = portText === '' ? (protocol === 'https:' ? 443 : 80) : Number(portText);
  return new NetworkSecurityPolicy({
    allowlist: [`${hostname}:${port}`],
    ports: [port],
    exceptions: privateAddresses(hostname).map((address) => ({ address, port })),
    denyOwnInterfaces: { endpoints: ownEndpoints },
  });
}

/** Addresses that a base of this host may lead to although they are private. */
function privateAddresses(hostname: string): readonly string[] {
  // RFC 6761 section 6.3: localhost is loopback, in both families.
  if (hostname === 'localhost') return ['127.0.0.1', '::1'];
  const isLiteral = /^[0-9.]+$/.test(hostname) || hostname.startsWith('[');
  return isLiteral ? [hostname.replace(/^\[|\]$/g, '')] : [];
}
