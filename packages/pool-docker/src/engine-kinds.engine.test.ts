import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { requires } from '../../../tools/host/host-test.js';
import { makeHarness } from './testing/make-harness.js';
import { SecondEngine } from '../../../tools/host/second-engine.js';

const docker = requires('docker', 'root', 'netns');

docker.describe('an engine that remaps users', () => {
  docker.test(
    'is refused by name before anything is made on it, never served with files of the wrong owner',
    async () => {
      const directory = await mkdtemp(join(tmpdir(), 'engine-'));
      const engine = new SecondEngine(directory, { remapsUsers: true });
      try {
        await engine.start();
        const harness = await makeHarness({ engine: engine.address });
        expect(await harness.pool.probe()).toMatchObject({
          available: false,
          levels: [],
          reason: expect.stringContaining('userns-remap') as string,
        });
        const spec = await harness.spec({ agentId: 'remapped', generation: 1, behaviour: 'idle' });
        await expect(harness.pool.start(spec)).rejects.toMatchObject({
          code: 'BACKEND_UNAVAILABLE',
          key: 'DOCKER_HOST',
          fix: expect.stringContaining('without userns-remap') as string,
        });
        expect(await harness.pool.list()).toEqual([]);
        await harness.dispose();
      } finally {
        await engine.stop('SIGTERM');
        await rm(directory, { recursive: true, force: true });
      }
    },
    120_000,
  );
});
