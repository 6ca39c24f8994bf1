import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DrillReport } from './drill-report.js';

const MAX_LISTED = 50;

/** A report as kept: with the agents that its drill made, as long as they may be there. */
export interface KeptDrill {
  readonly report: DrillReport;
  readonly disposable: readonly string[];
}

/** As it is in a file, where those of earlier versions lack something. */
type Stored = Omit<DrillReport, 'versions' | 'planned'> &
  Partial<Pick<DrillReport, 'versions' | 'planned'>> & { readonly disposable?: readonly string[] };

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
    const newest = (await this.#names()).sort().reverse().slice(0, MAX_LISTED);
    return Promise.all(newest.map((name) => this.#read(name)));
  }

  /** Gives one report, however old. */
  async find(id: string): Promise<DrillReport | undefined> {
    const name = (await this.#names()).find((known) => known.endsWith(`-${id}.json`));
    const report = name === undefined ? undefined : (await this.#read(name)).report;
    // The end of an identifier is the end of a name, too.
    return report?.id === id ? report : undefined;
  }

  async #names(): Promise<string[]> {
    const names = await readdir(this.#directory).catch(() => []);
    return names.filter((name) => name.endsWith('.json'));
  }

  async #read(name: string): Promise<KeptDrill> {
    const text = await readFile(join(this.#directory, name), 'utf8');
    const { disposable = [], versions = null, ...report } = JSON.parse(text) as Stored;
    const { planned = report.rows.length } = report;
    return { report: { ...report, planned, versions }, disposable };
  }
}

function nameOf({ id, started_at: started }: DrillReport): string {
  return `${started.replace(/[^0-9]/g, '')}-${id}.json`;
}
