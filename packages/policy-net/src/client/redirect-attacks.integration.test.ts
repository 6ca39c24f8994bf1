import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { EgressDeniedError, EgressLimitError } from '../errors.js';
import { dialTo, harness, origin, rejection, type Opened } from '../testing/harness.js';

let canary: Opened;
let canaryHits = 0;
let server: Opened;
let location = '';
let seen: { url: string; headers: Record<string, unknown>; method: string; body: string }[] = [];

beforeAll(async () => {
  canary = await origin((_request, response) => {
    canaryHits += 1;
    response.end('secret');
  });
  server = await origin((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      seen.push({ url: request.url ?? '', headers: request.headers, method: request.method ?? '', body });
      const [, status = '', next = ''] = /^\/r(\d{3})(?!\?)(.*)$/.exec(request.url ?? '') ?? [];
      if (status !== '')
        response.writeHead(Number(status), { location: next === '' ? location : next }).end();
      else response.end('fine');
    });
  });
});
afterAll(async () => {
  await canary.close();
  await server.close();
});
beforeEach(() => {
  canaryHits = 0;
  seen = [];
});

describe('a redirect cannot turn the client inward', () => {
  test.each([
    ['private literal', 302, () => `http://127.0.0.1:${canary.port}/`, 'net.redirect.address'],
    ['default-port private literal', 302, () => 'http://127.0.0.1/', 'net.redirect.address'],
    ['IPv4-mapped IPv6', 307, () => 'http://[::ffff:7f00:1]/', 'net.redirect.address'],
    ['decimal spelling', 307, () => 'http://2130706433/', 'net.redirect.host'],
    ['0.0.0.0', 308, () => 'http://0.0.0.0/', 'net.redirect.address'],
    ['private name', 302, () => 'http://inside.example.org/', 'net.redirect.address'],
    ['protocol-relative private literal', 302, () => '//127.0.0.1/', 'net.redirect.address'],
    ['backslashes', 302, () => '\\\\127.0.0.1\\', 'net.redirect.url'],
    ['backslash after slash', 302, () => '/\\127.0.0.1/', 'net.redirect.url'],
    ['metadata name', 303, () => 'http://metadata.google.internal/', 'net.redirect.name'],
    ['file', 302, () => 'file:///etc/passwd', 'net.redirect.url'],
    ['ftp', 302, () => 'ftp://example.com/', 'net.redirect.scheme'],
    ['data', 302, () => 'data:text/html,hi', 'net.redirect.url'],
    ['javascript', 302, () => 'javascript:alert(1)', 'net.redirect.url'],
    ['user information', 302, () => 'http://example.com@127.0.0.1/', 'net.redirect.url'],
    ['another port', 302, () => 'http://example.com:22/', 'net.redirect.port'],
  ])('to a %s', async (_what, status, target, rule) => {
    const { fetch, events } = harness({
      dial: dialTo(({ address }) => (address === '127.0.0.1' ? canary.port : server.port)),
      dns: { 'inside.example.org': ['127.0.0.1'] },
    });
    location = target();
    const error = await rejection(fetch(`http://example.com/r${status}`));
    expect(error).toBeInstanceOf(EgressDeniedError);
    expect(error).toMatchObject({ code: 'EGRESS_REDIRECT', decision: { effect: 'deny', rule } });
    expect(events.map(({ hop, verdict }) => [hop, verdict])).toEqual([
      [0, 'allow'],
      [1, 'deny'],
    ]);
    expect(events[1]?.rule).toBe(rule);
    expect(canaryHits).toBe(0);
    await fetch.close();
  });

  test('after two public hops', async () => {
    const { fetch, events } = harness({ dial: dialTo(server.port) });
    location = 'http://127.0.0.1/';
    const error = await rejection(fetch('http://example.com/r302/r302'));
    expect(error).toMatchObject({ decision: { rule: 'net.redirect.address' } });
    expect(events.map(({ verdict }) => verdict)).toEqual(['allow', 'allow', 'deny']);
    await fetch.close();
  });

  test('from https to http is refused', async () => {
    const { judgeRedirect } = await import('./redirects.js');
    const request = {
      url: '',
      method: 'GET',
      headers: [],
      body: undefined,
      signal: undefined,
      redirect: 'follow',
    } as const;
    const from = new URL('https://example.com/');
    expect(judgeRedirect(from, 'http://example.com/', 302, request, false)?.rule).toBe(
      'net.redirect.downgrade',
    );
    expect(judgeRedirect(from, 'http://example.com/', 302, request, true)).toBeUndefined();
  });
});

describe('the redirect loop', () => {
  test('follows relative targets and reports the last URL', async () => {
    const { fetch, events } = harness({ dial: dialTo(server.port) });
    const response = await fetch('http://example.com/r302/final?q=secret');
    expect(await response.text()).toBe('fine');
    expect(response.url).toBe('http://example.com/final?q=secret');
    expect(response.redirected).toBe(true);
    expect(events.map(({ url, status }) => [url, status])).toEqual([
      ['http://example.com/r302/final?…', 302],
      ['http://example.com/final?…', 200],
    ]);
    await fetch.close();
  });

  test.each([
    ['?y', 'http://example.com/r302?y'],
    ['final', 'http://example.com/final'],
    ['./a/../b', 'http://example.com/b'],
    ['../../up', 'http://example.com/up'],
    ['//two.example.com/x', 'http://two.example.com/x'],
  ])('resolves %s against the current hop, and judges the result', async (target, url) => {
    const { fetch, events, lookups } = harness({ dial: dialTo(server.port) });
    location = target;
    const response = await fetch('http://example.com/r302');
    expect([response.url, await response.text()]).toEqual([url, 'fine']);
    expect(events.map(({ host, verdict }) => [host, verdict])).toEqual([
      ['example.com', 'allow'],
      [new URL(url).host, 'allow'],
    ]);
    expect(lookups.at(-1)).toBe(new URL(url).host);
    await fetch.close();
  });

  test('stops after five redirects with a typed error', async () => {
    const { fetch, events } = harness({ dial: dialTo(server.port) });
    location = '/r302';
    const error = await rejection(fetch('http://example.com/r302'));
    expect(error).toBeInstanceOf(EgressLimitError);
    expect(error).toMatchObject({ limit: 'maxRedirects', code: 'EGRESS_LIMIT' });
    expect(seen).toHaveLength(6);
    expect(events.map(({ verdict }) => verdict)).toEqual([
      'allow',
      'allow',
      'allow',
      'allow',
      'allow',
      'limit',
    ]);
    await fetch.close();
  });

  test('carries only harmless headers to another origin', async () => {
    const { fetch } = harness({ dial: dialTo(server.port) });
    location = 'http://other.example.com/';
    await fetch('http://example.com/r302', {
      headers: {
        authorization: 'Bearer x',
        cookie: 'a=b',
        'proxy-authorization': 'Basic x',
        'x-api-key': 'k',
        'x-secret': 's',
        accept: 'text/html',
        'user-agent': 'clawforce',
      },
    });
    const [first, second] = seen.map(({ headers }) => headers);
    expect(first).toMatchObject({ authorization: 'Bearer x', 'x-api-key': 'k' });
    expect(first).not.toHaveProperty('proxy-authorization');
    expect(second).toMatchObject({
      accept: 'text/html',
      'user-agent': 'clawforce',
      host: 'other.example.com',
    });
    for (const name of ['authorization', 'cookie', 'x-api-key', 'x-secret'])
      expect(second).not.toHaveProperty(name);
    await fetch.close();
  });

  test('rewrites a 302 POST to GET and replays a same-origin 307 body', async () => {
    const { fetch } = harness({ dial: dialTo(server.port) });
    await (await fetch('http://example.com/r302/a', { method: 'POST', body: 'x' })).text();
    await (await fetch('http://example.com/r307/b', { method: 'POST', body: 'y' })).text();
    expect(seen.map(({ url, method, body }) => [url, method, body])).toEqual([
      ['/r302/a', 'POST', 'x'],
      ['/a', 'GET', ''],
      ['/r307/b', 'POST', 'y'],
      ['/b', 'POST', 'y'],
    ]);
    await fetch.close();
  });

  test('refuses to send a body to another origin', async () => {
    const { fetch, events } = harness({ dial: dialTo(server.port) });
    location = 'http://other.example.com/';
    const error = await rejection(fetch('http://example.com/r308', { method: 'POST', body: 'secret' }));
    expect(error).toMatchObject({ decision: { rule: 'net.redirect.body' } });
    expect(seen).toHaveLength(1);
    expect(events.map(({ verdict }) => verdict)).toEqual(['allow', 'deny']);
    await fetch.close();
  });

  test('hands the redirect out with redirect: manual', async () => {
    const { fetch } = harness({ dial: dialTo(server.port) });
    location = 'http://127.0.0.1/';
    const response = await fetch('http://example.com/r302', { redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([302, 'http://127.0.0.1/']);
    await response.body?.cancel();
    await fetch.close();
  });
});
