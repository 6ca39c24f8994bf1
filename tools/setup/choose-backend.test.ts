import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { chooseBackend } from './choose-backend.mjs';

let directory: string;
/** A stand-in for the docker command, at the edge of the world: it answers like an engine that is there, or is not. */
async function dockerThat(exitsWith: number): Promise<string> {
  const path = join(directory, 'docker');
  await writeFile(path, `#!/bin/sh\necho 20.10\nexit ${exitsWith}\n`);
  await chmod(path, 0o700);
  return path;
}
const built = (): Promise<string> => Promise.resolve('clawforce-worker:abc');

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'choose-'));
  vi.stubEnv('AGENT_IMAGE', '');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(directory, { recursive: true, force: true });
});

describe('npm start', () => {
  it('takes docker when the engine answers and the image is built, and lets the server try it', async () => {
    expect(await chooseBackend(undefined, { docker: await dockerThat(0), image: built })).toMatchObject({
      flags: ['--choose-backend'],
      env: { AGENT_IMAGE: 'clawforce-worker:abc' },
    });
  });

  it('says how the worker image comes to be, line by line, while it is built', async () => {
    const printed = vi.spyOn(console, 'log').mockReturnValue();
    try {
      const image = ({
        docker,
        say,
      }: {
        docker: string;
        say: (sentence: string) => void;
      }): Promise<string> => {
        say(`building clawforce-worker:abc with ${docker}`);
        say('Step 1/9 : FROM base');
        return built();
      };
      const docker = await dockerThat(0);
      await chooseBackend(undefined, { docker, image });
      expect(printed.mock.calls.flat()).toEqual([
        `worker image: building clawforce-worker:abc with ${docker}`,
        'worker image: Step 1/9 : FROM base',
      ]);
    } finally {
      printed.mockRestore();
    }
  });

  it('takes processes where there is no docker command, no engine or no image, and says why', async () => {
    const missing = await chooseBackend(undefined, { docker: join(directory, 'none'), image: built });
    expect(missing).toMatchObject({
      env: { ADMIN_RUNTIME_BACKEND: 'process' },
      flags: ['--backend-reason', 'there is no docker command here'],
    });
    const silent = await chooseBackend(undefined, { docker: await dockerThat(1), image: built });
    expect(silent.flags).toEqual(['--backend-reason', 'the docker engine does not answer']);
    const unbuilt = await chooseBackend(undefined, {
      docker: await dockerThat(0),
      image: () => Promise.reject(new Error('no base image')),
    });
    expect(unbuilt.flags[1]).toBe('the worker image could not be built: no base image');
    expect(unbuilt.said).toContain('no base image');
  });

  it('without the docker command lets the server ask the engine, where the worker image is named', async () => {
    vi.stubEnv('AGENT_IMAGE', 'registry.example/worker:1');
    const missing = { docker: join(directory, 'none'), image: built };
    expect(await chooseBackend(undefined, missing)).toMatchObject({ flags: ['--choose-backend'], env: {} });
    const silent = await chooseBackend(undefined, { docker: await dockerThat(1), image: built });
    expect(silent.flags).toEqual(['--backend-reason', 'the docker engine does not answer']);
  });

  it('never takes another backend than the configured one', async () => {
    const none = { docker: join(directory, 'none'), image: built };
    expect(await chooseBackend('docker', none)).toMatchObject({ flags: [], env: {} });
    expect(await chooseBackend('process', none)).toMatchObject({ flags: [], env: {} });
  });
});
