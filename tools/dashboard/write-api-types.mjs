import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../setup/local-bin.mjs';

const target = join(root, 'apps/dashboard/src/api/generated/api.ts');
/** Changes whenever the compiled control plane or protocol does. */
const built = [
  'apps/control-plane/dist/tsconfig.app.tsbuildinfo',
  'packages/protocol/dist/tsconfig.lib.tsbuildinfo',
];

/** Writes the dashboard's types of the API from the document that the built control plane serves. */
export async function writeApiTypes() {
  const key = createHash('sha256');
  for (const path of built) key.update(readFileSync(join(root, path)));
  const header = `// Generated from the OpenAPI document by tools/dashboard/write-api-types.mjs (${key.digest('hex').slice(0, 16)}).\n`;
  if (existsSync(target) && readFileSync(target, 'utf8').startsWith(header)) return;

  const main = pathToFileURL(join(root, 'apps/control-plane/dist/server/public-api-document.js')).href;
  const { publicApiDocument } = await import(main);
  const { default: openapiTS, astToString } = await import('openapi-typescript');
  const types = await openapiTS(publicApiDocument(), { defaultNonNullable: false });
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, header + astToString(types));
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await writeApiTypes();
