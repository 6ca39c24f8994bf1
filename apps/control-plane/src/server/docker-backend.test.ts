import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readSettings } from '../settings/index.js';
import { createDockerPool } from './docker-backend.js';

/** Gives what an engine without any image is asked for, by a pool whose image is looked for. */
async function askedOfEngine(env: Record<string, string>): Promise<{ asked: string[]; code: unknown }> {
  const directory = await mkdtemp(join(tmpdir(), 'engine-'));
  const asked: string[] = [];
  // The edge of the world: an engine that has nothing, and whose registry has nothing.
  const engine = createServer(({ method, url }, response) => {
    asked.push(`${method ?? ''} ${decodeURIComponent(url ?? '').replace(/^\/v[\d.]+/, '')}`);
    response.writeHead(404, { 'content-type': 'application/json' }).end('{"message":"no such thing"}');
  });
  const socket = join(directory, 'docker.sock');
  await new Promise<void>((resolve) => engine.listen(socket, resolve));
  try {
    const settings = readSettings({
      env: { ADMIN_STORAGE_ROOT: directory, DOCKER_HOST: `unix://${socket}`, ...env },
    });
    const { pool } = await createDockerPool(settings, 'test', () => undefined);
    const code = await pool.image().then(
      () => 'found',
      (error: unknown) => (error as { code?: unknown }).code,
    );
    await pool.close();
    return { asked, code };
  } finally {
    engine.closeAllConnections();
    await new Promise((resolve) => engine.close(resolve));
    await rm(directory, { recursive: true, force: true });
  }
}
const pulls = (asked: readonly string[]): string[] =>
  asked.filter((line) => line.startsWith('POST /images/create'));

it('never pulls the image of this version by name: a stranger may own that name at a registry', async () => {
  const { asked, code } = await askedOfEngine({});
  expect(code).toBe('IMAGE_MISSING');
  expect(asked.some((line) => line.startsWith('GET /images/clawforce/worker:'))).toBe(true);
  expect(pulls(asked)).toEqual([]);
});

it('pulls an image that the operator has named', async () => {
  const { asked, code } = await askedOfEngine({ AGENT_IMAGE: 'registry.example/worker:1' });
  expect(code).toBe('IMAGE_MISSING');
  expect(pulls(asked)).toHaveLength(1);
});
