import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PoolEvent } from '@clawforce/pool-core';
import { expect } from 'vitest';
import { requires } from '../../../tools/host/host-test.js';
import { testImage } from '../../../tools/host/test-image.js';
import { makeHarness } from './testing/make-harness.js';
import type { DockerHarness } from './testing/make-harness.js';
import { SecondEngine } from '../../../tools/host/second-engine.js';

const docker = requires('docker', 'root', 'netns');

async function eventually<T>(what: string, probe: () => T | undefined): Promise<T> {
  const deadline = Date.now() + 90_000;
  for (;;) {
    const found = probe();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await sleep(100);
  }
}

docker.describe('an engine that goes away', () => {
  docker.test(
    'is told as unavailable, and after a restart the exits that nobody heard are told, with the reason',
    async () => {
      const directory = await mkdtemp(join(tmpdir(), 'engine-'));
      const second = new SecondEngine(directory);
      let harness: DockerHarness | undefined;
      const listening = new AbortController();
      try {
        await second.start();
        await second.load(await testImage());
        harness = await makeHarness({ engine: second.address });
        const { pool } = harness;
        const seen: PoolEvent[] = [];
        const events = pool.events({ signal: listening.signal });
        void (async () => {
          for await (const event of events) seen.push(event);
        })();
        // The second engine has no bridge, so no network of its own: a sandboxed worker needs none.
        const spec = await harness.spec({
          agentId: 'survivor',
          generation: 1,
          behaviour: 'idle',
          level: 'sandboxed',
        });
        await pool.start(spec);
        expect((await pool.attest(spec)).reason).toBe('the worker is isolated as requested');
        await eventually('the start', () => seen.find(({ kind }) => kind === 'started'));

        await second.stop('SIGTERM');
        await expect(pool.inspect('survivor')).rejects.toMatchObject({
          code: 'BACKEND_UNAVAILABLE',
          key: 'DOCKER_HOST',
        });
        await expect(pool.start({ ...spec, generation: 2 })).rejects.toMatchObject({
          code: 'BACKEND_UNAVAILABLE',
        });
        expect(await pool.probe()).toMatchObject({
          available: false,
          levels: [],
          reason: expect.stringContaining('no Docker engine answers') as string,
        });

        await second.start();
        const exited = await eventually('the exit', () => seen.find(({ kind }) => kind === 'exited'));
        expect(exited.kind === 'exited' && exited.exit.reason).toMatch(/engine went away|engine came back/);
        expect(seen.filter(({ kind }) => kind === 'exited').length).toBe(1);
        expect((await pool.inspect('survivor'))?.state).toBe('exited');
        // The pool goes on with the same connection.
        await pool.start({ ...spec, generation: 2 });
        expect((await pool.attest({ ...spec, generation: 2 })).attested).toBe('matched');
      } finally {
        listening.abort();
        await harness?.dispose().catch(() => undefined);
        await second.stop('SIGTERM');
        await rm(directory, { recursive: true, force: true });
      }
    },
    300_000,
  );
});
