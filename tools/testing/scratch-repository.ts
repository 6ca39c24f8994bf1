import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const tools = fileURLToPath(new URL('..', import.meta.url));

/** A repository of the same shape in a temporary directory, with the real tools and stand-ins for what they call. */
export interface ScratchRepository {
  readonly root: string;
  write(path: string, text: string): void;
  dispose(): void;
}

/** Makes one whose packages count as installed; `bins` maps a package to the script behind its command. */
export function makeScratchRepository(bins: Readonly<Record<string, string>>): ScratchRepository {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'scratch-repository-')));
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  for (const name of ['build.mjs', 'start.mjs', 'test.mjs', 'setup']) {
    cpSync(join(tools, name), join(root, 'tools', name), {
      recursive: true,
      filter: (source) => !source.endsWith('.test.ts'),
    });
  }
  for (const folder of ['packages', 'apps', 'e2e']) mkdirSync(join(root, folder));
  write('package.json', '{"type":"module"}');
  write('package-lock.json', '{"packages":{}}');
  write('node_modules/.package-lock.json', '{"packages":{}}');
  for (const [name, script] of Object.entries(bins)) {
    const command = name.startsWith('typescript') ? 'tsc' : name;
    write(
      `node_modules/${name}/package.json`,
      JSON.stringify({ name, type: 'module', bin: { [command]: 'bin.js' } }),
    );
    write(`node_modules/${name}/bin.js`, script);
  }
  return { root, write, dispose: () => rmSync(root, { recursive: true, force: true }) };
}
