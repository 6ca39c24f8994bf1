import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { AgentRecord } from '../storage/index.js';
import type { DrillFiles } from './drill-files.js';
import { DrillService, type DrillServiceParts } from './drill-service.js';

/** Parts whose configuration is read slowly and whose pool is not there, so that a begun drill ends at once. */
function slowParts(): { parts: DrillServiceParts; answer: () => void; saved: unknown[] } {
  const waiting: (() => void)[] = [];
  const saved: unknown[] = [];
  const reports: Pick<DrillFiles, 'save' | 'list'> = {
    save: (report) => {
      saved.push(report);
      return Promise.resolve();
    },
    list: () => Promise.resolve([]),
  };
  const given = {
    reports,
    storage: { agents: { get: () => Promise.resolve(undefined) } },
    backend: { pool: { kind: 'docker', probe: () => Promise.reject(new Error('no engine')) } },
    configs: {
      effective: () =>
        new Promise((resolve) => waiting.push(() => resolve({ docker: { level: 'permissive' } }))),
    },
    maxLevel: 'permissive',
    audit: { enqueue: vi.fn() },
    log: vi.fn(),
  };
  const answer = (): void => waiting.splice(0).forEach((go) => go());
  return { parts: given as unknown as DrillServiceParts, answer, saved };
}

const AGENT = { id: 'model' } as AgentRecord;
const ROOT = { userId: 'root', role: 'superadmin' } as const;

describe('the drill service', () => {
  it('lets no second drill in while the first one is still being planned', async () => {
    const { parts, answer, saved } = slowParts();
    const drills = new DrillService(parts);
    const first = drills.begin({ agent: AGENT }, ROOT);
    const second = drills.begin({ agent: AGENT }, ROOT);
    answer();
    await expect(second).rejects.toMatchObject({ code: 'CONFLICT' });
    const { id } = await first;
    await drills.close();
    expect(saved).toEqual([
      expect.objectContaining({ id, state: 'done', verdict: 'fail', reason: 'no engine' }),
    ]);
  });

  it('removes the scratch directories of drills whose server was killed, and nothing else', async () => {
    const runtimeDir = await mkdtemp(join(tmpdir(), 'drills-'));
    try {
      await mkdir(join(runtimeDir, 'drill-Ab12cd', 'agent'), { recursive: true });
      await writeFile(join(runtimeDir, 'drill-Ab12cd', 'agent', 'secret'), 'not yours');
      await mkdir(join(runtimeDir, 'drill-of-an-agent'));
      const drills = new DrillService({ ...slowParts().parts, runtimeDir });
      await drills.recover();
      expect(await readdir(runtimeDir)).toEqual(['drill-of-an-agent']);
    } finally {
      await rm(runtimeDir, { recursive: true });
    }
  });

  it.each([
    ['sandboxed', 'sandboxed'],
    ['permissive', 'permissive'],
    ['privileged', 'permissive'],
  ] as const)(
    'where %s is the maximum, a drill that nothing else is asked of is at %s',
    async (maxLevel, level) => {
      const drills = new DrillService({ ...slowParts().parts, maxLevel });
      await expect(drills.begin({}, ROOT)).resolves.toMatchObject({ level });
      await drills.close();
    },
  );

  it('is free again after a drill that could not be planned', async () => {
    const { parts, answer } = slowParts();
    const drills = new DrillService(parts);
    const asUser = { userId: 'ada', role: 'admin' } as const;
    const refused = drills.begin({ agent: AGENT, level: 'privileged' }, asUser);
    answer();
    await expect(refused).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(drills.begin({}, ROOT)).resolves.toMatchObject({ state: 'running' });
    await drills.close();
    await expect(drills.begin({}, ROOT)).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });
});
