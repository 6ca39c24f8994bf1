import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { requires } from '../../../../tools/host/host-test.js';
import { SecondEngine } from '../../../../tools/host/second-engine.js';
import { testWorkerImage } from '../../../../tools/host/test-image.js';
import { startTestPlane, until, type TestPlane } from '../server/testing/test-plane.js';
import type { AgentRecord } from '../storage/agents/agent-store.js';

const run = promisify(execFile);
const docker = requires('docker', 'root', 'netns');

/** What the status says while there is no engine: the fix, too, and that nobody has to ask again. */
const NO_ENGINE =
  /^No Docker engine answers at .* Install and start Docker, or set DOCKER_HOST to its socket\. The next attempt follows/;

docker.describe('agents whose engine is restarted', () => {
  docker.test(
    'say so with the fix, are refused a start meanwhile, and come back by themselves, each with one worker',
    async () => {
      const directory = await mkdtemp(join(tmpdir(), 'restart-'));
      const second = new SecondEngine(directory);
      let test: TestPlane | undefined;
      try {
        await second.start();
        const image = await testWorkerImage();
        await second.load(image);
        test = await startTestPlane({
          docker: {},
          // The second engine has no bridge, so its agents have no network.
          env: {
            ADMIN_RUNTIME_BACKEND: 'docker',
            AGENT_IMAGE: image,
            DOCKER_HOST: second.address,
            CLAWFORCE_MAX_LEVEL: 'sandboxed',
          },
          timing: { connectMs: 60_000, restartMs: 500, restartMaxMs: 1_000, reconcileMs: 1_000 },
        });
        const { call, core } = test;
        await test.user('root', 'superadmin');
        const { access: token } = await test.login('root');
        const make = async (): Promise<string> =>
          (await call('POST', '/api/agents', { token, body: { name: 'test' } })).body.id as string;
        const becomes = (id: string, wanted: Partial<AgentRecord>): Promise<AgentRecord> =>
          until(
            JSON.stringify(wanted),
            async () => {
              const found = await core.storage.agents.get(id);
              const has = (key: keyof AgentRecord): boolean => found?.[key] === wanted[key];
              return (Object.keys(wanted) as (keyof AgentRecord)[]).every(has) && found;
            },
            90_000,
          );
        const saysNoEngine = (id: string): Promise<AgentRecord> =>
          until(
            'the reason',
            async () => {
              const found = await core.storage.agents.get(id);
              const reason = found?.status === 'failed' ? (found.statusReason ?? '') : '';
              return NO_ENGINE.test(reason) && found;
            },
            90_000,
          );
        const [survivor, late] = [await make(), await make()];
        expect((await call('POST', `/api/agents/${survivor}/start`, { token })).status).toBe(202);
        const before = await becomes(survivor, { status: 'running', attested: 'matched' });

        await second.stop('SIGTERM');
        expect(await saysNoEngine(survivor)).toMatchObject({ desired: 'running', attested: 'none' });
        const refused = await call('POST', `/api/agents/${late}/start`, { token });
        expect([refused.status, refused.body.code]).toEqual([503, 'BACKEND_UNAVAILABLE']);
        expect(refused.body.error).toContain(`no Docker engine answers at ${join(directory, 'docker.sock')}`);
        expect(refused.body.fix).toContain('DOCKER_HOST');
        await saysNoEngine(late);

        await second.start();
        // Nobody asks for anything: what is to run runs again, the one in a new container that is looked at like any other.
        const after = await becomes(survivor, { status: 'running', attested: 'matched' });
        expect(after.generation).toBeGreaterThan(before.generation);
        await becomes(late, { status: 'running', attested: 'matched' });
        const trail = (await call('GET', `/api/audit?agent_id=${survivor}&limit=100`, { token })).text;
        expect(trail).toMatch(/when the Docker engine went away|when the engine came back/);
        const { stdout } = await run('docker', ['-H', second.address, 'ps', '-q']);
        expect(stdout.trim().split('\n')).toHaveLength(2);
        for (const id of [survivor, late])
          expect((await call('DELETE', `/api/agents/${id}`, { token })).status).toBe(204);
      } finally {
        await test?.remove();
        await second.stop('SIGTERM');
        await rm(directory, { recursive: true, force: true });
      }
    },
    300_000,
  );
});
