import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../setup/local-bin.mjs';
import { compileDrillProbe, compileHelper, findCompiler, isStaticElf, probeSource } from './compile.mjs';

const shell = join(root, 'packages/policy-shell');

function manifest(arch) {
  const { version, author, license, engines } = JSON.parse(readFileSync(join(shell, 'package.json'), 'utf8'));
  return {
    name: `@clawforce/confine-linux-${arch}`,
    version,
    description: `The Landlock helper of @clawforce/policy-shell for Linux ${arch}: one static program.`,
    author,
    license,
    os: ['linux'],
    cpu: [arch],
    engines,
    exports: {
      './clawforce-confine': './clawforce-confine',
      './clawforce-drill-probe': './clawforce-drill-probe',
      './package.json': './package.json',
    },
    files: ['clawforce-confine', 'clawforce-drill-probe', 'native'],
    publishConfig: { access: 'public' },
  };
}

const readme = (arch) => `# @clawforce/confine-linux-${arch}

\`clawforce-confine\`, the program that \`@clawforce/policy-shell\` confines commands with on Linux ${arch} (Landlock,
seccomp, resource limits). Install it next to the library, which finds it by itself:

\`\`\`sh
npm install @clawforce/policy-shell @clawforce/confine-linux-${arch}
\`\`\`

The program is linked statically and needs nothing of the system. Its sources are in \`native/\`; what it holds and what it
cannot hold is in the README of \`@clawforce/policy-shell\`.

\`clawforce-drill-probe\` makes the raw system calls of \`clawforce drill run\` in worker images that have this package beside
\`@clawforce/worker\`.
`;

/** Makes a package directory with the helper for `arch` below `directory` and gives its path, or `undefined` without a compiler. */
export function makePlatformPackage(arch, directory) {
  const compiler = findCompiler(arch);
  if (compiler === undefined) return undefined;
  const target = join(directory, `confine-linux-${arch}`);
  rmSync(target, { recursive: true, force: true });
  mkdirSync(join(target, 'native'), { recursive: true });
  const program = join(target, 'clawforce-confine');
  compileHelper(compiler, program);
  if (!isStaticElf(program)) throw new Error(`${program} is not statically linked`);
  chmodSync(program, 0o755);
  compileDrillProbe(compiler, join(target, 'clawforce-drill-probe'));
  chmodSync(join(target, 'clawforce-drill-probe'), 0o755);
  for (const name of readdirSync(join(shell, 'native')))
    copyFileSync(join(shell, 'native', name), join(target, 'native', name));
  copyFileSync(probeSource, join(target, 'native', 'drill-probe.c'));
  copyFileSync(join(shell, 'LICENSE'), join(target, 'LICENSE'));
  writeFileSync(join(target, 'README.md'), readme(arch));
  writeFileSync(join(target, 'package.json'), `${JSON.stringify(manifest(arch), null, 2)}\n`);
  return target;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const directory = process.argv[2] ?? join(root, 'artifacts/platform-packages');
  for (const arch of ['x64', 'arm64']) {
    const made = makePlatformPackage(arch, directory);
    console.log(
      made ??
        `confine: no C compiler for ${arch}; on Debian: apt-get install gcc-aarch64-linux-gnu libc6-dev-arm64-cross`,
    );
  }
}
