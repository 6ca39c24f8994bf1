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
  readonly #onDamaged: (file: string) => void;
  readonly #damaged = new Set<string>();

  /** `onDamaged` hears once of each file that is no report, whose drill is left out of every answer. */
  constructor(adminDir: string, onDamaged: (file: string) => void) {
    this.#directory = join(adminDir, 'drills');
    this.#onDamaged = onDamaged;
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
    const kept = await Promise.all(newest.map((name) => this.#read(name)));
    return kept.filter((drill) => drill !== undefined);
  }

  /** Gives one report, however old. */
  async find(id: string): Promise<DrillReport | undefined> {
    const name = (await this.#names()).find((known) => known.endsWith(`-${id}.json`));
    const report = name === undefined ? undefined : (await this.#read(name))?.report;
    // The end of an identifier is the end of a name, too.
    return report?.id === id ? report : undefined;
  }

  async #names(): Promise<string[]> {
    const names = await readdir(this.#directory).catch(() => []);
    return names.filter((name) => name.endsWith('.json'));
  }

  async #read(name: string): Promise<KeptDrill | undefined> {
    const path = join(this.#directory, name);
    const stored = parsed(await readFile(path, 'utf8').catch(() => ''));
    if (!stored) {
      if (!this.#damaged.has(name)) this.#onDamaged(path);
      this.#damaged.add(name);
      return undefined;
    }
    const { disposable = [], versions = null, ...report } = stored;
    const { planned = report.rows.length } = report;
    return { report: { ...report, planned, versions }, disposable };
  }
}

/** Gives what is in a file; undefined where that is no report, such as a disk that was full leaves it. */
function parsed(text: string): Stored | undefined {
  try {
    const found = JSON.parse(text) as Partial<Stored> | null;
    const whole =
      typeof found?.id === 'string' &&
      typeof found.started_at === 'string' &&
      (found.state === 'running' || found.state === 'done') &&
      Array.isArray(found.rows);
    return whole ? (found as Stored) : undefined;
  } catch {
    return undefined;
  }
}

function nameOf({ id, started_at: started }: DrillReport): string {
  return `${started.replace(/[^0-9]/g, '')}-${id}.json`;
}
