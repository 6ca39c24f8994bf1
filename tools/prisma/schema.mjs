import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Folder of the schema and the migrations; tests point it at a copy. */
export const prismaRoot =
  process.env.CLAWFORCE_TEST_PRISMA_ROOT ??
  fileURLToPath(new URL('../../apps/control-plane/prisma/', import.meta.url));

/** Databases that the control plane speaks to, each with a client and migrations of its own (TOOLING section 3, point 7). */
export const providers = Object.freeze(['sqlite', 'postgresql']);

/** Gives the schema text for a provider: the source text with another provider and output line, nothing else. */
export function renderSchema(provider) {
  const source = readFileSync(`${prismaRoot}schema.prisma`, 'utf8');
  if (provider === 'sqlite') return source;
  if (provider !== 'postgresql') throw new TypeError(`provider: expected ${providers.join(' or ')}`);
  const rendered = source
    .replace('provider = "sqlite"', 'provider = "postgresql"')
    .replace('generated/sqlite"', 'generated/postgresql"');
  if (rendered.includes('sqlite"'))
    throw new Error('schema.prisma: a provider or output line was not recognised');
  return rendered;
}
