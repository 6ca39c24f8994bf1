/**
 * Compiles the drill's probe for raw system calls, as a static program, unless it is there already, and gives its
 * path; `undefined` where there is no C compiler.
 */
export function ensureDrillProbe(): Promise<string | undefined>;
