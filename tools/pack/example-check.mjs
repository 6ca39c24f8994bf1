import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runNode } from '../setup/run-node.mjs';

const TIMEOUT_MS = 60_000;

const exampleOf = ({ directory }) => join(directory, 'examples/readme.mjs');

/** Tells what is wrong when the README does not show exactly the example that is tested, or undefined. */
export function checkReadme(library) {
  const readme = join(library.directory, 'README.md');
  if (!existsSync(readme)) return 'README.md is missing';
  if (!existsSync(exampleOf(library))) return 'examples/readme.mjs is missing';
  const example = readFileSync(exampleOf(library), 'utf8').trim();
  const blocks = [...readFileSync(readme, 'utf8').matchAll(/^```[a-z]*\n(.*?)^```$/gms)].map(([, code]) =>
    code.trim(),
  );
  return blocks.includes(example) ? undefined : 'no code block of README.md equals examples/readme.mjs';
}

/** Runs the README example in the project that has the tarball installed; gives the problem, or undefined. */
export async function checkExample(library, project) {
  if (!existsSync(exampleOf(library))) return 'examples/readme.mjs is missing';
  const text = readFileSync(exampleOf(library), 'utf8');
  if (!text.includes(`'${library.name}`)) return `examples/readme.mjs does not import ${library.name}`;
  const path = join(project, `example-${library.folder}.mjs`);
  writeFileSync(path, text);
  const { code, output } = await runNode(path, [], { quiet: true, cwd: project, timeoutMs: TIMEOUT_MS });
  return code === 0 ? undefined : output;
}
