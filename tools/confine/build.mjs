import { join } from 'node:path';
import { root } from '../setup/local-bin.mjs';
import { compileHelper, findCompiler, isCurrent, isStaticElf } from './compile.mjs';

// Builds the confinement helper for this machine into the build output of policy-shell, where `createConfiner` finds it.
const output = join(
  root,
  `packages/policy-shell/dist/native/${process.platform}-${process.arch}/clawforce-confine`,
);
const compiler = findCompiler();
if (process.platform !== 'linux') {
  console.log('confine: Landlock is a part of Linux; there is nothing to build here');
} else if (compiler === undefined) {
  console.log(
    'confine: no C compiler, so no Landlock helper (apt-get install gcc libc6-dev, better musl-tools)',
  );
} else if (isCurrent(output)) {
  console.log(`confine: ${output} is current`);
} else {
  compileHelper(compiler, output);
  if (!isStaticElf(output)) throw new Error(`${output} is not statically linked`);
  console.log(`confine: built ${output} with ${compiler}`);
}
