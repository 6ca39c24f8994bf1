/** The sources of the confinement helper. */
export const nativeDirectory: string;
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
