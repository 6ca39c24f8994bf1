/** The root of the repository, wherever it was cloned. */
export const root: string;
/** Gives the script behind a command of an installed package, to be run with this very Node and no shell. */
export function localBin(packageName: string, command?: string): string;
