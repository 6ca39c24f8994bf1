import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer as createTlsServer } from 'node:https';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProxyAgent, request } from 'undici';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { selfSigned } from '../testing/certificate.js';
import { dialTo, listen, origin, type Opened } from '../testing/harness.js';
import { proxyHarness, readAll, until, type ProxyHarness } from '../testing/proxy-harness.js';
import { requires } from '../../../../tools/host/host-test.js';
import { credentialDigest, identifyByCredentials } from './agent-credentials.js';

const { key, cert } = selfSigned(['one.example.org']);
let secure: Opened;
let web: Opened;
let running: ProxyHarness[] = [];

const open = async (...args: Parameters<typeof proxyHarness>): Promise<ProxyHarness> => {
  const opened = await proxyHarness(...args);
  running.push(opened);
  return opened;
};

beforeAll(async () => {
  secure = await listen(createTlsServer({ key, cert }, (_request, response) => response.end('over TLS')));
  web = await origin((_request, response) => response.end('plain'));
});
afterAll(() => Promise.all([secure.close(), web.close()]));
afterEach(async () => {
  for (const { proxy } of running) await proxy.close();
  running = [];
});

function curl(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('curl', ['-sS', '--max-time', '10', ...args], { env: { PATH: process.env['PATH'] } });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', reject).on('close', () => resolve(output));
  });
}

requires('curl').describe('curl', () => {
  test('reaches http and https targets through the proxy and shows why it may not', async () => {
    const { port, events } = await open({
      dial: dialTo(({ port: asked }) => (asked === 443 ? secure.port : web.port)),
      sniPorts: [443],
    });
    const proxy = ['-x', `http://127.0.0.1:${port}`];
    expect(await curl([...proxy, 'http://one.example.org/'])).toBe('plain');
    expect(await curl([...proxy, '-k', 'https://one.example.org/'])).toBe('over TLS');
    expect(await curl([...proxy, 'http://127.0.0.1/'])).toMatch(
      /^net\.address\.loopback: .* Use a public address/,
    );
    expect(await curl([...proxy, '-v', 'https://10.0.0.1/'])).toMatch(
      /x-clawforce-rule: net\.address\.private/i,
    );
    await until(() => events.length === 4);
    expect(events.map(({ rule }) => rule)).toEqual([
      'net.allow',
      'net.allow',
      'net.address.loopback',
      'net.address.private',
    ]);
  });

  test('has no way in without credentials or with those of another agent', async () => {
    const token = 'x'.repeat(20);
    const { port, events } = await open({
      dial: dialTo(web.port),
      identify: identifyByCredentials({ a1: credentialDigest(token), b2: credentialDigest('y'.repeat(20)) }),
      limits: { maxAuthFailures: 3 },
    });
    const status = (...auth: string[]): Promise<string> =>
      curl([
        ...['-o', '/dev/null', '-w', '%{http_code}', '-x', `http://127.0.0.1:${port}`],
        ...[...auth, 'http://one.example.org/'],
      ]);
    expect(await status()).toBe('407');
    expect(await status('-U', `a1:${token}`)).toBe('200');
    for (let i = 0; i < 3; i += 1) expect(await status('-U', `b2:${token}`)).toBe('407');
    expect(await status('-U', `b2:${'y'.repeat(20)}`)).toBe('429');
    expect(await status('-U', `a1:${token}`)).toBe('200');
    await until(() => events.length === 7);
    expect(events.map(({ agent, rule }) => [agent, rule])).toEqual([
      [null, 'net.proxy.credentials'],
      ['a1', 'net.allow'],
      [null, 'net.proxy.credentials'],
      [null, 'net.proxy.credentials'],
      [null, 'net.proxy.credentials'],
      [null, 'net.proxy.too-many-failures'],
      ['a1', 'net.allow'],
    ]);
    expect(JSON.stringify(events)).not.toContain(token);
  });

  test('has no more tries by asking all at once, and who is known loses none of its requests', async () => {
    const token = 'x'.repeat(20);
    const known = identifyByCredentials({ a1: credentialDigest(token) });
    let tries = 0;
    const { ask, events } = await open({
      dial: dialTo(web.port),
      identify: async (client) => {
        tries += 1;
        // As one that asks a database.
        await new Promise((resolve) => setTimeout(resolve, 20));
        return known(client);
      },
      limits: { maxAuthFailures: 3 },
    });
    const atOnce = async (count: number, password: string): Promise<string[]> => {
      const credentials = Buffer.from(`a1:${password}`).toString('base64');
      const text = `GET http://one.example.org/ HTTP/1.1\r\nHost: one.example.org\r\nProxy-Authorization: Basic ${credentials}\r\nConnection: close\r\n\r\n`;
      const answers = await Promise.all(Array.from({ length: count }, () => ask(text)));
      return answers.map((answer) => answer.slice(9, 12));
    };
    expect(await atOnce(12, token)).toEqual(Array(12).fill('200'));
    tries = 0;
    expect((await atOnce(30, 'y'.repeat(20))).sort()).toEqual([
      ...Array<string>(3).fill('407'),
      ...Array<string>(27).fill('429'),
    ]);
    expect(tries).toBe(3);
    await until(() => events.length === 42);
  });

  test('has no way in with a token that has expired', async () => {
    const [old, next] = ['o'.repeat(20), 'n'.repeat(20)];
    let known = identifyByCredentials({ a1: credentialDigest(old) });
    const { port, events } = await open({
      dial: dialTo(web.port),
      identify: (client) => known(client),
    });
    const status = (token: string): Promise<string> =>
      curl([
        ...['-o', '/dev/null', '-w', '%{http_code}', '-x', `http://127.0.0.1:${port}`],
        ...['-U', `a1:${token}`, 'http://one.example.org/'],
      ]);
    expect(await status(old)).toBe('200');
    known = identifyByCredentials({ a1: credentialDigest(next) });
    expect(await status(old)).toBe('407');
    expect(await status(next)).toBe('200');
    await until(() => events.length === 3);
    expect(events.map(({ agent, rule }) => [agent, rule])).toEqual([
      ['a1', 'net.allow'],
      [null, 'net.proxy.credentials'],
      ['a1', 'net.allow'],
    ]);
    for (const token of [old, next]) expect(JSON.stringify(events)).not.toContain(token);
  });
});

describe('credentials that are looked at slowly', () => {
  test('are tried by one who waits, not by all of them, when one of those under way leaves', async () => {
    let tries = 0;
    let release = (): void => undefined;
    const answered = new Promise<void>((resolve) => (release = resolve));
    const { dial, ask, events } = await open({
      dial: dialTo(web.port),
      identify: async ({ credentials }) => {
        if (credentials?.username !== 'a1') return undefined;
        tries += 1;
        await answered;
        return undefined;
      },
      limits: { maxAuthFailures: 3 },
    });
    const textOf = (user: string): string =>
      `GET http://one.example.org/ HTTP/1.1\r\nHost: one.example.org\r\nProxy-Authorization: Basic ${Buffer.from(`${user}:wrong`).toString('base64')}\r\nConnection: close\r\n\r\n`;
    const hanging = await Promise.all(Array.from({ length: 3 }, () => dial(textOf('a1'))));
    await until(() => tries === 3);
    const waiting = await Promise.all(Array.from({ length: 30 }, () => dial(textOf('a1'))));
    const answers = waiting.map((socket) => readAll(socket));
    // Answered after those were read.
    await ask(textOf('other'));
    hanging[0]?.destroy();
    await until(() => tries > 3);
    await ask(textOf('another'));
    expect(tries).toBe(4);
    release();
    const statuses = (await Promise.all(answers)).map((answer) => answer.slice(9, 12));
    for (const socket of [...hanging, ...waiting]) socket.destroy();
    expect(statuses.sort()).toEqual(['407', ...Array<string>(29).fill('429')]);
    expect(tries).toBe(4);
    await until(() => events.length === 35);
  });
});

describe('undici', () => {
  test('reaches a target through its ProxyAgent with the token of the agent', async () => {
    const token = 'z'.repeat(20);
    const { port, events } = await open({
      dial: dialTo(secure.port),
      identify: identifyByCredentials({ a1: credentialDigest(token) }),
      sniPorts: [443],
    });
    const dispatcher = new ProxyAgent({
      uri: `http://127.0.0.1:${port}`,
      token: `Basic ${Buffer.from(`a1:${token}`).toString('base64')}`,
      requestTls: { ca: cert },
    });
    const { body } = await request('https://one.example.org/', { dispatcher });
    expect(await body.text()).toBe('over TLS');
    await expect(request('https://10.0.0.1/', { dispatcher })).rejects.toThrow();
    await dispatcher.close();
    await until(() => events.length === 2);
    expect(events.map(({ agent, rule }) => [agent, rule]).sort()).toEqual([
      ['a1', 'net.address.private'],
      ['a1', 'net.allow'],
    ]);
  });
});

describe('a unix socket per agent', () => {
  test('tells the agents apart', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'egress-'));
    const { proxy, events } = await open({ dial: dialTo(web.port) });
    const socketPath = join(folder, 'b2.sock');
    await proxy.listen({ path: socketPath, agent: 'b2' });
    const status = await new Promise<number | undefined>((resolve, reject) => {
      httpRequest({ socketPath, path: 'http://one.example.org/' }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
    await rm(folder, { recursive: true });
    expect(status).toBe(403);
    expect(events).toMatchObject([{ agent: 'b2', rule: 'net.proxy.no-policy' }]);
  });
});
