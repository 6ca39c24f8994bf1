import { execFile } from 'node:child_process';
import { mkdtemp, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { requires } from '../host/host-test.js';
import { TEST_LABEL } from '../host/test-image.js';
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

docker.test('a package that is missing is an error, not a smaller image', async () => {
  const empty = await realpath(await mkdtemp(join(tmpdir(), 'clawforce-empty-')));
  expect(() => dependencyClosure(empty, '@clawforce/worker')).toThrow(/not installed/);
});
