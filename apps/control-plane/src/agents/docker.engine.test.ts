import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { cp, lstat, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findWorker } from '@clawforce/pool-core/drill';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { requires } from '../../../../tools/host/host-test.js';
import { TEST_LABEL, testWorkerImage } from '../../../../tools/host/test-image.js';
import {
  PASSWORD,
  startTestPlane,
  until,
  type Answer,
  type TestPlane,
} from '../server/testing/test-plane.js';
import { JoinCredentials } from '../hub/storage-ports.js';
import type { AgentRecord } from '../storage/agents/agent-store.js';
import type { AttestWorker } from './attest-worker.js';

const docker = promisify(execFile);
let dataDir: string;
let image: string;
let test: TestPlane;
let token: string;

async function start(
  options: { env?: Record<string, string>; attest?: AttestWorker; restartMs?: number } = {},
): Promise<void> {
  const { attest, env, restartMs = 60_000 } = options;
  test = await startTestPlane({
    dataDir,
    env: { ADMIN_RUNTIME_BACKEND: 'docker', AGENT_IMAGE: image, ...env },
    docker: attest ? { attest } : {},
    timing: { connectMs: 60_000, restartMs },
  });
  if (!(await test.core.storage.users.findByUsername('root'))) await test.user('root', 'superadmin');
  token = (await test.login('root')).access;
}
const call = (method: string, path: string, body?: unknown): Promise<Answer> =>
  test.call(method, path, { token, ...(body === undefined ? {} : { body }) });

async function agent(security: object = {}): Promise<string> {
  const { body } = await call('POST', '/api/agents', { name: 'test' });
  const id = body.id as string;
  const saved = await call('PATCH', `/api/agents/${id}/config`, { security: { docker: security } });
  expect(saved.text).not.toContain('"code"');
  return id;
}
async function reaches(id: string, status: string): Promise<AgentRecord> {
  return until(
    `status ${status}`,
    async () => {
      const found = await test.core.storage.agents.get(id);
      return found?.status === status && found;
    },
    90_000,
  );
}
async function running(id: string): Promise<AgentRecord> {
  expect((await call('POST', `/api/agents/${id}/start`)).status).toBe(202);
  return reaches(id, 'running');
}
/** What the API says of a failed agent; between two attempts it is on its way up. */
const reasonOfFailure = (id: string): Promise<string> =>
  until('the failure', async () => {
    const { body } = await call('GET', `/api/agents/${id}/status`);
    return body.status === 'failed' && (body.reason as string);
  });
const run = (id: string, tool: string, args: object): Promise<Answer> =>
  call('POST', `/api/agents/${id}/tools/${tool}`, { args });

/** What runs inside the agent's container, executed by the engine. */
async function inside(id: string, ...command: string[]): Promise<string> {
  const { stdout } = await docker('docker', ['exec', await containerOf(id), ...command]);
  return stdout.trim();
}
async function containers(id: string, all = false): Promise<string[]> {
  const { stdout } = await docker('docker', [
    'ps',
    ...(all ? ['-a'] : []),
    '-q',
    '--filter',
    `label=clawforce.agent=${id}`,
  ]);
  return stdout.trim().split('\n').filter(Boolean);
}
async function containerOf(id: string): Promise<string> {
  const [found, ...others] = await containers(id);
  expect(others).toEqual([]);
  return found ?? '';
}
/** How the system refuses a single call of a program. */
const SYSTEM_SAYS_NO = /\b(?:EPERM|EACCES|EROFS)\b|not permitted/;

const audited = async (id: string, what: string): Promise<string> =>
  until(`${what} in the audit log`, async () => {
    const { body } = await call('GET', `/api/audit?agent_id=${id}&limit=100`);
    const text = JSON.stringify(body.items);
    return text.includes(what) && text;
  });

/** Makes an image out of one that is there; needs no network. */
async function buildImage(tag: string, dockerfile: string): Promise<void> {
  const labels = ['--tag', tag, '--label', `${TEST_LABEL}=${tag}`];
  const built = docker('docker', ['build', '--network', 'none', ...labels, '-'], {
    env: { ...process.env, DOCKER_BUILDKIT: '0' },
  });
  built.child.stdin?.end(dockerfile);
  await built;
}

/** Makes the worker image with the curl of this host and what it loads. */
async function buildWithCurl(tag: string): Promise<void> {
  const context = await mkdtemp(join(tmpdir(), 'curl-'));
  try {
    const { stdout: where } = await docker('sh', ['-c', 'command -v curl']);
    const { stdout: linked } = await docker('ldd', [where.trim()]);
    const objects = [...linked.matchAll(/=>\s*(\/\S+)/g)].map((match) => match[1] ?? '');
    for (const path of [where.trim(), ...objects])
      await cp(path, join(context, 'root', path), { dereference: true });
    await writeFile(join(context, 'Dockerfile'), `FROM ${image}\nCOPY root/ /\n`);
    const labels = ['--tag', tag, '--label', `${TEST_LABEL}=${tag}`];
    await docker('docker', ['build', '--network', 'none', ...labels, context], {
      env: { ...process.env, DOCKER_BUILDKIT: '0' },
    });
  } finally {
    await rm(context, { recursive: true });
  }
}

/** Writes a Debian package with one program, without the tools of that distribution. */
async function writePackage(path: string, program: string): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'deb-'));
  try {
    await mkdir(join(scratch, 'usr/bin'), { recursive: true });
    await writeFile(join(scratch, 'usr/bin', program), '#!/bin/sh\necho from a package\n', { mode: 0o755 });
    const fields = [`Package: ${program}`, 'Version: 1.0', 'Architecture: all', 'Maintainer: a test <a@b>'];
    await writeFile(join(scratch, 'control'), `${fields.join('\n')}\nDescription: a tool\n`);
    const pack = (...what: string[]): Promise<{ stdout: Buffer }> =>
      docker('tar', ['-C', scratch, '--owner=0', '--group=0', '-cz', ...what], { encoding: 'buffer' });
    const part = (name: string, content: Buffer): Buffer[] => [
      Buffer.from(`${name.padEnd(16)}${'0'.padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'100644'.padEnd(8)}`),
      Buffer.from(`${String(content.length).padEnd(10)}\`\n`),
      content,
      Buffer.from(content.length % 2 === 1 ? '\n' : ''),
    ];
    const parts = [
      ...part('debian-binary', Buffer.from('2.0\n')),
      ...part('control.tar.gz', (await pack('./control')).stdout),
      ...part('data.tar.gz', (await pack('./usr')).stdout),
    ];
    await writeFile(path, Buffer.concat([Buffer.from('!<arch>\n'), ...parts]));
  } finally {
    await rm(scratch, { recursive: true });
  }
}

requires('docker', 'root').describe('agents in containers', () => {
  beforeAll(async () => {
    image = await testWorkerImage();
  });
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'cpd-'));
  });
  afterEach(async () => {
    for (const { id } of (await call('GET', '/api/agents')).body.items as { id: string }[])
      await call('DELETE', `/api/agents/${id}`);
    await test.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('sandboxed: the demo agent does its job with only "lo" in its container, attested', async () => {
    await start();
    const [demo] = (await call('GET', '/api/agents')).body.items as { id: string; is_demo: boolean }[];
    const id = demo?.id ?? '';
    await call('PATCH', `/api/agents/${id}/config`, { security: { docker: { level: 'sandboxed' } } });
    expect(await running(id)).toMatchObject({ attested: 'matched', level: 'sandboxed' });
    expect(await inside(id, 'ls', '/sys/class/net')).toBe('lo');
    const { body: sent } = await call('POST', `/api/agents/${id}/messages`, { text: 'Do your job.' });
    const done = await until(
      'the end of the job',
      async () => {
        const { body } = await call('GET', `/api/agents/${id}/messages/${sent.id as string}`);
        return body.state !== 'queued' && body.state !== 'delivered' && body;
      },
      90_000,
    );
    expect(done.state).toBe('done');
    const report = await call('GET', `/api/agents/${id}/workspace/report.md`);
    expect(report.status).toBe(200);
    expect(report.text.length).toBeGreaterThan(20);
    const { body: status } = await call('GET', `/api/agents/${id}/status`);
    expect(status).toMatchObject({ status: 'running', backend: 'docker', attested: 'matched' });
    expect(await audited(id, 'attestation_matched')).toContain(String.raw`\"uid_mode\":\"per-agent\"`);
  });

  requires('docker', 'root', 'curl').test(
    'sandboxed: an allowlist opens the web to web_fetch and, through the shim, to curl; without it there is none',
    async () => {
      const tag = `clawforce-test-curl:${randomUUID()}`;
      await buildWithCurl(tag);
      const asked: (string | undefined)[] = [];
      const service = createServer((request, response) => {
        asked.push(request.url);
        response.setHeader('content-type', 'text/plain');
        response.end('the service');
      }).listen(0, '127.0.0.1');
      await once(service, 'listening');
      const { port } = service.address() as AddressInfo;
      try {
        await start({ env: { AGENT_IMAGE: tag } });
        const id = await agent({ level: 'sandboxed' });
        expect(await running(id)).toMatchObject({ attested: 'matched' });
        expect(await inside(id, 'ls', '/sys/class/net')).toBe('lo');
        const fetched = async (path: string): Promise<string> =>
          (await run(id, 'web_fetch', { url: `http://127.0.0.1:${port}/${path}` })).text;
        const curled = async (path: string, ...more: string[]): Promise<string> => {
          const command = ['curl', '-sS', ...more, `http://127.0.0.1:${port}/${path}`].join(' ');
          return String((await run(id, 'exec', { command })).body.output);
        };
        expect(await fetched('before')).not.toContain('the service');
        expect(await curled('before')).not.toContain('the service');
        // A service of this host stands for a public one: it needs an exception beside the allowlist.
        const fetch = { allowlist: ['127.0.0.1'], exceptions: [{ address: '127.0.0.1', port }] };
        const saved = await call('PATCH', `/api/agents/${id}/config`, { tools: { web: { fetch } } });
        expect(saved.status, saved.text).toBe(200);
        expect(await fetched('by-fetch')).toContain('the service');
        expect(await curled('by-curl')).toBe('the service');
        // Past the shim there is no way: the container has no interface but its own loopback.
        expect(await curled('past', '--noproxy', '127.0.0.1', '--max-time', '5')).not.toContain(
          'the service',
        );
        expect(asked).toEqual(['/by-fetch', '/by-curl']);
        await call('POST', `/api/agents/${id}/stop`);
      } finally {
        service.close();
        await docker('docker', ['rmi', '--force', tag]);
      }
    },
  );

  it('whose image has no helper for Landlock are refused commands, and the switch of developers changes nothing', async () => {
    const tag = `clawforce-test-bare:${randomUUID()}`;
    await buildImage(
      tag,
      `FROM ${image}\nUSER 0:0\nRUN rm -r /opt/clawforce/node_modules/@clawforce/policy-shell/dist/native\nUSER 10001:10001\n`,
    );
    try {
      await start({ env: { AGENT_IMAGE: tag, CLAWFORCE_UNCONFINED_EXEC: '1' } });
      const id = await agent();
      const { statusReason } = await running(id);
      expect(statusReason).toMatch(/^Commands are refused: /);
      const { body } = await run(id, 'exec', { command: 'touch made' });
      expect(body).toMatchObject({ status: 'denied' });
      expect(JSON.stringify(body)).toContain('shell.confiner.unavailable');
      await expect(lstat(join(test.core.files.directory(id), 'workspace', 'made'))).rejects.toThrow('ENOENT');
      expect((await call('GET', '/api/runtime/info')).body).toMatchObject({ unconfined_exec: false });
      await call('POST', `/api/agents/${id}/stop`);
    } finally {
      await docker('docker', ['rmi', '--force', tag]);
    }
  });

  it('gives each agent a user of its own, and hides the rest of its directory from it', async () => {
    await start();
    const [one, two] = [await agent(), await agent()];
    const uids = [await running(one), await running(two)].map(({ workerUid }) => workerUid);
    expect(new Set(uids).size).toBe(2);
    // The fleet says yes for what was looked at, and only as long as that runs.
    const idle = await agent();
    const fleet = async (): Promise<Record<string, string>> => {
      const { items } = (await call('GET', '/api/agents')).body as {
        items: { id: string; attested: string }[];
      };
      return Object.fromEntries(items.map(({ id: of, attested }) => [of, attested]));
    };
    expect(await fleet()).toMatchObject({ [one]: 'matched', [two]: 'matched', [idle]: 'none' });
    for (const [index, id] of [one, two].entries()) {
      expect(await inside(id, 'id', '-u')).toBe(String(uids[index]));
      const root = test.core.files.directory(id);
      expect(statSync(join(root, 'workspace')).uid).toBe(uids[index]);
      for (const zone of ['.config', '.sessions', '.logs']) {
        const { uid, mode } = statSync(join(root, zone));
        expect([uid, mode & 0o777]).toEqual([0, 0o700]);
      }
      const sockets = statSync(join(dataDir, 'run', id));
      expect([sockets.uid, sockets.gid, sockets.mode & 0o777]).toEqual([0, uids[index], 0o750]);
    }
    // What the operator puts there belongs to the agent as well.
    await call('PUT', `/api/agents/${one}/workspace/from-operator.txt`, { content: 'text' });
    const written = await run(one, 'edit_file', {
      path: 'from-operator.txt',
      old_text: 'text',
      new_text: 'new',
    });
    expect(written.body.status).toBe('ok');
    await call('POST', `/api/agents/${two}/stop`);
    expect(await fleet()).toMatchObject({ [one]: 'matched', [two]: 'none' });
  });

  it('that attack are refused, and each attempt is in the audit log', async () => {
    await start();
    const [id, other] = [await agent(), await agent()];
    await running(id);
    const denied = async (tool: string, args: object): Promise<string> => {
      const { body } = await run(id, tool, args);
      expect(body).toMatchObject({ status: 'denied' });
      return String(body.record.decision.rule);
    };
    const rules = [
      await denied('read_file', { path: '.config/agent.json' }),
      await denied('write_file', { path: '.config/agent.json', content: '{}' }),
      await denied('write_file', { path: 'profiles/SOUL.md', content: 'x' }),
    ];
    // What the shell policy cannot see: an honest command runs a program that attacks. Of the worker's process it knows
    // the number, as a program does that tries them all.
    const { pid: workerPid } = await findWorker(test.docker(), {
      agentId: id,
      generation: (await test.core.storage.agents.get(id))?.generation ?? 0,
    });
    expect(await inside(id, 'cat', `/proc/${workerPid}/comm`)).toMatch(/node|MainThread/);
    const probe = '/opt/clawforce/bin/clawforce-drill-probe';
    const traces = (...words: string[]): string =>
      `const r = require('child_process').spawnSync('${probe}', ${JSON.stringify(['call', 'works', 'ptrace', ...words])}, { encoding: 'utf8' }); console.log(r.stderr || r.error); done(r.status === 0)`;
    const held: readonly string[] = [
      "tries(() => fs.writeFileSync('/agent/.config/agent.json', '{}'))",
      "tries(() => fs.symlinkSync('/etc/passwd', '/agent/link'))",
      "tries(() => fs.unlinkSync('/run/clawforce/link.sock'))",
      "tries(() => fs.renameSync('/run/clawforce/broker.sock', '/run/clawforce/old'))",
      "net.connect('/run/clawforce/link.sock').on('connect', () => done(true)).on('error', refused)",
      `tries(() => fs.readFileSync('/proc/${workerPid}/environ'))`,
      `tries(() => fs.openSync('/proc/${workerPid}/mem', 'r+'))`,
      `tries(() => fs.readlinkSync('/proc/${workerPid}/fd/0'))`,
      traces('0x4206', String(workerPid), '0', '0'),
      "tries(() => fs.readdirSync('/run/clawforce'))",
    ];
    const calls: string[] = [];
    const attack = async (name: string, body: string): Promise<Answer['body']> => {
      const program = `
        const fs = require('fs'), net = require('net');
        const done = (ok) => process.exit(ok ? 0 : 1);
        const refused = (error) => { console.log(error.message); done(false); };
        const tries = (work) => { try { work(); } catch (error) { refused(error); } done(true); };
        ${body}`;
      await run(id, 'write_file', { path: `${name}.cjs`, content: program });
      calls.push(`node ${name}.cjs`);
      return (await run(id, 'exec', { command: `node ${name}.cjs` })).body;
    };
    for (const [index, body] of held.entries()) {
      const { output } = await attack(`attack-${index}`, body);
      expect(output, `attack ${index}: ${body}`).toContain('[exit code 1]');
      expect(output, `attack ${index}: ${body}`).toMatch(SYSTEM_SAYS_NO);
    }
    // The join credential is not refused but gone: it went before the first command could run.
    const credential = await attack('attack-join', "tries(() => fs.readFileSync('/run/clawforce/join'))");
    expect(credential.output).toContain("ENOENT: no such file or directory, open '/run/clawforce/join'");
    // Links inside of its own workspace are its own affair: what counts is that nobody follows them.
    const planted =
      "fs.symlinkSync('../.config/agent.json', 'planted'); fs.symlinkSync('/etc', 'planted-dir'); done(true)";
    expect(await attack('planting', planted)).toMatchObject({ status: 'ok' });
    // The links are there, and nothing follows them.
    expect(await inside(id, 'readlink', '/agent/workspace/planted')).toBe('../.config/agent.json');
    rules.push(await denied('read_file', { path: 'planted' }));
    rules.push(await denied('write_file', { path: 'planted-dir/passwd', content: 'x' }));
    // With a credential that is good for the other agent, and its id in every place where a frame could name one.
    const victim = await test.core.storage.agents.get(other);
    if (!victim) throw new Error('the other agent is gone');
    const secret = await new JoinCredentials(test.core.storage).issue(victim);
    const forger = `
      const { io } = require('/opt/clawforce/node_modules/socket.io-client');
      const { Agent } = require('http');
      const net = require('net');
      const agent = new Agent();
      agent.createConnection = (_options, ready) => net.connect('/run/clawforce/link.sock', ready);
      const auth = { proto: 1, credential: { kind: 'join', secret: '${secret}' }, instance: '${other}' };
      const socket = io('http://control-plane/worker', { path: '/api/control/ws', transports: ['websocket'], auth, agent, reconnection: false });
      const hello = { instance: '${other}', next_seq: 1, low_seq: 1, software: { name: '${other}', version: '0' }, capabilities: [] };
      const end = (what) => { console.log(JSON.stringify(what)); process.exit(); };
      socket.on('connect', () => socket.emit('hello', hello, end));
      socket.on('connect_error', (error) => end({ refused: error.data ?? error.message }));
      socket.on('bye', (bye) => end({ bye }));
    `;
    expect(await inside(id, 'node', '-e', forger)).toContain('4401');
    const trail = await audited(id, 'join_refused');
    for (const rule of rules) expect(trail).toContain(rule);
    for (const call of calls) expect(trail).toContain(call);
    // Each attempt that the system held is a row of its own, by the name of the refusal and with its call.
    const told = await until('each refusal in the audit log', async () => {
      const path = `/api/audit?agent_id=${id}&kind=pool_event&limit=100`;
      const { items } = (await call('GET', path)).body as {
        items: { event: { event: string; detail: string } }[];
      };
      const rows = items.map(({ event }) => event).filter(({ event }) => event === 'command_held');
      return rows.length === held.length && rows;
    });
    const callIds = told.map(({ detail }) => (JSON.parse(detail) as { call_id: string }).call_id);
    expect(new Set(callIds).size).toBe(held.length);
    for (const callId of callIds) expect(trail).toContain(callId);
    // Whatever the forger claimed, the connection said who it is.
    expect(JSON.stringify((await call('GET', `/api/audit?agent_id=${other}`)).body.items)).not.toContain(
      'refused',
    );
    expect(await reaches(id, 'running')).toMatchObject({ attested: 'matched' });
    // Nothing of a removed agent stays in the engine.
    expect((await call('DELETE', `/api/agents/${id}`)).status).toBe(204);
    expect(await containers(id, true)).toEqual([]);
  });

  it('goes on over a stop and a start of the control plane with the image that it has, says so when that is older, and gets the new one at its next start', async () => {
    const tag = `clawforce-test-custom:${randomUUID()}`;
    await buildImage(tag, `FROM ${image}\nLABEL made-by=a-test\n`);
    try {
      await start();
      const id = await agent();
      const before = await running(id);
      const container = await containerOf(id);
      const { body: own } = await call('GET', `/api/agents/${id}/status`);
      expect(own.image).toEqual({ name: image, custom: false, outdated: false });
      await test.stop();
      expect(await containers(id)).toEqual([container]);
      await start({ env: { AGENT_IMAGE: tag } });
      const after = await reaches(id, 'running');
      expect(after).toMatchObject({
        generation: before.generation,
        epoch: before.epoch,
        attested: 'matched',
      });
      expect((await run(id, 'write_file', { path: 'after', content: 'x' })).body.status).toBe('ok');
      await audited(id, '"adopt"');
      expect(after.statusReason).toContain('older image');
      expect(await containerOf(id)).toBe(container);
      const { body: older } = await call('GET', `/api/agents/${id}/status`);
      expect(older.image).toEqual({ name: image, custom: false, outdated: true });
      await call('POST', `/api/agents/${id}/stop`);
      expect((await call('GET', `/api/agents/${id}`)).body.image).toBe(null);
      expect(await running(id)).toMatchObject({ attested: 'matched', statusReason: null });
      const { body: custom } = await call('GET', `/api/agents/${id}`);
      expect(custom.image).toEqual({ name: tag, custom: true, outdated: false });
      await call('POST', `/api/agents/${id}/stop`);
    } finally {
      await docker('docker', ['rmi', '--force', tag]);
    }
  });

  it('that write more than the disk limit are stopped, not started again by any control plane, and the audit log has the numbers', async () => {
    const given = { env: { AGENT_DOCKER_DISK_LIMIT: '16m' }, restartMs: 100 };
    await start(given);
    const id = await agent({ level: 'sandboxed' });
    const { generation } = await running(id);
    await inside(id, 'dd', 'if=/dev/zero', 'of=/agent/workspace/big', 'bs=1M', 'count=20');
    const failed = await reaches(id, 'failed');
    expect(failed.statusReason).toContain('disk quota exceeded');
    expect(failed.statusReason).not.toContain('next attempt');
    expect(failed.generation).toBe(generation);
    expect(await containers(id)).toEqual([]);
    const trail = JSON.parse(await audited(id, '"event":"disk"')) as {
      event: { event: string; detail: string };
    }[];
    const row = trail.find(({ event }) => event.event === 'disk');
    const detail = JSON.parse(row?.event.detail ?? '') as { used_bytes: number };
    expect(detail).toMatchObject({ generation, action: 'stopped', quota_bytes: 16 * 1024 ** 2 });
    expect(detail.used_bytes).toBeGreaterThanOrEqual(20 * 1024 ** 2);
    await test.stop();
    await start(given);
    // Whoever is to run is on the way up by now.
    const other = await agent({ level: 'sandboxed' });
    await running(other);
    expect(await test.core.storage.agents.get(id)).toMatchObject({
      generation,
      status: 'failed',
      statusReason: failed.statusReason,
    });
    // Until an operator has made room and starts it.
    await rm(join(test.core.files.directory(id), 'workspace', 'big'));
    expect(await running(id)).toMatchObject({ generation: generation + 1 });
  });

  it('that are killed in the middle of a turn fail with the cause, interrupt it, and go on when they are started again', async () => {
    await start();
    const [demo] = (await call('GET', '/api/agents')).body.items as { id: string }[];
    const id = demo?.id ?? '';
    await call('PATCH', `/api/agents/${id}/config`, { security: { docker: { level: 'sandboxed' } } });
    const { generation } = await running(id);
    const messageIs = (sent: string, state: string): Promise<Answer['body']> =>
      until(
        `the message to be ${state}`,
        async () => {
          const { body } = await call('GET', `/api/agents/${id}/messages/${sent}`);
          return body.state === state && body;
        },
        90_000,
      );
    const send = async (text: string): Promise<string> =>
      (await call('POST', `/api/agents/${id}/messages`, { text })).body.id as string;
    // Its fourteen steps pause, so that the kill finds it at one of them.
    const cut = await send('Do your job.');
    await until(
      'the first step',
      async () => (await test.core.storage.events.tail(id, 5)).length > 0,
      60_000,
    );
    await messageIs(cut, 'delivered');
    await docker('docker', ['kill', '--signal', 'KILL', await containerOf(id)]);
    expect((await reaches(id, 'failed')).statusReason).toMatch(
      /^The worker ended unexpectedly: killed from outside of Clawforce.* The next attempt follows in 60 seconds\.$/,
    );
    expect((await messageIs(cut, 'interrupted')).error.message).toContain('killed from outside');
    expect(await running(id)).toMatchObject({ generation: generation + 1, attested: 'matched' });
    await messageIs(await send('report'), 'done');
    await call('POST', `/api/agents/${id}/stop`);
  });

  it('whose image is gone fail by its name with the fix, and run by themselves once it is there', async () => {
    // A registry that refuses at once.
    const tag = `127.0.0.1:1/clawforce-test/worker:${randomUUID()}`;
    await docker('docker', ['tag', image, tag]);
    try {
      await start({ env: { AGENT_IMAGE: tag }, restartMs: 500 });
      const id = await agent({ level: 'sandboxed' });
      await docker('docker', ['rmi', tag]);
      const refused = await call('POST', `/api/agents/${id}/start`);
      expect([refused.status, refused.body.code]).toEqual([503, 'BACKEND_UNAVAILABLE']);
      expect(refused.body.error).toContain(`the image ${tag} is not on the engine`);
      expect(refused.body.fix).toContain('AGENT_IMAGE');
      const reason = await reasonOfFailure(id);
      expect(reason).toContain(`The image ${tag} is not on the engine`);
      expect(reason).toContain('Build it or load it');
      expect(reason).toContain('The next attempt follows');
      expect(await containers(id, true)).toEqual([]);
      await docker('docker', ['tag', image, tag]);
      expect(await reaches(id, 'running')).toMatchObject({ attested: 'matched', statusReason: null });
    } finally {
      await docker('docker', ['rmi', '--force', tag]).catch(() => undefined);
    }
  });

  requires('docker', 'root', 'mounts').test(
    'that find the disk full fail with the fix, and run by themselves once there is room',
    async () => {
      await start({ restartMs: 500 });
      const [files, sockets] = [await agent({ level: 'sandboxed' }), await agent({ level: 'sandboxed' })];
      const fill = async (path: string, inodes: number): Promise<() => Promise<unknown>> => {
        await mkdir(path, { recursive: true });
        await docker('mount', ['-t', 'tmpfs', '-o', `size=1m,nr_inodes=${inodes},mode=755`, 'tmpfs', path]);
        return () => docker('mount', ['-o', 'remount,size=1m,nr_inodes=1000', path]);
      };
      const mounted = [test.core.files.directory(files), join(dataDir, 'run')];
      try {
        for (const [index, id] of [files, sockets].entries()) {
          // A server that was killed has neither open.
          await test.core.files.forget(id);
          const makeRoom = await fill(mounted[index] ?? '', 2);
          const refused = await call('POST', `/api/agents/${id}/start`);
          expect(refused.body.error, refused.text).toContain('the disk is full');
          expect(refused.body.fix).toMatch(/free space/i);
          expect(await reasonOfFailure(id)).toMatch(
            /the disk is full.* Free space .*The next attempt follows/,
          );
          expect(await containers(id, true)).toEqual([]);
          await makeRoom();
          expect(await reaches(id, 'running')).toMatchObject({ attested: 'matched', statusReason: null });
          await call('POST', `/api/agents/${id}/stop`);
        }
      } finally {
        for (const path of mounted) await docker('umount', ['-l', path]).catch(() => undefined);
      }
    },
  );

  it('adopted, but not isolated as this version asks, gets a new worker instead of a failure', async () => {
    await start();
    const id = await agent();
    const { generation } = await running(id);
    await test.stop();
    await start({
      restartMs: 100,
      attest: async (spec) => {
        const limits = spec.generation === generation ? { ...spec.limits, pids: 7 } : spec.limits;
        return test.docker().attest({ ...spec, limits });
      },
    });
    const next = await until(
      'the next worker',
      async () => {
        const found = await test.core.storage.agents.get(id);
        return found?.status === 'running' && found.generation > generation && found;
      },
      90_000,
    );
    expect(next).toMatchObject({ attested: 'matched' });
    expect(await audited(id, 'attestation_mismatched')).toContain('pidsLimit');
  });

  it('that differ from what was requested are ended before they get work, with the field in status and audit', async () => {
    await start({ attest: (spec) => test.docker().attest({ ...spec, limits: { ...spec.limits, pids: 7 } }) });
    const id = await agent();
    await call('POST', `/api/agents/${id}/start`);
    const failed = await reaches(id, 'failed');
    expect(failed).toMatchObject({ attested: 'mismatched', desired: 'running' });
    const { items } = (await call('GET', '/api/agents')).body as {
      items: { id: string; attested: string }[];
    };
    expect(items.find((item) => item.id === id)?.attested).toBe('mismatched');
    expect(failed.statusReason).toContain('pidsLimit');
    // The engine would do the same again, so there is no next attempt.
    expect(failed.statusReason).not.toContain('next attempt');
    expect(await containers(id)).toEqual([]);
    expect(await audited(id, 'attestation_mismatched')).toContain('pidsLimit');
    expect(await test.core.storage.credentials.listFor(id)).not.toContainEqual(
      expect.objectContaining({ kind: 'resume' }),
    );
  });

  it('privileged: commands may become root and install, until the next start whatever is configured meanwhile, and what they leave does not break a sandboxed one', async () => {
    // The base of the tests has busybox's dpkg, which needs its directory. The sudo is that of our image.
    const tag = `clawforce-test-power:${randomUUID()}`;
    const prepared = 'mkdir -p /var/lib/dpkg/info && touch /var/lib/dpkg/status';
    await buildImage(tag, `FROM ${image}\nUSER 0:0\nRUN ${prepared}\nUSER 10001:10001\n`);
    await start({ env: { CLAWFORCE_MAX_LEVEL: 'privileged', AGENT_IMAGE: tag } });
    const { body: made } = await call('POST', '/api/agents', { name: 'power' });
    const id = made.id as string;
    const level = (name: string): Promise<Answer> =>
      call('PATCH', `/api/agents/${id}/config`, { security: { docker: { level: name } } });
    await call('POST', '/api/auth/reauthenticate', { password: PASSWORD });
    expect((await level('privileged')).status).toBe(200);
    expect(await running(id)).toMatchObject({ attested: 'matched' });
    expect((await call('GET', `/api/agents/${id}/status`)).body.reason).toContain('privileged');
    const install = [
      "const fs = require('fs');",
      "fs.writeFileSync('/usr/local/bin/installed-tool', '#!/bin/sh\\necho installed', { mode: 0o755 });",
      "fs.mkdirSync('left', { recursive: true }); fs.writeFileSync('left/root-owned', 'x', { mode: 0o600 });",
      'console.log(process.getuid());',
    ].join('\n');
    await writePackage(join(test.core.files.directory(id), 'workspace', 'local.deb'), 'packaged-tool');
    const sudo = await run(id, 'exec', { command: 'sudo dpkg -i local.deb' });
    expect(sudo.body, String(sudo.body.output)).toMatchObject({ status: 'ok' });
    const become = await run(id, 'exec', { command: 'sudo -n -E -u root LC_ALL=C id -u' });
    expect(become.body, String(become.body.output)).toMatchObject({ status: 'ok', output: '0\n' });
    const packaged = await run(id, 'exec', { command: 'packaged-tool' });
    expect(packaged.body.output).toBe('from a package\n');
    await run(id, 'write_file', { path: 'install.cjs', content: install });
    const installed = await run(id, 'exec', { command: 'node install.cjs' });
    expect(installed.body).toMatchObject({ status: 'ok', output: '0\n' });
    expect((await run(id, 'exec', { command: 'installed-tool' })).body.output).toContain('installed');
    // Beside the limits of its container, all that holds a command at this level.
    const show = "console.log(require('fs').readFileSync('/proc/self/limits', 'utf8'));";
    await run(id, 'write_file', { path: 'limits.cjs', content: show });
    const limits = String((await run(id, 'exec', { command: 'node limits.cjs' })).body.output);
    for (const held of [
      /^Max core file size +0 +0 /m,
      /^Max file size +\d+ +\d+ /m,
      /^Max cpu time +\d+ +\d+ /m,
    ])
      expect(limits).toMatch(held);
    const judged = async (command: string): Promise<string> => {
      const answer = await call('POST', `/api/agents/${id}/policy/test`, { tool: 'exec', args: { command } });
      return answer.body.decision.effect as string;
    };
    const asRoot = ['sudo id', 'sudo apt-get install -y ./local.deb', 'sudo dpkg -i local.deb'];
    expect(await Promise.all(asRoot.map(judged))).toEqual(['allow', 'allow', 'allow']);
    expect(await judged('sudo apt-get purge -y libc6')).toBe('deny');
    // What is configured meanwhile is for the next worker: this one keeps what it was attested to have.
    const standing = async (): Promise<unknown> => {
      const { level: next, running_level, attested } = (await call('GET', `/api/agents/${id}`)).body;
      return { next, running_level, attested };
    };
    const isRoot = async (): Promise<unknown> => {
      const { body } = await run(id, 'exec', { command: 'sudo id -u' });
      return [body.status, body.output === '0\n'];
    };
    expect((await level('sandboxed')).body.applied).toBe('confirmed');
    expect(await standing()).toEqual({
      next: 'sandboxed',
      running_level: 'privileged',
      attested: 'matched',
    });
    expect(await Promise.all(asRoot.map(judged))).toEqual(['allow', 'allow', 'allow']);
    expect(await isRoot()).toEqual(['ok', true]);
    // The worst that it can leave: no journal where its worker's belongs, and doors that are shut.
    const sabotage =
      'rm /agent/.state/outbox.jsonl; mkdir -p /agent/.state/outbox.jsonl/x && chmod 0 /agent/.state /agent/workspace';
    await inside(id, 'sh', '-c', sabotage);
    await call('POST', `/api/agents/${id}/stop`);
    const safe = await running(id);
    expect(safe).toMatchObject({ attested: 'matched' });
    const left = await lstat(join(test.core.files.directory(id), 'workspace', 'left', 'root-owned'));
    expect(left.uid).toBe(safe.workerUid);
    expect((await run(id, 'read_file', { path: 'left/root-owned' })).body.status).toBe('ok');
    expect((await run(id, 'write_file', { path: 'after', content: 'x' })).body.status).toBe('ok');
    // Its first event may still be on its way to the disk.
    await until('a journal', async () =>
      /^[1-9]/.test(await inside(id, 'sh', '-c', 'wc -l < /agent/.state/outbox.jsonl || echo none')),
    );
    expect(await Promise.all(asRoot.map(judged))).toEqual(['deny', 'deny', 'deny']);
    // What was installed went with its container.
    expect(await inside(id, 'sh', '-c', 'command -v packaged-tool installed-tool || echo neither')).toBe(
      'neither',
    );
    // Nor does a level that is only configured give anybody power.
    expect((await level('privileged')).body.applied).toBe('confirmed');
    expect(await standing()).toEqual({
      next: 'privileged',
      running_level: 'sandboxed',
      attested: 'matched',
    });
    expect(await Promise.all(asRoot.map(judged))).toEqual(['deny', 'deny', 'deny']);
    expect(await isRoot()).toEqual(['denied', false]);
    // A command shuts the directory of its worker, which it cannot look into; the worker records its end all the same.
    const shut = [
      "const fs = require('fs');",
      "fs.chmodSync('/agent/.state', 0); console.log(fs.statSync('/agent/.state').mode & 0o777);",
    ].join('\n');
    await run(id, 'write_file', { path: 'shut.cjs', content: shut });
    expect((await run(id, 'exec', { command: 'node shut.cjs' })).body.output).toBe('0\n');
    await call('POST', `/api/agents/${id}/stop`);
    expect((await lstat(join(test.core.files.directory(id), '.state'))).mode & 0o777).toBe(0o700);
    // Without a worker there is no attestation, and the gate that judges in its place says no.
    expect(await standing()).toMatchObject({ running_level: null, attested: 'none' });
    expect(await judged('sudo id')).toBe('deny');
    await docker('docker', ['rmi', '--force', tag]);
  });
});
