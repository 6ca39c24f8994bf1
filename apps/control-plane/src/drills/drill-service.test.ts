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
