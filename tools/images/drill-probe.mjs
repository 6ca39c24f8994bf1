import { createHash } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compileDrillProbe, drillProbeFlags, findCompiler, probeSource } from '../confine/compile.mjs';
import { root } from '../setup/local-bin.mjs';

/**
 * Compiles the drill's probe for raw system calls, as a static program, unless it is there already, and gives its
 * path; `undefined` where there is no C compiler.
 */
export async function ensureDrillProbe() {
  const compiler = findCompiler();
  const digest = createHash('sha256')
    .update(drillProbeFlags.join(' '))
    .update(await readFile(probeSource))
    .digest('hex');
  const directory = join(root, 'packages/pool-core/dist/native', `${process.platform}-${process.arch}`);
  const output = join(directory, `clawforce-drill-probe-${digest.slice(0, 12)}`);
  if (existsSync(output)) return output;
  if (compiler === undefined) return undefined;
  mkdirSync(directory, { recursive: true });
  compileDrillProbe(compiler, output);
  return output;
}
