/** The sources of the confinement helper. */
export const nativeDirectory: string;
/** Whether a compiler is there and finds a C library to link statically. */
export function linksStatically(compiler: string): boolean;
/** Gives the C compiler for an architecture (`x64`, `arm64`), or `undefined` where this machine has none. */
export function findCompiler(arch?: string): string | undefined;
/** Whether `output` is newer than everything it is made of. */
export function isCurrent(output: string): boolean;
/** Compiles the helper to `output`. @throws Error with the compiler's words. */
export function compileHelper(
  compiler: string,
  output: string,
  options?: { readonly sources?: string },
): void;
/** Whether a file is a statically linked ELF program. */
export function isStaticElf(path: string): boolean;
/** The source of the drill's probe for raw system calls. */
export const probeSource: string;
/** How the probe is compiled. */
export const drillProbeFlags: readonly string[];
/** Compiles the drill's probe to `output`. @throws Error with the compiler's words. */
export function compileDrillProbe(compiler: string, output: string): void;
/** How the helper is compiled, but for what it is made of and where it goes. */
export const confineFlags: readonly string[];
