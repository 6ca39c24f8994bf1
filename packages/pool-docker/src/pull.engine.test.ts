import { expect } from 'vitest';
import { requires } from '../../../tools/host/host-test.js';
import { DockerPool } from './docker-pool.js';
import { makeHarness } from './testing/make-harness.js';
import { rawEngine } from './testing/raw-engine.js';
import { openSmallRegistry } from './testing/small-registry.js';
import type { PullProgress } from './worker-image.js';

const docker = requires('docker');

docker.test(
  'an image that is missing is pulled once, with progress; one that the registry does not have is an error with the fix',
  async () => {
    const registry = await openSmallRegistry();
    const harness = await makeHarness();
    const seen: PullProgress[] = [];
    const pool = (image: string, pull: 'missing' | 'never' = 'missing'): DockerPool =>
      new DockerPool({ ...harness.options, image, pull, onPull: (progress) => void seen.push(progress) });
    try {
      await expect(pool(registry.image, 'never').image()).rejects.toMatchObject({ code: 'IMAGE_MISSING' });
      expect(registry.asked).toEqual([]);

      const first = await pool(registry.image).image();
      expect(first).toMatchObject({ name: registry.image, id: expect.stringMatching(/^sha256:/) as string });
      expect(seen.every(({ image }) => image === registry.image)).toBe(true);
      expect(seen.map(({ status }) => status)).toEqual(expect.arrayContaining(['Pull complete']));
      const counted = seen.filter(({ currentBytes, totalBytes }) => currentBytes && totalBytes);
      expect(counted.length).toBeGreaterThan(0);
      expect(counted.every(({ layer }) => layer !== undefined)).toBe(true);

      const requests = registry.asked.length;
      expect(await pool(registry.image).image()).toEqual(first);
      expect(registry.asked.length).toBe(requests);

      await expect(pool(registry.absent).image()).rejects.toMatchObject({
        code: 'IMAGE_MISSING',
        key: 'AGENT_IMAGE',
        message: expect.stringMatching(/pulling it failed: .*(?:unknown|not found)/) as string,
        fix: expect.stringContaining('AGENT_IMAGE') as string,
      });
    } finally {
      await registry.close();
      await rawEngine
        .getImage(registry.image)
        .remove({ force: true })
        .catch(() => undefined);
      await harness.dispose();
    }
  },
  120_000,
);
