import { join } from 'node:path';
import { compileHelper, findCompiler, isCurrent } from '../confine/compile.mjs';
import { root } from '../setup/local-bin.mjs';

/** Compiles the confinement helper unless the build has done so, and gives its path; `undefined` without a compiler. */
export function ensureConfineHelper() {
  const directory = `packages/policy-shell/dist/native/${process.platform}-${process.arch}`;
  const output = join(root, directory, 'clawforce-confine');
  if (isCurrent(output)) return output;
  const compiler = findCompiler();
  if (process.platform !== 'linux' || compiler === undefined) return undefined;
  compileHelper(compiler, output);
  return output;
}
