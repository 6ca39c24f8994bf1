import { join } from 'node:path';
import { root } from '../setup/local-bin.mjs';
import { compileHelper, findCompiler, isCurrent, isStaticElf } from './compile.mjs';

/**
 * Compiles the confinement helper for this machine into the build output of policy-shell, where `createConfiner` finds it,
 * unless it is current there. Gives its path, or `undefined` where it cannot be built: no Linux, or no C compiler.
 */
export function ensureConfineHelper() {
  const directory = `packages/policy-shell/dist/native/${process.platform}-${process.arch}`;
  const output = join(root, directory, 'clawforce-confine');
  const compiler = findCompiler();
  if (compiler === undefined) return undefined;
  if (isCurrent(output)) return output;
  compileHelper(compiler, output);
  if (!isStaticElf(output)) throw new Error(`${output} is not statically linked`);
  return output;
}
