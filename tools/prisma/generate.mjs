import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { prismaRoot, providers, renderSchema } from './schema.mjs';

/*
 * Generates both database clients, offline. The Prisma command line downloads its schema engine before any command unless
 * PRISMA_SCHEMA_ENGINE_BINARY names an existing file; `generate` itself needs no engine. A hash of schema and versions
 * next to the output makes a second run free.
 */
const require = createRequire(import.meta.url);
const generated = resolve(prismaRoot, '../src/storage/generated');
const stampFile = join(generated, 'stamp');

const hash = createHash('sha256');
for (const name of ['prisma', '@prisma/client']) {
  hash.update(
    `${name}@${JSON.parse(readFileSync(require.resolve(`${name}/package.json`), 'utf8')).version}\n`,
  );
}
for (const provider of providers) hash.update(`${provider}\n${renderSchema(provider)}\n`);
hash.update(readFileSync(new URL(import.meta.url)));
const stamp = hash.digest('hex');

const current =
  providers.every((provider) => existsSync(join(generated, provider, 'client.ts'))) &&
  existsSync(stampFile) &&
  readFileSync(stampFile, 'utf8') === stamp;

if (!current || process.argv.includes('--force')) {
  rmSync(stampFile, { force: true });
  const cli = require.resolve('prisma/build/index.js');
  for (const provider of providers) {
    // Next to the real schema, because the output line is relative to the file.
    const folder = mkdtempSync(join(prismaRoot, '.render-'));
    try {
      const file = join(folder, 'schema.prisma');
      writeFileSync(file, renderSchema(provider).replace('"../src', '"../../src'));
      const run = spawnSync(process.execPath, [cli, 'generate', '--no-hints', '--schema', file], {
        stdio: ['ignore', 'pipe', 'pipe'],
        encoding: 'utf8',
        env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1' },
      });
      if (run.status !== 0 || !existsSync(join(generated, provider, 'client.ts'))) {
        process.stderr.write(`${run.stdout}${run.stderr}\nprisma generate failed for ${provider}\n`);
        process.exit(1);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  writeFileSync(stampFile, stamp);
  process.stdout.write(`generated the database clients: ${providers.join(', ')}\n`);
}
