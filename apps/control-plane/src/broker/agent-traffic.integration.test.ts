import { randomUUID } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import { EgressDeniedError, SystemResolver, type EgressAuditEvent } from '@clawforce/policy-net';
import { effectiveConfig, parseAgentConfig, type EffectiveAgentConfig } from '@clawforce/protocol/config';
import { afterEach, describe, expect, it } from 'vitest';
import { startDemoOrigin } from '../demo/demo-origin.js';
import type { OwnEndpoint } from '../egress/web-policy.js';
import { createAgentTraffic, type AgentTraffic } from './agent-traffic.js';
import { toBrokerError } from './broker-error.js';
import { httpOrigin, sendEvents, type HttpOrigin } from './testing/http-origin.js';
import { chatRequest } from './testing/provider-call.js';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

async function origin(handle: Parameters<typeof httpOrigin>[0]): Promise<HttpOrigin> {
  const opened = await httpOrigin(handle);
  closers.push(() => opened.close());
  return opened;
}

const resolver = new SystemResolver();
const audit: { purpose: string; event: EgressAuditEvent }[] = [];
function trafficOf(config: unknown, ownEndpoints: readonly OwnEndpoint[] = []): AgentTraffic {
  const parsed = parseAgentConfig(config);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  audit.length = 0;
  const traffic = createAgentTraffic({
    config: effectiveConfig(parsed.config),
    ownEndpoints,
    resolve: { web: resolver.for('web'), provider: resolver.for('provider') },
    onEgress: (purpose, event) => audit.push({ purpose, event }),
  });
  closers.push(() => traffic.close());
  return traffic;
}

const signal = new AbortController().signal;
async function ruleOf(traffic: AgentTraffic, url: string): Promise<string> {
  try {
    await (await traffic.fetchPage({ url }, signal)).text();
  } catch (error) {
    if (error instanceof EgressDeniedError) return error.decision.rule;
    throw error;
  }
  return 'allowed';
}
async function codeOf(traffic: AgentTraffic, model: string): Promise<string> {
  try {
    for await (const _chunk of traffic.complete(chatRequest({ model }), signal));
  } catch (error) {
    return toBrokerError(error).code;
  }
  return 'answered';
}

const exception = (port: number, address = '127.0.0.1'): unknown => ({
  tools: { web: { fetch: { exceptions: [{ address, port }] } } },
});
const hello = (answer: string): Parameters<typeof httpOrigin>[0] =>
  function (_request, response) {
    response.writeHead(200, { 'content-type': 'text/plain' }).end(answer);
  };
const completion: Parameters<typeof httpOrigin>[0] = (_request, response) =>
  sendEvents(response, [
    'data: {"choices":[{"delta":{"content":"hi"},"finish_reason":"stop"}]}\n\n',
    'data: [DONE]\n\n',
  ]);

describe("an agent's way to the web", () => {
  it('leads to a private service that an exception names, and the audit has the hop', async () => {
    const service = await origin(hello('private'));
    const traffic = trafficOf(exception(service.port));
    const page = await traffic.fetchPage({ url: `${service.url}/x` }, signal);
    expect(await page.text()).toBe('private');
    expect(audit).toMatchObject([
      { purpose: 'web', event: { verdict: 'allow', rule: 'net.exception.allow', port: service.port } },
    ]);
    expect(service.seen[0]!.headers['user-agent']).toMatch(/^clawforce-web-fetch/);
  });

  it('gives the beginning of a page that announces more than the cap', async () => {
    const long = Buffer.alloc(8 * 1024 * 1024, 'page ');
    const service = await origin((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain', 'content-length': long.length }).end(long);
    });
    const page = await trafficOf(exception(service.port)).fetchPage({ url: service.url }, signal);
    let size = 0;
    for await (const chunk of page.body as unknown as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      // As much as web_fetch asks for.
      if (size >= 4 * 1024 * 1024) break;
    }
    expect(size).toBeGreaterThanOrEqual(4 * 1024 * 1024);
    expect(audit).toMatchObject([{ event: { verdict: 'allow', status: 200 } }]);
  });

  it.each(['image/png', 'video/mp4', 'application/octet-stream', undefined])(
    'takes no %s: refused at its head, before the body',
    async (type) => {
      const service = await origin((_request, response) => {
        response.writeHead(200, type === undefined ? {} : { 'content-type': type });
        // A body that never ends: whoever waited for it would wait for ever.
        response.write(Buffer.alloc(1024 * 1024));
      });
      expect(await ruleOf(trafficOf(exception(service.port)), service.url)).toBe('net.response.content-type');
      await service.abandoned;
      expect(audit).toMatchObject([{ event: { verdict: 'deny', rule: 'net.response.content-type' } }]);
      // What came with the head in one read.
      expect(audit[0]?.event.bytes).toBeLessThan(128 * 1024);
    },
  );

  it.each([
    ...['text/html; charset=utf-8', 'text/csv', 'application/json', 'application/ld+json', 'application/xml'],
    ...['application/xhtml+xml', 'application/yaml', 'application/x-ndjson', 'application/javascript'],
  ])('takes %s', async (type) => {
    const service = await origin((_request, response) => {
      response.writeHead(200, { 'content-type': type }).end('text');
    });
    expect(await ruleOf(trafficOf(exception(service.port)), service.url)).toBe('allowed');
  });

  it('does not lead to a private service without one', async () => {
    const service = await origin(hello('private'));
    expect(await ruleOf(trafficOf({}), service.url)).not.toBe('allowed');
    expect(service.seen).toEqual([]);
  });

  it('is narrowed by an allowlist', async () => {
    const traffic = trafficOf({ tools: { web: { fetch: { allowlist: ['docs.example.com'] } } } });
    expect(await ruleOf(traffic, 'https://www.example.org/')).toBe('net.allowlist.not-listed');
  });
});

describe('a change of the configuration', () => {
  const both = (service: number, model: string): object => ({
    tools: { web: { fetch: { exceptions: [{ address: '127.0.0.1', port: service }] } } },
    providers: { p: { kind: 'openai_compatible', api_base: model, api_key: randomUUID() } },
  });
  const parsed = (config: unknown): EffectiveAgentConfig => {
    const outcome = parseAgentConfig(config);
    if (!outcome.ok) throw new Error(JSON.stringify(outcome.issues));
    return effectiveConfig(outcome.config);
  };
  /** A page and a completion that have begun, and go on when they are told to. */
  async function begun() {
    let goOn = (): void => undefined;
    const told = new Promise<void>((resolve) => (goOn = resolve));
    const pages = await origin(async (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' }).write('the first half, ');
      await told;
      response.end('the second');
    });
    const models = await origin(async (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: {"choices":[{"delta":{"content":"hi"}}]}\n\n');
      await told;
      response.end('data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n');
    });
    const config = both(pages.port, models.url);
    const traffic = trafficOf(config);
    const page = await traffic.fetchPage({ url: pages.url }, signal);
    const chunks = traffic.complete(chatRequest({ model: 'p/m' }), signal)[Symbol.asyncIterator]();
    await chunks.next();
    const model = async (): Promise<string> => {
      try {
        for (;;) if ((await chunks.next()).done === true) return 'answered';
      } catch (error) {
        return toBrokerError(error).code;
      }
    };
    return { config, traffic, page, model, goOn };
  }
  const rules = (purpose: string): string[] =>
    audit.filter((one) => one.purpose === purpose).map(({ event }) => event.rule);

  it('that concerns neither disturbs no page and no stream that is running', async () => {
    const { config, traffic, page, model, goOn } = await begun();
    traffic.follow(parsed({ ...config, agents: { defaults: { max_tool_iterations: 7 } } }));
    goOn();
    expect(await page.text()).toBe('the first half, the second');
    expect(await model()).toBe('answered');
    expect([rules('web'), rules('provider')]).toEqual([['net.exception.allow'], ['net.exception.allow']]);
  });

  it('that takes an exception and a provider away ends both, and the audit says revoked', async () => {
    const { traffic, page, model } = await begun();
    traffic.follow(parsed({}));
    await expect(page.text()).rejects.toMatchObject({ code: 'EGRESS_REVOKED' });
    expect(await model()).toBe('POLICY_DENIED');
    expect([rules('web'), rules('provider')]).toEqual([['net.policy.revoked'], ['net.policy.revoked']]);
    expect(await codeOf(traffic, 'p/m')).toBe('MODEL_UNKNOWN');
  });

  it('of a key is in force for the next completion, also after the provider was away', async () => {
    const { config, traffic, goOn } = await begun();
    goOn();
    traffic.follow(parsed({}));
    const again = {
      ...config,
      ...both(1, (config as { providers: { p: { api_base: string } } }).providers.p.api_base),
    };
    traffic.follow(parsed(again));
    expect(await codeOf(traffic, 'p/m')).toBe('answered');
  });
});

describe('the control plane itself', () => {
  const unsafe = (port: number): unknown => ({
    tools: {
      ssrf_protection: false,
      web: {
        fetch: {
          allowlist: ['127.0.0.1', 'localhost', '*.example.com'],
          exceptions: [{ address: '127.0.0.1', port }],
        },
      },
    },
  });
  const ownAddress = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4')?.address;

  it('is refused with an exception for it and with every protection off, at every address of the host', async () => {
    const api = await origin(hello('the API'));
    const traffic = trafficOf(unsafe(api.port), [{ port: api.port }]);
    const hosts = ['127.0.0.1', 'localhost', '[::1]', '127.0.0.2', ...(ownAddress ? [ownAddress] : [])];
    for (const host of hosts) {
      expect(await ruleOf(traffic, `http://${host}:${api.port}/api/agents`), host).not.toBe('allowed');
    }
    expect(api.seen).toEqual([]);
  });

  it('is refused at a public URL that names it', async () => {
    const traffic = trafficOf({ tools: { ssrf_protection: false } }, [
      { host: 'claw.example.com', port: 443 },
      { address: '203.0.113.9', port: 5432 },
    ]);
    expect(await ruleOf(traffic, 'https://claw.example.com/api/agents')).toBe('net.endpoint.denied');
    expect(await ruleOf(traffic, 'http://203.0.113.9:5432/')).toMatch(/^net\.(endpoint|address|port)/);
  });

  it("is refused behind a redirect: the demo's last attack", async () => {
    const api = await origin(hello('the API'));
    const demo = await startDemoOrigin(api.url, undefined);
    closers.push(() => demo.close());
    const traffic = trafficOf(exception(demo.port), [{ port: api.port }]);
    expect(await ruleOf(traffic, demo.url)).toBe('allowed');
    expect(await ruleOf(traffic, `${demo.url}/redirect`)).toMatch(/^net\.redirect\./);
    // The worst that an operator can configure does not open the way either.
    const worst = trafficOf(
      {
        tools: {
          ssrf_protection: false,
          web: {
            fetch: { exceptions: [demo.port, api.port].map((port) => ({ address: '127.0.0.1', port })) },
          },
        },
      },
      [{ port: api.port }],
    );
    expect(await ruleOf(worst, `${demo.url}/redirect`)).toMatch(/^net\.redirect\./);
    expect(api.seen).toEqual([]);
  });

  it('is refused as the api_base of a provider', async () => {
    const api = await origin(completion);
    for (const host of ['127.0.0.1', 'localhost']) {
      const base = `http://${host}:${api.port}/v1`;
      const traffic = trafficOf({ providers: { p: { kind: 'openai_compatible', api_base: base } } }, [
        { port: api.port },
      ]);
      expect(await codeOf(traffic, 'p/m'), host).toBe('POLICY_DENIED');
    }
    expect(api.seen).toEqual([]);
  });
});

describe('metadata services', () => {
  it.each([
    'http://169.254.169.254/latest/meta-data/',
    'http://metadata.google.internal/computeMetadata/v1/',
    'http://[fd00:ec2::254]/latest/meta-data/',
    'http://168.63.129.16/machine',
    'http://100.100.100.200/latest/meta-data/',
  ])('are refused with every protection off: %s', async (url) => {
    const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
    const exceptions = /[a-z]{3}/.test(host) ? [] : [{ address: host, port: 80 }];
    const traffic = trafficOf({ tools: { ssrf_protection: false, web: { fetch: { exceptions } } } });
    expect(await ruleOf(traffic, url)).toMatch(/metadata/);
  });
});

describe("a provider's api_base", () => {
  const provider = (base: string, extra: object = {}): unknown => ({
    providers: { p: { kind: 'openai_compatible', api_base: base, ...extra } },
  });

  it.each(['127.0.0.1', 'localhost'])('may be a service of this host: %s', async (host) => {
    const service = await origin(completion);
    const traffic = trafficOf(provider(`http://${host}:${service.port}/v1`));
    expect(await codeOf(traffic, 'p/org/model:7b')).toBe('answered');
    expect(JSON.parse(service.seen[0]!.body)).toMatchObject({ model: 'org/model:7b' });
    expect(audit[0]).toMatchObject({ purpose: 'provider' });
  });

  it('admits that service to this provider alone: web_fetch and other providers do not reach it', async () => {
    const service = await origin(completion);
    const other = await origin((_request, response) => {
      response.writeHead(307, { location: `${service.url}/v1/chat/completions` }).end();
    });
    const traffic = trafficOf({
      providers: {
        p: { kind: 'openai_compatible', api_base: `${service.url}/v1` },
        q: { kind: 'openai_compatible', api_base: `${other.url}/v1` },
      },
    });
    expect(await ruleOf(traffic, service.url)).not.toBe('allowed');
    expect(await codeOf(traffic, 'q/m')).toBe('PROVIDER_MISCONFIGURED');
    expect(service.seen).toEqual([]);
    expect(await codeOf(traffic, 'p/m')).toBe('answered');
  });

  it('gets its own key and no other', async () => {
    const [first, second] = [await origin(completion), await origin(completion)];
    const [keyOne, keyTwo] = [randomUUID(), randomUUID()];
    const traffic = trafficOf({
      providers: {
        one: { kind: 'openai_compatible', api_base: first.url, api_key: keyOne },
        two: { kind: 'openai_compatible', api_base: second.url, api_key: keyTwo },
      },
    });
    await codeOf(traffic, 'one/m');
    await codeOf(traffic, 'two/m');
    expect(JSON.stringify(first.seen)).toContain(keyOne);
    expect(JSON.stringify(first.seen)).not.toContain(keyTwo);
    expect(JSON.stringify(second.seen)).not.toContain(keyOne);
  });
});

describe('the model name', () => {
  it.each(['nothing', '/model', 'missing/model', 'constructor/x', '__proto__/x', 'toString/x'])(
    'must begin with a provider of the agent: %s',
    async (model) => {
      expect(
        await codeOf(trafficOf({ providers: { p: { kind: 'scripted', script: 'turns: []' } } }), model),
      ).toBe('MODEL_UNKNOWN');
    },
  );

  it.each([
    ['scripted without a script', { kind: 'scripted' }],
    ['Anthropic without a key', { kind: 'anthropic' }],
  ])('of a provider that cannot work says so: %s', async (_title, settings) => {
    expect(await codeOf(trafficOf({ providers: { p: settings } }), 'p/m')).toBe('PROVIDER_MISCONFIGURED');
  });
});
