import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { requires } from '../host/host-test.js';
import { TEST_LABEL, testWorkerImage } from '../host/test-image.js';
import { ensureControlPlaneImage } from './control-plane-image.mjs';

const run = promisify(execFile);
const docker = requires('docker', 'root');
const root = new URL('../..', import.meta.url).pathname;

/** The engine takes connections before there is anybody to serve them; such a one is never answered. */
const patience = (): AbortSignal => AbortSignal.timeout(20_000);

/** Waits for an answer of the API; a container that has ended meanwhile is told with its last lines. */
async function eventually<T>(name: string, what: string, probe: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + 180_000;
  for (;;) {
    const found = await probe();
    if (found !== undefined) return found;
    const { stdout: state } = await run('docker', ['inspect', '--format', '{{.State.Running}}', name]);
    if (state.trim() !== 'true' || Date.now() > deadline) {
      const { stdout, stderr } = await run('docker', ['logs', '--tail', '30', name]);
      throw new Error(`waited in vain for ${what}:\n${stdout}${stderr}`);
    }
    await sleep(300);
  }
}

async function call(url: string, token: string, body?: object): Promise<Record<string, unknown>> {
  const response = await fetch(url, {
    method: body ? 'POST' : 'GET',
    signal: patience(),
    headers: {
      ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url}: ${response.status} ${text}`);
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
}

requires('docker', 'root', 'compose').describe('the compose file', () => {
  const { test } = requires();
  test('is refused by compose as long as a value is missing that has no good default, by the name of the value', async () => {
    const bare = run('docker-compose', ['-f', join(root, 'deploy/compose.yaml'), 'config'], {
      env: { PATH: process.env['PATH'] ?? '' },
    });
    await expect(bare).rejects.toMatchObject({
      stderr: expect.stringMatching(/CLAWFORCE_IMAGE|AGENT_IMAGE|ADMIN_/) as string,
    });
  });

  test('starts a control plane in a container that finds the paths of its host and gives an agent a worker beside it', async () => {
    const image = await ensureControlPlaneImage();
    const host = await realpath(await mkdtemp(join(tmpdir(), 'compose-')));
    const label = `${TEST_LABEL}=deploy-${randomUUID()}`;
    // The directories that the file says to make, all of which outlive a reboot.
    const composed = await readFile(join(root, 'deploy/compose.yaml'), 'utf8');
    const directories = /install -d -m 0700 (.+)/.exec(composed)?.[1]?.split(' ') ?? [];
    const bound = [...composed.matchAll(/^ +- (\/srv\/[^:]+):(?!.*:ro$)/gm)].map((match) => match[1]);
    expect(directories).toEqual(bound);
    for (const directory of directories) await mkdir(join(host, directory), { recursive: true, mode: 0o700 });
    const key = join(host, 'srv/clawforce.master-key');
    await writeFile(key, randomBytes(32).toString('hex'), { mode: 0o400 });
    const password = `${randomUUID()} of a test`;
    const project = `clawforce-deploy-${randomUUID().slice(0, 8)}`;
    // The file as it is, but for the paths of the host and the port, which other tests have as well.
    const text = composed
      .replaceAll(/- (\/(?:srv|run)\/clawforce)/g, `- ${host}$1`)
      .replace("'127.0.0.1:8080:8080'", "'127.0.0.1::8080'");
    expect(text.match(new RegExp(host, 'g'))).toHaveLength(3);
    await writeFile(join(host, 'compose.yaml'), text);
    const first = { ADMIN_SETUP_USERNAME: 'root', ADMIN_SETUP_PASSWORD: password };
    const more = { services: { 'control-plane': { environment: first, labels: [label] } } };
    await writeFile(join(host, 'first-user.yaml'), JSON.stringify(more));
    const files = ['compose.yaml', 'first-user.yaml'].flatMap((name) => ['-f', join(host, name)]);
    const env = {
      PATH: process.env['PATH'] ?? '',
      CLAWFORCE_IMAGE: image,
      CLAWFORCE_WORKER_IMAGE: await testWorkerImage(),
      ADMIN_JWT_SECRET: randomBytes(32).toString('hex'),
      ADMIN_PUBLIC_URL: 'https://clawforce.example',
    };
    const compose = (...words: string[]): Promise<{ stdout: string }> =>
      run('docker-compose', ['-p', project, ...files, ...words], { env });
    let agent = 'none';
    try {
      await compose('up', '--detach');
      const name = (await compose('ps', '-q', 'control-plane')).stdout.trim();
      const { stdout: port } = await run('docker', ['port', name, '8080/tcp']);
      const api = `http://${port.trim().split('\n')[0] ?? ''}`;
      // Ready only after a throw-away container read a file of this one's volumes and connected back.
      await eventually(name, 'the control plane', async () => {
        const answer = await fetch(`${api}/readyz`, { signal: AbortSignal.timeout(2_000) }).catch(
          () => undefined,
        );
        return answer?.status === 200 || undefined;
      });
      const { access_token: token } = await call(`${api}/api/auth/login`, '', {
        username: 'root',
        password,
        client: 'api',
      });
      const made = await call(`${api}/api/agents`, String(token), { name: 'deployed' });
      agent = String(made['id']);
      await call(`${api}/api/agents/${agent}/start`, String(token), {});
      const status = await eventually(name, 'the worker', async () => {
        const now = await call(`${api}/api/agents/${agent}/status`, String(token));
        if (now['status'] === 'failed') throw new Error(String(now['reason']));
        return now['status'] === 'running' ? now : undefined;
      });
      expect(status).toMatchObject({ backend: 'docker', attested: 'matched' });
      const { stdout: mounts } = await run('docker', [
        ...['ps', '--no-trunc', '--format', '{{.Mounts}}', '--filter', `label=clawforce.agent=${agent}`],
      ]);
      // The worker got directories of the host, under the host's names.
      expect(mounts).toContain(join(host, 'srv/clawforce/agents', agent, 'workspace'));
      expect(mounts).toContain(join(host, 'srv/clawforce-run'));
      // From in here the services of the host are out of reach: their cases say so, all others are tried.
      const { id: drill } = await call(`${api}/api/drills`, String(token), { level: 'permissive' });
      const report = await eventually(name, 'the drill', async () => {
        const now = await call(`${api}/api/drills/${String(drill)}`, String(token));
        return now['state'] === 'running' ? undefined : now;
      });
      const rows = report['rows'] as { id: string; actual: string; verdict: string; detail?: string }[];
      expect(rows.filter(({ verdict }) => verdict === 'fail')).toEqual([]);
      expect(rows.filter(({ actual }) => actual === 'not-run').map(({ id }) => id)).toEqual(
        expect.arrayContaining(['net-gateway', 'net-loopback']),
      );
      const { items } = await call(`${api}/api/audit?kind=drill`, String(token));
      expect(JSON.stringify(items)).toMatch(/not_tried[^\]]*net-loopback/);
      for (const id of ['fs-neighbour-hostpath', 'ctl-neigh-socket'])
        expect(rows.find((row) => row.id === id)).toMatchObject({ actual: 'blocked' });
      expect(report).toMatchObject({ verdict: 'pass' });
      await compose('stop', '--timeout', '60');
      const { stdout: code } = await run('docker', ['inspect', '--format', '{{.State.ExitCode}}', name]);
      expect(code.trim()).toBe('0');
    } finally {
      const workers = ['ps', '--all', '--quiet', '--filter', `label=clawforce.agent=${agent}`];
      const { stdout: left } = await run('docker', workers);
      const names = left.split('\n').filter(Boolean);
      if (names.length > 0) await run('docker', ['rm', '--force', '--volumes', ...names]);
      await compose('down', '--volumes', '--timeout', '10');
      const { stdout: nets } = await run('docker', [
        ...['network', 'ls', '--quiet', '--filter', `label=clawforce.agent=${agent}`],
      ]);
      const networks = nets.split('\n').filter(Boolean);
      if (networks.length > 0) await run('docker', ['network', 'rm', ...networks]);
      await rm(host, { recursive: true, force: true });
    }
  }, 600_000);
});

docker.describe('the example of a custom worker image', () => {
  requires('docker', 'python3').test(
    'adds Python and a tool of its own to the worker image, and the worker still starts',
    async () => {
      const context = await mkdtemp(join(tmpdir(), 'example-'));
      const unique = randomUUID().slice(0, 8);
      const [base, tag] = [`clawforce-example-base:${unique}`, `clawforce-example:${unique}`];
      const build = (name: string, ...args: string[]) =>
        run('docker', ['build', '--network', 'none', '--tag', name, '--label', TEST_LABEL, ...args], {
          env: { ...process.env, DOCKER_BUILDKIT: '0' },
        });
      try {
        // The host's Python stands for what apt would bring, so that no registry is needed.
        await stagePython(join(context, 'root'));
        await writeFile(join(context, 'Dockerfile'), `FROM ${await testWorkerImage()}\nCOPY root/ /\n`);
        await build(base, context);
        const example = join(root, 'apps/worker/examples/python-tools');
        await build(tag, '--build-arg', `WORKER_IMAGE=${base}`, example);
        const inside = [
          ...['run', '--rm', '--label', TEST_LABEL, '--network', 'none', '--read-only', '--cap-drop', 'ALL'],
        ];
        const script = 'id -u && word-count /etc/passwd';
        const { stdout } = await run('docker', [...inside, '--entrypoint', 'sh', tag, '-c', script]);
        expect(stdout).toMatch(/^10001\n\d+ \/etc\/passwd\n$/);
        // The worker itself, which misses who it is for.
        await expect(run('docker', [...inside, tag])).rejects.toMatchObject({ code: 64 });
      } finally {
        await run('docker', ['rmi', '--force', tag, base]).catch(() => undefined);
        await rm(context, { recursive: true, force: true });
      }
    },
    600_000,
  );
});

/** Copies the interpreter of this host with what it loads and the library that it cannot do without. */
async function stagePython(target: string): Promise<void> {
  const program = await realpath('/usr/bin/python3');
  const { stdout: where } = await run(program, ['-c', 'import os; print(os.path.dirname(os.__file__))']);
  const { stdout: linked } = await run('ldd', [program]);
  const objects = [...linked.matchAll(/=>\s*(\/\S+)/g)].map((match) => match[1] ?? '');
  for (const path of objects) await cp(path, join(target, path), { dereference: true });
  await cp(program, join(target, '/usr/bin/python3'));
  await cp(where.trim(), join(target, where.trim()), {
    recursive: true,
    filter: (path) => !/\/(?:__pycache__|config-|test|lib2to3|pydoc_data|distutils|dist-packages)/.test(path),
  });
}
