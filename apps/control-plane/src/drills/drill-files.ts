import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DrillReport } from './drill-report.js';

const MAX_KEPT = 50;

/** The reports of drills, one file each below `admin/drills`, newest first by name. */
export class DrillFiles {
  readonly #directory: string;

  constructor(adminDir: string) {
    this.#directory = join(adminDir, 'drills');
  }

  async save(report: DrillReport): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const path = join(this.#directory, nameOf(report));
    await writeFile(`${path}.new`, JSON.stringify(report), { mode: 0o600 });
    await rename(`${path}.new`, path);
  }

  /** Gives the latest reports, newest first. */
  async list(): Promise<DrillReport[]> {
    const names = await readdir(this.#directory).catch(() => []);
    const newest = names
      .filter((name) => name.endsWith('.json'))
      .sort()
      .reverse()
      .slice(0, MAX_KEPT);
    const texts = await Promise.all(newest.map((name) => readFile(join(this.#directory, name), 'utf8')));
    return texts.map((text) => JSON.parse(text) as DrillReport);
  }
}

function nameOf({ id, started_at: started }: DrillReport): string {
  return `${started.replace(/[^0-9]/g, '')}-${id}.json`;
}
