import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cp, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { requires } from '../host/host-test.js';
import { TEST_LABEL } from '../host/test-image.js';
import { ensureBaseImage } from './base-image.mjs';
import { dependencyClosure } from './dependency-closure.mjs';
import { ensureWorkerImage } from './worker-image.mjs';

const run = promisify(execFile);
const docker = requires('docker');

const hardened = [
  ...['run', '--rm', '--label', TEST_LABEL, '--network', 'none', '--read-only', '--cap-drop', 'ALL'],
  ...['--security-opt', 'no-new-privileges', '--tmpfs', '/tmp:rw,noexec,nosuid,nodev,size=16m'],
];

async function failure(args: readonly string[]): Promise<{ code: number; stdout: string }> {
  try {
    await run('docker', [...args]);
  } catch (error) {
    return error as { code: number; stdout: string };
  }
  throw new Error('expected the container to fail');
}

docker.describe('the worker image', () => {
  docker.test(
    'is built without a registry, starts the worker as an ordinary user and needs no writable root',
    async () => {
      const image = await ensureWorkerImage();
      const usage = await failure([...hardened, image]);
      expect(usage.code).toBe(64);
      expect(JSON.parse(usage.stdout)).toMatchObject({ level: 'error', variable: 'AGENT_ID' });
      const socketless = await failure([...hardened, '--env', 'AGENT_ID=a', image]);
      // It came as far as its socket directory, of which an image has none.
      expect(socketless.code).toBe(77);
      const { stdout } = await run('docker', ['image', 'inspect', '--format', '{{.Config.User}}', image]);
      expect(stdout.trim()).toBe('10001:10001');
    },
    300_000,
  );

  docker.test('holds nothing that an ordinary user could change', async () => {
    const image = await ensureWorkerImage();
    const find = 'find /opt/clawforce ! -type l \\( -perm -o+w -o -user 10001 -o ! -perm -o+r \\) | head';
    const { stdout } = await run('docker', [...hardened, '--entrypoint', 'sh', image, '-c', find]);
    expect(stdout).toBe('');
  });

  docker.test('has a sudo for an agent that is root already, which makes nobody else root', async () => {
    const image = await ensureWorkerImage();
    const sudo = async (user: string, ...args: string[]): Promise<string> => {
      const asUser = ['--user', user, '--entrypoint', 'sudo'];
      const started = run('docker', [...hardened, ...asUser, image, ...args]);
      return started.then(
        ({ stdout }) => stdout.trim(),
        (error: unknown) => (error as { stderr: string }).stderr.trim(),
      );
    };
    expect(await sudo('0:0', 'id', '-u')).toBe('0');
    expect(await sudo('0:0', '-nE', '--user=root', 'NAME=a b', 'sh', '-c', 'echo "$NAME"')).toBe('a b');
    expect(await sudo('0:0', '-u', 'nobody', 'id')).toBe('sudo: commands become root here, not nobody');
    expect(await sudo('0:0', '-i')).toBe('sudo: the option -i is not known here');
    expect(await sudo('0:0', '--', '-S id')).toBe('sudo: a command is missing');
    expect(await sudo('10001:10001', 'id', '-u')).toMatch(/^sudo: this agent is not root/);
    const setuid = 'find / -xdev -perm /6000 -name sudo 2>/dev/null; true';
    const { stdout } = await run('docker', [...hardened, '--entrypoint', 'sh', image, '-c', setuid]);
    expect(stdout).toBe('');
  });

  docker.test('is built once: the tag follows the content', async () => {
    const sentences: string[] = [];
    const image = await ensureWorkerImage();
    expect(await ensureWorkerImage({ say: (sentence) => sentences.push(sentence) })).toBe(image);
    expect(sentences).toEqual([]);
  });

  docker.test(
    "a base that is not there is an error with the engine's words, not a half-built image",
    async () => {
      const base = 'clawforce.invalid/nothing:0';
      await expect(ensureWorkerImage({ base })).rejects.toThrow(/docker build ended with \d+/);
    },
  );
});

requires('docker', 'cc', 'root').test(
  'the Dockerfile compiles the native programs in a stage of its own where the host passes none, and only those get into the image',
  async () => {
    const context = await mkdtemp(join(tmpdir(), 'clawforce-compiler-'));
    const unique = randomUUID().slice(0, 8);
    const base = `clawforce-test-compiler:${unique}`;
    const sentences: string[] = [];
    let image = '';
    const inside = async (script: string): Promise<string> =>
      (await run('docker', [...hardened, '--entrypoint', 'sh', image, '-c', script])).stdout.trim();
    const programs =
      'sha256sum $(find /opt/clawforce -name clawforce-confine -o -name clawforce-drill-probe | sort)';
    try {
      // The compiler of this host stands for the one that apt would bring.
      await stageCompiler(join(context, 'root'));
      await writeFile(join(context, 'Dockerfile'), `FROM ${await ensureBaseImage()}\nCOPY root/ /\n`);
      await run('docker', ['build', '--network', 'none', '--tag', base, '--label', TEST_LABEL, context], {
        env: { ...process.env, DOCKER_BUILDKIT: '0' },
      });
      image = await ensureWorkerImage({ base, compile: true, say: (line) => sentences.push(line) });
      const compiled = await inside(programs);
      expect(compiled.split('\n')).toHaveLength(2);
      // What `npm start` prints meanwhile: what is built on what, then each step.
      expect(sentences[0]).toBe(`building ${image} on ${base}`);
      expect(sentences.slice(1).every((line) => /^(?:Step \d+\/\d+ : |#\d+ \[)/.test(line))).toBe(true);
      expect(sentences.join('\n')).toContain('RUN sh /native/build.sh');
      // They work there: the probe makes a call that is refused, the helper confines a command and the worker finds it.
      const probe = '/opt/clawforce/bin/clawforce-drill-probe call works bpf 0 0 0';
      expect(await inside(`${probe}; echo $?`)).toBe('1');
      const find = `import { probeConfiners } from '/opt/clawforce/node_modules/@clawforce/policy-shell/dist/run.js';
        console.log(JSON.stringify((await probeConfiners()).find(({ backend }) => backend === 'landlock')))`;
      expect(await inside(`node --input-type=module -e "${find}"`)).toContain('clawforce-confine');
      expect(await inside('ls /native 2>/dev/null; ls /out 2>/dev/null; true')).toBe('');
      // The other way, which takes them as the context has them, is another image with programs of its own.
      const passed = image;
      image = await ensureWorkerImage();
      expect(image).not.toBe(passed);
      expect((await inside(programs)).split('\n')).toHaveLength(2);
      image = passed;
    } finally {
      await run('docker', ['rmi', '--force', ...(image === '' ? [] : [image]), base]).catch(() => undefined);
      await rm(context, { recursive: true, force: true });
    }
  },
  300_000,
);

/** Copies the C compiler of this host, with what it needs to link a static program, and nothing else. */
async function stageCompiler(target: string): Promise<void> {
  const ask = async (...args: string[]): Promise<string> => (await run('gcc', args)).stdout.trim();
  const machine = await ask('-dumpmachine');
  const own = dirname(await ask('-print-libgcc-file-name'));
  const libraries = `/usr/lib/${machine}`;
  const put = (from: string, to = from): Promise<void> =>
    cp(from, join(target, to), { recursive: true, dereference: true });
  const programs = [
    ['/usr/bin/gcc', '/usr/bin/cc'],
    ['/usr/bin/as', '/usr/bin/as'],
    ['/usr/bin/ld', '/usr/bin/ld'],
    [join(own, 'cc1'), join(own, 'cc1')],
    [join(own, 'collect2'), join(own, 'collect2')],
    [join(own, 'lto-wrapper'), join(own, 'lto-wrapper')],
    [join(own, 'liblto_plugin.so'), join(own, 'liblto_plugin.so')],
  ] as const;
  for (const [from, to] of programs) {
    const { stdout } = await run('ldd', [from]);
    for (const [, path = ''] of stdout.matchAll(/(?:=>\s*)?(\/\S+)\s+\(0x/g)) await put(path);
    await put(from, to);
  }
  const parts = (await readdir(own)).filter((name) => /^(?:crt\w*\.o|libgcc(?:_eh)?\.a|include)$/.test(name));
  for (const name of parts) await put(join(own, name));
  for (const name of ['crt1.o', 'crti.o', 'crtn.o', 'libc.a']) await put(join(libraries, name));
  const headers = (await readdir('/usr/include')).filter((name) => name.endsWith('.h'));
  for (const name of [...headers, 'linux', 'asm-generic', machine]) await put(join('/usr/include', name));
}

docker.test('a package that is missing is an error, not a smaller image', async () => {
  const empty = await realpath(await mkdtemp(join(tmpdir(), 'clawforce-empty-')));
  expect(() => dependencyClosure(empty, '@clawforce/worker')).toThrow(/not installed/);
});
