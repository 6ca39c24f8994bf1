import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../setup/local-bin.mjs';

const run = promisify(execFile);
const SOURCE = join(root, 'packages/pool-core/native/drill-probe.c');
const FLAGS = ['-O2', '-static', '-Wall', '-Wextra', '-Werror'];

/**
 * Compiles the drill's probe for raw system calls, as a static program, unless it is there already, and gives its
 * path; `undefined` where there is no C compiler.
 */
export async function ensureDrillProbe() {
  const digest = createHash('sha256')
    .update(FLAGS.join(' '))
    .update(await readFile(SOURCE))
    .digest('hex');
  const directory = join(root, 'packages/pool-core/dist/native', `${process.platform}-${process.arch}`);
  const output = join(directory, `clawforce-drill-probe-${digest.slice(0, 12)}`);
  if (existsSync(output)) return output;
  if (!(await run('cc', ['--version']).catch(() => undefined))) return undefined;
  await mkdir(dirname(output), { recursive: true });
  const half = `${output}.${process.pid}`;
  await run('cc', [...FLAGS, '-o', half, SOURCE]);
  await rename(half, output);
  return output;
}
