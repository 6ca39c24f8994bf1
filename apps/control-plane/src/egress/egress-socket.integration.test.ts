import { mkdtemp, stat } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestPlane, until, type Answer, type TestPlane } from '../server/testing/test-plane.js';

let test: TestPlane;
let token: string;
let service: { port: number; hits: string[]; close: () => void };
let agents: [string, string];

beforeAll(async () => {
  test = await startTestPlane({ dataDir: await mkdtemp(join(tmpdir(), 'cp-')), timing: { graceMs: 1_000 } });
  await test.user('root', 'superadmin');
  token = (await test.login('root')).access;
  const hits: string[] = [];
  const server = createServer((incoming, response) => {
    hits.push(incoming.url ?? '');
    response.end('the service');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  service = { port: (server.address() as AddressInfo).port, hits, close: () => server.close() };
  agents = [await running(), await running()];
});
afterAll(async () => {
  service.close();
  await test.remove();
});

async function running(): Promise<string> {
  const { storage, files } = test.core;
  const created = { name: 'test', ownerUserId: null, mode: 'process', level: 'permissive' } as const;
  const { id } = await storage.agents.create(created);
  await (await files.workspace(id)).writeFile('behaviour', 'honest');
  await test.call('POST', `/api/agents/${id}/start`, { token });
  await until('running', async () => (await storage.agents.get(id))?.status === 'running');
  return id;
}
const socketOf = (id: string): string => join(test.dataDir, 'run', id, 'egress.sock');
const configure = (id: string, fetch: unknown): Promise<Answer> =>
  test.call('PUT', `/api/agents/${id}/config`, { token, body: { tools: { web: { fetch } } } });

/** Asks as a command behind the shim does; gives status and rule. */
function ask(id: string, url: string): Promise<[status: number, rule: string | undefined]> {
  return new Promise((resolve, reject) => {
    request({ socketPath: socketOf(id), path: url, agent: false }, (response) => {
      response.resume();
      const rule = response.headers['x-clawforce-rule'];
      resolve([response.statusCode ?? 0, typeof rule === 'string' ? rule : undefined]);
    })
      .once('error', reject)
      .end();
  });
}
async function tunnel(id: string, authority: string): Promise<{ socket: Socket; status: string }> {
  const socket = connect({ path: socketOf(id) });
  socket.on('error', () => undefined);
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
  const [head] = (await once(socket, 'data')) as [Buffer];
  return { socket, status: head.toString('latin1').slice(9, 12) };
}

describe('egress.sock', () => {
  it('is there for the worker only: 0660 in a directory of 0750', async () => {
    expect(((await stat(socketOf(agents[0]))).mode & 0o777).toString(8)).toBe('660');
  });

  it('judges each agent by its own configuration, and the socket says which agent it is', async () => {
    const [one, two] = agents;
    const url = `http://127.0.0.1:${service.port}/private`;
    expect(await ask(one, url)).toEqual([403, 'net.address.loopback']);
    expect(
      (await configure(one, { exceptions: [{ address: '127.0.0.1', port: service.port }] })).status,
    ).toBe(200);
    await until('in force', async () => (await ask(one, url))[0] === 200);
    expect(await ask(two, url)).toEqual([403, 'net.address.loopback']);
    expect(service.hits).toEqual(['/private']);
  });

  it('is shut for a worker that nobody has looked at, whose program dials it and says no hello', async () => {
    const { storage, files } = test.core;
    const created = { name: 'silent', ownerUserId: null, mode: 'process', level: 'permissive' } as const;
    const { id } = await storage.agents.create(created);
    await (await files.workspace(id)).writeFile('behaviour', 'silent');
    const exceptions = [{ address: '127.0.0.1', port: service.port }];
    expect((await configure(id, { exceptions })).status).toBe(200);
    await test.call('POST', `/api/agents/${id}/start`, { token });
    const before = service.hits.length;
    expect(await ask(id, `http://127.0.0.1:${service.port}/stolen`)).toEqual([403, 'net.proxy.no-policy']);
    const { socket, status } = await tunnel(id, `127.0.0.1:${service.port}`);
    socket.destroy();
    expect([status, service.hits.length]).toEqual(['403', before]);
    await test.call('POST', `/api/agents/${id}/stop`, { token });
  });

  it('follows the allowlist of an agent that runs as soon as it is saved', async () => {
    const [, two] = agents;
    const exceptions = [{ address: '127.0.0.1', port: service.port }];
    const url = `http://localhost:${service.port}/listed`;
    for (const [allowlist, answer] of [
      [['example.com'], [403, 'net.allowlist.not-listed']],
      [
        ['example.com', 'localhost'],
        [200, undefined],
      ],
      [['*.example.com'], [403, 'net.allowlist.not-listed']],
      [[], [200, undefined]],
    ] as const) {
      expect((await configure(two, { allowlist, exceptions })).status).toBe(200);
      await until('in force', async () => String(await ask(two, url)) === String(answer));
    }
    await configure(two, { allowlist: [], exceptions: [] });
  });

  it('never leads to the control plane, its database or metadata, whatever an exception says', async () => {
    const [one] = agents;
    const port = Number(new URL(test.url).port);
    const exceptions = [
      { address: '127.0.0.1', port },
      { address: '127.0.0.1', port: service.port },
    ];
    expect((await configure(one, { exceptions })).status).toBe(200);
    for (const host of ['127.0.0.1', '127.0.0.2', '[::1]', 'localhost']) {
      expect([host, (await ask(one, `http://${host}:${port}/api/agents`))[0]]).toEqual([host, 403]);
      const { socket, status } = await tunnel(one, `${host}:${port}`);
      socket.destroy();
      expect([host, status]).toEqual([host, '403']);
    }
    // Such an exception is not even saved.
    const metadata = await configure(one, { exceptions: [{ address: '169.254.169.254', port: 80 }] });
    expect([metadata.status, metadata.body.issues[0].pointer]).toEqual([
      400,
      '/tools/web/fetch/exceptions/0/address',
    ]);
    expect((await ask(one, 'http://169.254.169.254/latest/meta-data/'))[1]).toBe('net.address.metadata');
  });

  it('keeps the web that there was when an entry that no policy can be made from is refused', async () => {
    const [one] = agents;
    const url = `http://127.0.0.1:${service.port}/still`;
    const exceptions = [{ address: '127.0.0.1', port: service.port }];
    expect((await configure(one, { exceptions })).status).toBe(200);
    for (const entry of ['https://example.com/', '*', '10.0.0.0/8', 'example.com:22']) {
      const { status, body } = await configure(one, { allowlist: ['example.com', entry], exceptions });
      expect([entry, status, body.code, body.issues[0].pointer]).toEqual([
        ...[entry, 400, 'CONFIG_INVALID', '/tools/web/fetch/allowlist/1'],
      ]);
      expect([entry, ...(await ask(one, url))]).toEqual([entry, 200, undefined]);
    }
  });

  it('ends a tunnel as soon as a saved change no longer admits it', async () => {
    const [, two] = agents;
    const authority = `127.0.0.1:${service.port}`;
    await configure(two, { exceptions: [{ address: '127.0.0.1', port: service.port }] });
    await until('in force', async () => (await ask(two, `http://${authority}/`))[0] === 200);
    const { socket, status } = await tunnel(two, authority);
    expect(status).toBe('200');
    const closed = once(socket, 'close');
    socket.resume();
    await configure(two, { exceptions: [] });
    await closed;
    expect((await tunnel(two, authority)).status).toBe('403');
  });

  it('writes every request into the audit log and into the activity of its agent', async () => {
    const [, two] = agents;
    expect((await ask(two, 'http://10.1.2.3/x?token=secret'))[1]).toBe('net.address.private');
    const rows = await until('audited', async () => {
      const { body } = await test.call('GET', `/api/audit?agent_id=${two}&kind=egress`, { token });
      const found = body.items as { event: Record<string, unknown> }[];
      return found.some(({ event }) => event['host'] === '10.1.2.3') && found;
    });
    const { event } = rows.find((row) => row.event['host'] === '10.1.2.3') ?? {};
    expect(event).toMatchObject({
      ...{ kind: 'egress', agent_id: two, purpose: 'command', method: 'GET', port: 80 },
      ...{
        effect: 'deny',
        rule: 'net.address.private',
        chosen: null,
        ext: { source: 'egress-proxy', bytes_out: 0 },
      },
    });
    const activity = await until('in the activity', async () => {
      const { text } = await test.call('GET', `/api/agents/${two}/logs?follow=false&tail=200`, { token });
      const lines = [...text.matchAll(/^data: (.*)$/gm)].map(
        ([, json = '']) => JSON.parse(json) as { source: string; event?: { egress?: { host: string } } },
      );
      const found = lines.filter(({ event: one }) => one?.egress?.host === '10.1.2.3');
      return found.length > 0 && found;
    });
    expect(activity).toMatchObject([
      {
        source: 'control',
        event: {
          ...{ event_type: 'egress', result_status: 'denied' },
          egress: {
            purpose: 'command',
            verdict: 'deny',
            rule: 'net.address.private',
            hint: expect.any(String),
          },
        },
      },
    ]);
    expect(JSON.stringify([rows, activity])).not.toContain('token=secret');
  });

  it('is gone when the agent has stopped', async () => {
    const [, two] = agents;
    await test.call('POST', `/api/agents/${two}/stop`, { token });
    await expect(ask(two, 'http://example.com/')).rejects.toThrow(/ENOENT|ECONNREFUSED/);
  });
});
