import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { diffSchemas } from './diff.mjs';
import { prismaRoot, providers, renderSchema } from './schema.mjs';

/*
 * node tools/prisma/new-migration.mjs <name>     writes the next migration of both providers
 * node tools/prisma/new-migration.mjs --check    exits 1 when the schema has changes without a migration
 *
 * Each migration keeps the schema it leads to next to its script, so that the next diff needs no database.
 */
const [argument, only] = process.argv.slice(2);
const check = argument === '--check';
if (!check && !/^[a-z][a-z0-9_]*$/.test(argument ?? '')) {
  process.stderr.write('usage: new-migration.mjs <name of a-z, 0-9 and _> | --check\n');
  process.exit(64);
}

if (only === undefined) {
  // One process per provider: the engine can be started once only.
  const self = fileURLToPath(import.meta.url);
  const codes = providers.map(
    (provider) => spawnSync(process.execPath, [self, argument, provider], { stdio: 'inherit' }).status ?? 1,
  );
  process.exit(Math.max(...codes));
}

const folder = join(prismaRoot, 'migrations', only);
const done = existsSync(folder) ? readdirSync(folder).sort() : [];
const last = done.at(-1);
const before = last === undefined ? undefined : readFileSync(join(folder, last, 'schema.prisma'), 'utf8');
const after = renderSchema(only);
const script = await diffSchemas(only, before, after);
const changed = script.split('\n').some((line) => line.trim() !== '' && !line.startsWith('--'));

if (!changed) {
  process.stdout.write(`${only}: no change since ${last ?? 'the beginning'}\n`);
} else if (check) {
  process.stderr.write(
    `${only}: the schema has changes without a migration; run node tools/prisma/new-migration.mjs <name>\n${script}\n`,
  );
  process.exitCode = 1;
} else {
  const name = `${String(done.length + 1).padStart(4, '0')}_${argument}`;
  mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, name, 'migration.sql'), script);
  writeFileSync(join(folder, name, 'schema.prisma'), after);
  process.stdout.write(`${only}: wrote ${name}\n`);
}
