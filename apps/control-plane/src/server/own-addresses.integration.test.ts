import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { Resolver } from 'node:dns/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { effectiveConfig, parseAgentConfig } from '@clawforce/protocol/config';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { webPolicy } from '../egress/web-policy.js';
import { OwnAddresses, type OwnAddressesParts } from './own-addresses.js';
import { startTestPlane, until } from './testing/test-plane.js';

/** What a name server on loopback says: addresses of a name, `undefined` for silence. */
const answers = new Map<string, readonly string[] | undefined>();
let asked: string[];
let resolve: (host: string) => Promise<readonly string[]>;
let changes: number;
let unknown: string[];
const closers: (() => void)[] = [];

beforeEach(async () => {
  answers.clear();
  [asked, unknown, changes] = [[], [], 0];
  const server = createSocket('udp4');
  server.on('message', (query, { address, port }) => {
    const name = questionOf(query);
    asked.push(name);
    const found = answers.has(name) ? answers.get(name) : [];
    if (found !== undefined) server.send(answerTo(query, found), port, address);
  });
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
  const resolver = new Resolver({ timeout: 60_000, tries: 1 });
  resolver.setServers([`127.0.0.1:${server.address().port}`]);
  resolve = (host) => resolver.resolve4(host);
  closers.push(() => {
    resolver.cancel();
    server.close();
  });
});
afterEach(() => {
  for (const close of closers.splice(0).reverse()) close();
});

function questionOf(query: Buffer): string {
  const labels: string[] = [];
  for (let at = 12; query[at] !== 0; at += 1 + (query[at] ?? 0)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + (query[at] ?? 0)));
  }
  return labels.join('.');
}
/** RFC 1035: the header and question of the query, then an A record for each address; none is NXDOMAIN. */
function answerTo(query: Buffer, addresses: readonly string[]): Buffer {
  const question = query.subarray(12, query.indexOf(0, 12) + 5);
  const header = Buffer.from([
    query[0] ?? 0,
    query[1] ?? 0,
    0x81,
    0x80,
    0,
    1,
    0,
    addresses.length,
    0,
    0,
    0,
    0,
  ]);
  if (addresses.length === 0) header[3] = 0x83;
  const record = [0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4];
  const records = addresses.map((one) => Buffer.from([...record, ...one.split('.').map(Number)]));
  return Buffer.concat([header, question, ...records]);
}

function known(timing: OwnAddressesParts['timing'] = {}): OwnAddresses {
  const own = new OwnAddresses({
    resolve,
    onChange: () => (changes += 1),
    onUnknown: (host) => unknown.push(host),
    timing: { everyMs: 5, retryMs: 5, ...timing },
  });
  closers.push(() => own.close());
  return own;
}
const ENDPOINTS = [
  { port: 8080 },
  { host: 'claw.example.net', port: 443 },
  { host: 'db.internal', port: 5432 },
];

describe('the addresses of the control plane', () => {
  it('are refused under every name, also with an exception for the address itself', async () => {
    answers.set('claw.example.net', ['93.184.215.14', '93.184.215.15']).set('db.internal', ['10.77.0.5']);
    const own = known();
    await own.open(ENDPOINTS);
    const parsed = parseAgentConfig({
      tools: { web: { fetch: { exceptions: [{ address: '10.77.0.5', port: 5432 }] } } },
    });
    if (!parsed.ok) throw new Error('the configuration is not valid');
    const config = effectiveConfig(parsed.config);
    const ruleOf = (host: string, address: string, port: number): string =>
      webPolicy(config, own.current).checkEndpoint({ host, address, port }).rule;
    expect(ruleOf('10.77.0.5', '10.77.0.5', 5432)).toBe('net.endpoint.denied');
    expect(ruleOf('any.example.org', '10.77.0.5', 5432)).toBe('net.endpoint.denied');
    expect(ruleOf('93.184.215.14', '93.184.215.14', 443)).toBe('net.endpoint.denied');
    expect(ruleOf('other.example.org', '93.184.215.15', 443)).toBe('net.endpoint.denied');
    // What only the names say would not do: this is what the addresses are for.
    const byName = webPolicy(config, ENDPOINTS);
    expect(byName.checkEndpoint({ host: '10.77.0.5', address: '10.77.0.5', port: 5432 }).effect).toBe(
      'allow',
    );
    expect(ruleOf('other.example.org', '93.184.215.16', 443)).toBe('net.allow');
  });

  it('are nothing at all while a name has none, and that is told once', async () => {
    answers.set('claw.example.net', ['93.184.215.14']);
    const own = known();
    await own.open(ENDPOINTS);
    expect([own.current, unknown, changes]).toEqual([[], ['db.internal'], 0]);
    await until('asked again', () => asked.filter((name) => name === 'db.internal').length > 3);
    expect([own.current, unknown]).toEqual([[], ['db.internal']]);
    answers.set('db.internal', ['10.77.0.5']);
    await until('known', () => own.current.length > 0);
    expect(own.current).toContainEqual({ address: '10.77.0.5', port: 5432 });
    expect(changes).toBe(1);
  });

  it('are nothing when the resolver is silent, and the start goes on', async () => {
    answers.set('claw.example.net', undefined).set('db.internal', ['10.77.0.5']);
    const own = known({ lookupMs: 50 });
    await own.open(ENDPOINTS);
    expect([own.current, unknown]).toEqual([[], ['claw.example.net']]);
  });

  it('stay when the name is gone, follow it when it moves, and are left when it has long moved', async () => {
    answers.set('claw.example.net', ['93.184.215.14']).set('db.internal', ['10.77.0.5']);
    const own = known({ keepMs: 500 });
    const databases = (): (string | undefined)[] =>
      own.current.filter(({ port }) => port === 5432).flatMap(({ address }) => address ?? []);
    await own.open(ENDPOINTS);
    answers.set('db.internal', []);
    asked = [];
    await until('asked again', () => asked.filter((name) => name === 'db.internal').length > 3);
    expect([databases(), changes, unknown]).toEqual([['10.77.0.5'], 1, []]);
    answers.set('db.internal', ['10.77.0.6']);
    await until('moved', () => databases().includes('10.77.0.6'));
    await until('left', () => !databases().includes('10.77.0.5'));
    expect(databases()).toEqual(['10.77.0.6']);
  });

  it('are those of new interfaces too', async () => {
    let interfaces = ['127.0.0.1', '192.0.2.1'];
    const own = new OwnAddresses({
      resolve,
      interfaces: () => interfaces,
      onChange: () => (changes += 1),
      onUnknown: () => undefined,
      timing: { interfacesMs: 5 },
    });
    closers.push(() => own.close());
    await own.open([{ port: 8080 }]);
    await new Promise((done) => setTimeout(done, 50));
    expect(changes).toBe(1);
    interfaces = [...interfaces.reverse(), '172.30.0.1'];
    await until('told', () => changes === 2);
  });

  it('are not asked for where there is no name', async () => {
    const own = known();
    await own.open([{ port: 8080 }, { host: 'localhost', port: 5432 }, { address: '10.0.0.1', port: 443 }]);
    expect([own.current.length, asked, changes]).toEqual([3, [], 1]);
  });
});

it('an agent is let out nowhere while the public URL has no address', async () => {
  const test = await startTestPlane({ publicUrl: 'https://claw.invalid', timing: { graceMs: 1_000 } });
  try {
    await test.user('root', 'superadmin');
    const { access: token } = await test.login('root');
    const { storage, files } = test.core;
    const created = { name: 'test', ownerUserId: null, mode: 'process', level: 'permissive' } as const;
    const { id } = await storage.agents.create(created);
    await (await files.workspace(id)).writeFile('behaviour', 'honest');
    await test.call('POST', `/api/agents/${id}/start`, { token });
    await until('running', async () => (await storage.agents.get(id))?.status === 'running');
    const socketPath = join(test.dataDir, 'run', id, 'egress.sock');
    const rule = await new Promise((resolve_, reject) => {
      request({ socketPath, path: 'http://10.77.0.5/', agent: false }, (response) => {
        response.resume();
        resolve_(response.headers['x-clawforce-rule']);
      })
        .once('error', reject)
        .end();
    });
    expect(rule).toBe('net.proxy.no-policy');
  } finally {
    await test.remove();
  }
}, 60_000);
