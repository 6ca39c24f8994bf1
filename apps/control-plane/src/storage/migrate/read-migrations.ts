import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** One step of the schema. */
export interface Migration {
  /** Folder name; steps are applied in the order of their names. */
  readonly name: string;
  readonly script: string;
  /** SHA-256 of the script in hex, as Prisma's own ledger has it. */
  readonly checksum: string;
}

/** Gives the folder of the shipped migrations of a provider; it is the same from `src` and from `dist`. */
export function migrationsFolder(provider: 'sqlite' | 'postgresql'): string {
  return fileURLToPath(new URL(`../../../prisma/migrations/${provider}/`, import.meta.url));
}

/** Reads every migration of a folder in order. */
export async function readMigrations(folder: string): Promise<readonly Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
  return Promise.all(
    names.map(async (name) => {
      const script = await readFile(join(folder, name, 'migration.sql'), 'utf8');
      return { name, script, checksum: createHash('sha256').update(script).digest('hex') };
    }),
  );
}
