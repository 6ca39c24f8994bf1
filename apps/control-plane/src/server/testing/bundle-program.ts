import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';

const app = fileURLToPath(new URL('../../../', import.meta.url));

/** A program in one file, and its removal. */
export interface BundledProgram {
  readonly path: string;
  remove(): Promise<void>;
}

/**
 * Bundles a TypeScript program beside this file with all sources of this repository that it needs, for tests that start it
 * many times: loading the sources one by one takes a processor for seconds.
 */
export async function bundleProgram(name: string): Promise<BundledProgram> {
  // Below the app, so that it finds what is installed.
  const place = join(app, 'out-tsc');
  await mkdir(place, { recursive: true });
  const directory = await mkdtemp(join(place, 'program-'));
  const bundle = await rolldown({
    input: fileURLToPath(new URL(name, import.meta.url)),
    platform: 'node',
    external: (id) => !/^(?:[./]|@clawforce\/)/.test(id),
    resolve: { conditionNames: ['@clawforce/source', 'import', 'node', 'default'] },
    plugins: [
      {
        name: 'each source keeps its own place',
        transform: (code, id) =>
          code.includes('import.meta.url')
            ? code.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id).href))
            : null,
      },
    ],
  });
  const path = join(directory, 'program.mjs');
  await bundle.write({ file: path, format: 'esm', codeSplitting: false });
  await bundle.close();
  return { path, remove: () => rm(directory, { recursive: true, force: true }) };
}
