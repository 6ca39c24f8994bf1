import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DrillReport } from './drill-report.js';

const MAX_KEPT = 50;

/** A report as kept: with the agents that its drill made, as long as they may be there. */
export interface KeptDrill {
  readonly report: DrillReport;
  readonly disposable: readonly string[];
}

type Stored = Omit<DrillReport, 'versions'> &
  Partial<Pick<DrillReport, 'versions'>> & { readonly disposable?: readonly string[] };

/** The reports of drills, one file each below `admin/drills`, newest first by name. */
export class DrillFiles {
  readonly #directory: string;

  constructor(adminDir: string) {
    this.#directory = join(adminDir, 'drills');
  }

  /** Keeps a report; `disposable` are agents that are to be removed should this process end before it removes them. */
  async save(report: DrillReport, disposable: readonly string[] = []): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const path = join(this.#directory, nameOf(report));
    const stored: Stored = { ...report, ...(disposable.length > 0 ? { disposable } : {}) };
    await writeFile(`${path}.new`, JSON.stringify(stored), { mode: 0o600 });
    await rename(`${path}.new`, path);
  }

  /** Gives the latest drills, newest first. */
  async list(): Promise<KeptDrill[]> {
    const names = await readdir(this.#directory).catch(() => []);
    const newest = names
      .filter((name) => name.endsWith('.json'))
      .sort()
      .reverse()
      .slice(0, MAX_KEPT);
    const texts = await Promise.all(newest.map((name) => readFile(join(this.#directory, name), 'utf8')));
    return texts.map((text) => {
      const { disposable = [], versions = null, ...report } = JSON.parse(text) as Stored;
      return { report: { ...report, versions }, disposable };
    });
  }
}

function nameOf({ id, started_at: started }: DrillReport): string {
  return `${started.replace(/[^0-9]/g, '')}-${id}.json`;
}
