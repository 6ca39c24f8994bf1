import { mkdir, readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { requires } from '../../../tools/host/host-test.js';
import { TEST_LABEL } from '../../../tools/host/test-image.js';
import { Engine } from './engine.js';
import { parseEngine } from './engine-endpoint.js';
import { PROOF_LABEL, removeProofLeftovers } from './proof-leftovers.js';
import { makeHarness, type DockerHarness } from './testing/make-harness.js';
import { rawEngine, removeLabelled } from './testing/raw-engine.js';

const docker = requires('docker', 'root');
const HOUR_MS = 3_600_000;

docker.describe('what a killed proof left', () => {
  let harness: DockerHarness;
  beforeEach(async () => {
    harness = await makeHarness();
  });
  afterEach(async () => {
    await harness.dispose();
    await removeLabelled(harness.ownerId);
  });

  const proofDir = (): string => join(harness.root, 'proof');
  /** As a proof leaves its directory that was killed a while ago. */
  const directory = async (name: string, agoMs: number): Promise<void> => {
    await mkdir(join(proofDir(), name, 'inside'), { recursive: true });
    const time = new Date(Date.now() - agoMs);
    await utimes(join(proofDir(), name), time, time);
  };
  const container = async (owner: string): Promise<string> => {
    const { id } = await rawEngine.createContainer({
      Image: harness.options.image,
      Cmd: ['true'],
      Labels: { [PROOF_LABEL]: owner, [TEST_LABEL]: harness.ownerId },
      HostConfig: { NetworkMode: 'none' },
    });
    return id;
  };
  const left = async (): Promise<string[]> => {
    const filters = JSON.stringify({ label: [`${TEST_LABEL}=${harness.ownerId}`] });
    return (await rawEngine.listContainers({ all: true, filters })).map(({ Id }) => Id);
  };

  docker.test('is removed by the next proof, as far as it is old enough and a proof made it', async () => {
    await directory('p-killed', HOUR_MS);
    await directory('p-recent', 0);
    await directory('p-somebody-else', HOUR_MS);
    const recent = await container(harness.ownerId);
    await harness.pool.prove();
    expect((await readdir(proofDir())).sort()).toEqual(['p-recent', 'p-somebody-else']);
    expect(await left()).toEqual([recent]);
  });

  docker.test('containers go by their age and their owner', async () => {
    const ours = await container(harness.ownerId);
    const others = await container(`${harness.ownerId}-another`);
    const engine = new Engine(parseEngine(harness.options.engine), 30_000);
    const place = { ownerId: harness.ownerId, proofDir: proofDir() };
    await removeProofLeftovers(engine, place, HOUR_MS);
    expect((await left()).sort()).toEqual([ours, others].sort());
    await removeProofLeftovers(engine, place, 0);
    expect(await left()).toEqual([others]);
  });
});
