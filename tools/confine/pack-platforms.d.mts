/** Makes a package directory with the helper for `arch` below `directory` and gives its path, or `undefined` without a compiler. */
export function makePlatformPackage(arch: string, directory: string): string | undefined;
