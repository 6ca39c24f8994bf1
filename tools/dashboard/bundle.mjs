import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { root } from '../setup/local-bin.mjs';

const app = join(root, 'apps/dashboard');
const dist = join(app, 'dist');
const stamp = join(app, 'out-tsc/bundle.stamp');
/** Part of the control plane's package: a server has the dashboard of its own version and no other. */
const served = join(root, 'apps/control-plane/dist/dashboard');

/**
 * Builds the dashboard into `apps/dashboard/dist`, with compressed copies beside the files, unless nothing has changed, and
 * puts it where the control plane serves and publishes it.
 */
export async function bundle() {
  await build();
  hand();
}

async function build() {
  const key = inputs();
  const done =
    existsSync(stamp) && existsSync(join(dist, 'index.html')) && readFileSync(stamp, 'utf8') === key;
  if (done) return;
  const vite = await import('vite');
  await vite.build({ root: app, configFile: join(app, 'vite.config.ts'), logLevel: 'warn' });
  for (const path of filesBelow(dist)) if (/\.(js|css|svg)$/.test(path)) compress(join(dist, path));
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, key);
}

function hand() {
  const page = (directory) => {
    const path = join(directory, 'index.html');
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  };
  // The page names its files by the hash of their content.
  if (page(served) === page(dist)) return;
  const next = `${served}.${process.pid}`;
  // The manifest of Vite is for the tests of the build.
  cpSync(dist, next, { recursive: true, filter: (path) => basename(path) !== '.vite' });
  rmSync(served, { recursive: true, force: true });
  renameSync(next, served);
}

function inputs() {
  const hash = createHash('sha256');
  const paths = [
    ...['index.html', 'package.json', 'vite.config.ts'],
    ...filesBelow(join(app, 'src')).map((path) => `src/${path}`),
    ...filesBelow(join(app, 'public')).map((path) => `public/${path}`),
  ].filter((path) => !/\.test\.tsx?$|\/testing\//.test(path));
  for (const path of paths) hash.update(`${path}\0`).update(readFileSync(join(app, path)));
  return hash.update(readFileSync(join(root, 'package-lock.json'))).digest('hex');
}

function filesBelow(directory) {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
}

function compress(path) {
  const content = readFileSync(path);
  writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
  writeFileSync(
    `${path}.br`,
    brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
  );
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await bundle();
