import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DrillFiles } from './drill-files.js';
import type { DrillReport } from './drill-report.js';

const report = (id: string, minute: string): DrillReport =>
  ({ id, state: 'done', started_at: `2026-11-27T10:${minute}:00.000Z`, rows: [] }) as unknown as DrillReport;

it('files that are no reports are left out, and said once each, while every other drill is listed', async () => {
  const admin = await mkdtemp(join(tmpdir(), 'reports-'));
  try {
    const told: string[] = [];
    const files = new DrillFiles(admin, (file) => told.push(file));
    const at = (name: string): string => join(admin, 'drills', name);
    await files.save(report('one', '01'));
    await files.save(report('cut', '02'));
    await files.save(report('two', '03'));
    await truncate(at('20261127100200000-cut.json'), 20);
    await writeFile(at('20261127100400000-empty.json'), '');
    await writeFile(at('20261127100500000-null.json'), 'null');
    await writeFile(at('20261127100600000-other.json'), '{"id":"other"}');
    await mkdir(at('20261127100700000-directory.json'));
    expect((await files.list()).map(({ report: { id } }) => id)).toEqual(['two', 'one']);
    expect(await files.find('cut')).toBeUndefined();
    expect((await files.find('one'))?.id).toBe('one');
    expect(await files.list()).toHaveLength(2);
    expect(told.sort()).toEqual(
      ['200000-cut', '400000-empty', '500000-null', '600000-other', '700000-directory'].map((name) =>
        at(`20261127100${name}.json`),
      ),
    );
  } finally {
    await rm(admin, { recursive: true });
  }
});
