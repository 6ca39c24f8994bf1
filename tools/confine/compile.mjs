import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { root } from '../setup/local-bin.mjs';

/** The sources of the confinement helper. */
export const nativeDirectory = join(root, 'packages/policy-shell/native');

/** The source of the drill's probe for raw system calls. */
export const probeSource = join(root, 'packages/pool-core/native/drill-probe.c');

/** How the probe is compiled: one static program, whatever the image has. */
export const drillProbeFlags = ['-O2', '-static', '-Wall', '-Wextra', '-Werror'];

// musl where it is there: a tenth of the size, half the start-up time. Any C library that links statically will do.
const compilers = {
  x64: { native: ['musl-gcc', 'cc', 'gcc'], cross: ['x86_64-linux-musl-gcc', 'x86_64-linux-gnu-gcc'] },
  arm64: { native: ['musl-gcc', 'cc', 'gcc'], cross: ['aarch64-linux-musl-gcc', 'aarch64-linux-gnu-gcc'] },
};

const warnings = [
  ...['-Wall', '-Wextra', '-Werror', '-Wshadow', '-Wconversion', '-Wstrict-prototypes'],
  ...['-Wmissing-prototypes', '-Wformat=2', '-Wundef', '-Wvla'],
];

// The same sources and compiler give the same bytes wherever the repository lies.
const reproducible = [
  ...['-fno-ident', '-Wl,--build-id=none'],
  ...['-static', '-s', '-O2', '-fstack-protector-strong', '-Wl,-z,noexecstack', '-Wl,-z,relro'],
];

/** How the helper is compiled, but for what it is made of and where it goes. */
export const confineFlags = ['-std=c11', '-D_GNU_SOURCE', ...warnings, ...reproducible];

/** Whether a compiler is there and finds a C library to link statically: some systems ship only the shared one. */
export function linksStatically(compiler) {
  const directory = mkdtempSync(join(tmpdir(), 'clawforce-cc-'));
  try {
    const { status } = spawnSync(compiler, ['-static', '-o', join(directory, 'a'), '-x', 'c', '-'], {
      input: '#include <stdlib.h>\nint main(void) { exit(0); }\n',
      stdio: ['pipe', 'ignore', 'ignore'],
      timeout: 60_000,
    });
    return status === 0;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Gives the C compiler for an architecture (`x64`, `arm64`), or `undefined` where this machine has none that links statically. */
export function findCompiler(arch = process.arch) {
  const known = compilers[arch];
  if (process.platform !== 'linux' || known === undefined) return undefined;
  return [...(arch === process.arch ? known.native : []), ...known.cross].find(linksStatically);
}

/** Whether `output` is newer than everything it is made of. */
export function isCurrent(output) {
  const made = statSync(output, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const parts = readdirSync(nativeDirectory).map((name) => join(nativeDirectory, name));
  return [...parts, import.meta.filename ?? ''].every((path) => path === '' || statSync(path).mtimeMs < made);
}

/** Compiles the helper to `output`. @throws Error with the compiler's words. */
export function compileHelper(compiler, output, { sources = nativeDirectory } = {}) {
  mkdirSync(dirname(output), { recursive: true });
  const unfinished = `${output}.${process.pid}`;
  const files = readdirSync(sources).filter((name) => name.endsWith('.c'));
  const { status, stderr, error } = spawnSync(
    compiler,
    [
      ...confineFlags,
      ...[`-ffile-prefix-map=${sources}=.`, '-o', unfinished],
      ...files.sort().map((name) => join(sources, name)),
    ],
    { encoding: 'utf8', timeout: 120_000 },
  );
  if (status !== 0) {
    rmSync(unfinished, { force: true });
    throw new Error(`${compiler} did not compile the confinement helper: ${error?.message ?? stderr}`);
  }
  // Whoever runs the old one meanwhile keeps it.
  renameSync(unfinished, output);
}

/** Compiles the drill's probe to `output`. @throws Error with the compiler's words. */
export function compileDrillProbe(compiler, output) {
  const unfinished = `${output}.${process.pid}`;
  const { status, stderr, error } = spawnSync(compiler, [...drillProbeFlags, '-o', unfinished, probeSource], {
    encoding: 'utf8',
    timeout: 120_000,
  });
  if (status !== 0) {
    rmSync(unfinished, { force: true });
    throw new Error(`${compiler} did not compile the drill's probe: ${error?.message ?? stderr}`);
  }
  renameSync(unfinished, output);
}

/** Whether a file is a statically linked ELF program: it has no interpreter. */
export function isStaticElf(path) {
  const bytes = readFileSync(path);
  if (bytes.readUInt32BE(0) !== 0x7f454c46) return false;
  const [offset, size, count] = [
    Number(bytes.readBigUInt64LE(32)),
    bytes.readUInt16LE(54),
    bytes.readUInt16LE(56),
  ];
  const interpreter = 3;
  return Array.from({ length: count }, (_, at) => bytes.readUInt32LE(offset + at * size)).every(
    (type) => type !== interpreter,
  );
}
