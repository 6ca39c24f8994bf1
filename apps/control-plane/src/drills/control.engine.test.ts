import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect } from 'vitest';
import { requires } from '../../../../tools/host/host-test.js';
import { TEST_LABEL, testWorkerImage } from '../../../../tools/host/test-image.js';
import { COMMAND_CASES } from './command-cases.js';
import { POLICY_CASES } from './policy-cases.js';
import { PROGRAM_EXITS, type ToolCase } from './tool-case.js';

const run = promisify(execFile);
const docker = requires('docker', 'root', 'cc');
const AROUND = { socketDir: '/run/clawforce', confined: true };

/** Everything that the cases are after is there, and answers. It stands for the worker whose memory they want. */
const SURROUNDINGS = `
const net = require('net'), fs = require('fs');
const listen = (...where) => new Promise((done) => net.createServer((s) => s.on('error', () => undefined).end('HTTP/1.1 200 OK\\r\\ncontent-length: 2\\r\\n\\r\\nok')).listen(...where, done));
Promise.all([
  listen('/run/clawforce/link.sock'), listen('/run/clawforce/broker.sock'),
  listen(80, '169.254.169.254'), listen(80, '10.0.0.1'), listen(8080, '127.0.0.1'),
]).then(() => { fs.openSync('/etc/hosts', 'r'); fs.writeFileSync('/ready', String(process.pid)); });
`;

/** A worker as it must not be: it does what the model asks for, with the means that any program has. */
const NAIVE_WORKER = `
const fs = require('fs'), { join, resolve, dirname } = require('path'), { fileURLToPath } = require('url');
const workspace = '/agent/workspace';
// As a program does that takes zones of the agent for plain directories of it.
const place = (path) => /^(?:\\.config|\\.state|profiles)\\//.test(path) ? join('/agent', path) : resolve(workspace, path);
const tools = {
  read_file: ({ path }) => fs.readFileSync(place(path)),
  write_file: ({ path, content }) => { fs.mkdirSync(dirname(place(path)), { recursive: true }); fs.writeFileSync(place(path), content); },
  exec: ({ command }) => require('child_process').execFileSync('sh', ['-c', command], { cwd: workspace }),
  // Like any client that also knows the URLs of files.
  web_fetch: async ({ url }) => url.startsWith('file:') ? fs.readFileSync(fileURLToPath(url)) : (await fetch(url)).text(),
};
const [tool, args] = JSON.parse(process.argv[1]);
Promise.resolve().then(() => tools[tool](args)).then(() => process.exit(0), (error) => { console.error(error.message); process.exit(1); });
`;

docker.describe('the positive control of the command and policy cases', () => {
  const name = `clawforce-control-${randomUUID().slice(0, 8)}`;
  let root: string;
  let workerPid: number;

  const inside = async (...command: string[]): Promise<{ code: number; text: string }> =>
    run('docker', ['exec', name, ...command]).then(
      ({ stdout, stderr }) => ({ code: 0, text: stdout + stderr }),
      (error: unknown) => {
        const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
        return { code, text: stdout + stderr };
      },
    );

  beforeAll(async () => {
    root = await realpath(await mkdtemp(join(tmpdir(), 'control-')));
    for (const zone of ['workspace/drill', 'profiles', '.config', '.state', 'run'])
      await mkdir(join(root, zone), { recursive: true });
    await writeFile(join(root, '.config/agent.json'), '{"as":"it was"}');
    await writeFile(join(root, '.state/outbox.jsonl'), '{}');
    await writeFile(join(root, 'run/join'), 'a credential');
    await writeFile(join(root, 'surroundings.cjs'), SURROUNDINGS);
    await chmod(root, 0o755);
    const start =
      'ip addr add 169.254.169.254/32 dev lo && ip addr add 10.0.0.1/32 dev lo && exec node /agent/surroundings.cjs';
    await run('docker', [
      ...['run', '--detach', '--name', name, '--label', `${TEST_LABEL}=${name}`, '--network', 'none'],
      // All that the levels take away.
      ...['--user', '0:0', '--cap-add', 'NET_ADMIN', '--cap-add', 'SYS_PTRACE'],
      ...['--security-opt', 'seccomp=unconfined', '--security-opt', 'apparmor=unconfined'],
      ...['--volume', `${root}:/agent`, '--volume', `${join(root, 'run')}:/run/clawforce`],
      ...['--env', 'AGENT_ROOT=/agent', '--entrypoint', 'sh', await testWorkerImage(), '-c', start],
    ]);
    const deadline = Date.now() + 60_000;
    for (;;) {
      await sleep(100);
      const { code, text } = await inside('cat', '/ready');
      if (code === 0) {
        workerPid = Number(text);
        break;
      }
      if (Date.now() > deadline) throw new Error('the surroundings never came up');
    }
  }, 300_000);

  afterAll(async () => {
    await run('docker', ['rm', '--force', '--volumes', name]).catch(() => undefined);
    await rm(root, { recursive: true, force: true });
  });

  const proven = (cases: readonly ToolCase[]): readonly ToolCase[] =>
    cases.filter(({ control, expect: wanted }) => control && wanted.permissive === 'blocked');

  docker.test(
    'each program of the drill succeeds where nothing holds it',
    async () => {
      const probe = '/opt/clawforce/bin/clawforce-drill-probe';
      const failed: string[] = [];
      const places = { agentRoot: root, socketDir: join(root, 'run') };
      let seen = 0;
      for (const { id, program, happened } of proven(COMMAND_CASES)) {
        if (await happened?.(places)) failed.push(`${id}: has happened before it was tried`);
        await writeFile(
          join(root, 'workspace/drill', `${id}.cjs`),
          program?.({ workerPid, probe, ...AROUND }) ?? 'process.exit(1)',
        );
        const { code, text } = await inside('node', `/agent/workspace/drill/${id}.cjs`);
        if (code !== PROGRAM_EXITS.succeeded) failed.push(`${id}: ${code} ${text}`);
        if (!happened) continue;
        seen += 1;
        if (!(await happened(places))) failed.push(`${id}: is not seen from outside`);
      }
      expect(failed).toEqual([]);
      expect(seen).toBe(4);
      expect(proven(COMMAND_CASES).length).toBeGreaterThan(14);
    },
    120_000,
  );

  docker.test(
    'each tool call of the drill succeeds in a worker without a gate',
    async () => {
      const failed: string[] = [];
      for (const { id, tool, args } of proven(POLICY_CASES)) {
        const { code, text } = await inside('node', '-e', NAIVE_WORKER, JSON.stringify([tool, args]));
        if (code !== 0) failed.push(`${id}: ${code} ${text}`);
      }
      expect(failed).toEqual([]);
      expect(proven(POLICY_CASES).length).toBeGreaterThan(12);
      // What it did was done: the workspace is gone.
      expect((await inside('ls', '-A', '/agent/workspace')).text).toBe('');
    },
    120_000,
  );

  docker.test('a program that makes a mistake is not taken for one that was held', async () => {
    const [first] = COMMAND_CASES;
    const head =
      first?.program?.({ workerPid: undefined, probe: undefined, ...AROUND }).replace('done(true);', '') ??
      '';
    const end = async (body: string): Promise<number> => {
      await mkdir(join(root, 'workspace/drill'), { recursive: true });
      await writeFile(join(root, 'workspace/drill/x.cjs'), `${head}${body}`);
      return (await inside('node', '/agent/workspace/drill/x.cjs')).code;
    };
    const { held, notTried } = PROGRAM_EXITS;
    expect(await end("attempt(() => fs.readFileSync('/nonexistent'));")).toBe(held);
    expect(await end('attempt(() => nothing.of.that.kind);')).not.toBe(held);
    expect(await end("attempt(() => fs.readFileSync(ofWorker('environ')));")).toBe(notTried);
    expect(await end("done(calls('ptrace', '0', '0', '0', '0'));")).toBe(notTried);
  });
});
