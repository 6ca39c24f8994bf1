import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkExample, checkReadme } from './example-check.mjs';
import { installAlone } from './install-alone.mjs';
import { installTogether } from './install-together.mjs';
import { lintTarball, lintTypes } from './lint-tarball.mjs';
import { checkLoads } from './load-check.mjs';
import { packAll } from './pack-all.mjs';
import { checkProduct } from './product-check.mjs';
import { readLibraries, readPrograms } from './read-workspaces.mjs';

async function result(title, action) {
  const started = performance.now();
  let problem;
  try {
    problem = await action();
  } catch (error) {
    problem = error.stack ?? String(error);
  }
  const took = `${((performance.now() - started) / 1000).toFixed(1)} s`;
  console.log(
    problem === undefined ? `  ok      ${title} (${took})` : `  FAILED  ${title} (${took})\n${problem}`,
  );
  return { title, problem };
}

/**
 * Treats every package as its users get it. Libraries: packs them, checks tarballs and types, installs all into one empty
 * project, and in a project with nothing but what it declares loads each entry by import and require and runs the README example. Programs: installs them into another empty
 * project and uses the server with its dashboard, its worker and its command. Gives one result per check; `problem` is
 * undefined where it passed.
 */
export async function packTests() {
  const directory = mkdtempSync(join(tmpdir(), 'clawforce-pack-'));
  try {
    const libraries = readLibraries();
    const results = [];
    const add = async (title, action) => results.push(await result(title, action));

    const all = await packAll([...libraries, ...readPrograms()], directory);
    for (const { library, tarball, problem } of all) {
      await add(`${library.name} packs`, () => problem);
      if (tarball !== undefined) await add(`${library.name} publint`, () => lintTarball(library, tarball));
    }
    const packed = all.filter(({ library }) => libraries.includes(library));
    for (const { library, tarball } of packed) {
      await add(`${library.name} README shows its example`, () => checkReadme(library));
      if (tarball === undefined) continue;
      await add(`${library.name} are-the-types-wrong`, () => lintTypes(tarball));
    }

    const project = join(directory, 'project');
    let installed = false;
    await add('all libraries install together', async () => {
      const problem = await installTogether(
        packed.filter(({ tarball }) => tarball !== undefined),
        project,
      );
      installed = problem === undefined;
      return problem;
    });
    for (const { library } of packed) {
      const skip = installed ? undefined : 'not tried, because the libraries could not be installed';
      const alone = join(directory, 'alone', library.folder);
      await add(`${library.name} stands alone`, () => skip ?? installAlone(library, project, alone));
      await add(`${library.name} loads`, () => skip ?? checkLoads(library, alone));
      await add(`${library.name} README example runs`, () => skip ?? checkExample(library, alone));
    }

    const product = join(directory, 'product');
    await add(
      'the programs install together, serve the dashboard and run an agent',
      async () =>
        (await installTogether(
          all.filter(({ tarball }) => tarball !== undefined),
          product,
        )) ?? checkProduct(product),
    );
    return results;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const results = await packTests();
  const failed = results.filter(({ problem }) => problem !== undefined).length;
  console.log(`${results.length - failed} passed, ${failed} failed, 0 skipped`);
  process.exitCode = failed > 0 ? 1 : 0;
}
