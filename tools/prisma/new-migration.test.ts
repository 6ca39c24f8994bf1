import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const shipped = fileURLToPath(new URL('../../apps/control-plane/prisma/', import.meta.url));

function newMigration(root: string, argument: string): number | null {
  return spawnSync(
    process.execPath,
    [fileURLToPath(new URL('new-migration.mjs', import.meta.url)), argument],
    {
      env: { ...process.env, CLAWFORCE_TEST_PRISMA_ROOT: `${root}/` },
    },
  ).status;
}

test('the shipped schema has a migration for every change, on both databases', () => {
  expect(newMigration(shipped.replace(/\/$/, ''), '--check')).toBe(0);
}, 30_000);

test('a changed schema fails the check until its migration is written', () => {
  const root = mkdtempSync(join(tmpdir(), 'cf-schema-'));
  cpSync(shipped, root, { recursive: true });
  const file = join(root, 'schema.prisma');
  const schema = readFileSync(file, 'utf8');
  writeFileSync(
    file,
    schema.replace('  mode         String\n', '  mode         String\n  added        String?\n'),
  );
  expect(newMigration(root, '--check')).toBe(1);
  expect(newMigration(root, 'add_column')).toBe(0);
  expect(newMigration(root, '--check')).toBe(0);
  for (const provider of ['sqlite', 'postgresql']) {
    const written = readdirSync(join(root, 'migrations', provider)).find((name) =>
      name.endsWith('add_column'),
    );
    const script = readFileSync(join(root, 'migrations', provider, written ?? '', 'migration.sql'), 'utf8');
    expect(script).toMatch(/ALTER TABLE "Agent" ADD COLUMN\s+"added" TEXT;/);
  }
  expect(newMigration(root, 'Bad Name')).toBe(64);
  rmSync(root, { recursive: true });
}, 60_000);
