import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../setup/local-bin.mjs';
import { runNpm } from './run-npm.mjs';

// What a reader of the tarball must find, and what must never be in it.
const REQUIRED = ['package.json', 'README.md', 'LICENSE'];
const LIBRARY = ['dist/index.js', 'dist/index.d.ts'];
const PROGRAMS = {
  '@clawforce/control-plane': ['bin/clawforce.mjs', 'dist/main.js', 'dist/dashboard/index.html'],
  '@clawforce/worker': ['dist/main.js'],
};
const FORBIDDEN = /(^|\/)(node_modules|out-tsc|bench|test|\.env[^/]*)(\/|$)|\.test\.|\.tsbuildinfo$/;

function contentProblem({ name }, files) {
  const paths = files.map(({ path }) => path);
  const missing = [...REQUIRED, ...(PROGRAMS[name] ?? LIBRARY)].filter((path) => !paths.includes(path));
  const forbidden = paths.filter((path) => FORBIDDEN.test(path));
  const sentences = [
    ...(missing.length > 0 ? [`the tarball lacks ${missing.join(', ')}`] : []),
    ...(forbidden.length > 0 ? [`the tarball holds ${forbidden.slice(0, 10).join(', ')}`] : []),
  ];
  return sentences.length > 0 ? sentences.join('; ') : undefined;
}

/** Packs every workspace in one npm run; gives the path of each tarball, and what is wrong with its content. */
export async function packAll(workspaces, directory) {
  const destination = join(directory, 'tarballs');
  mkdirSync(destination, { recursive: true });
  const folders = workspaces.map(({ path }) => path);
  const { code, stdout, stderr } = await runNpm(
    ['pack', ...folders, '--json', '--ignore-scripts', '--pack-destination', destination],
    root,
  );
  let packed = [];
  try {
    const answer = JSON.parse(stdout);
    packed = Array.isArray(answer) ? answer : Object.values(answer);
  } catch {
    packed = [];
  }
  return workspaces.map((library) => {
    const found = packed.find(({ name }) => name === library.name);
    if (found === undefined) return { library, problem: `npm pack ended with ${code}: ${stderr.trim()}` };
    const file = found.filename.replace(/^@/, '').replace('/', '-');
    return { library, tarball: join(destination, file), problem: contentProblem(library, found.files) };
  });
}
