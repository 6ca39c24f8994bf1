/** How a worker names, in its hello, the part of the kernel that it misses to confine commands. */
export const LACKS_PREFIX = 'exec.lacks.';

/** The names that the sentences of `createConfiner` give the parts of a kernel. */
const FEATURE = /CONFIG_SECURITY_LANDLOCK|lsm=landlock|landlock_create_ruleset|CONFIG_SECCOMP_FILTER/;

/** Gives the capability that names what is missing, or none where it is no part of the kernel. */
export function lackingFeatures(reason: string): readonly string[] {
  const [feature] = FEATURE.exec(reason) ?? [];
  return feature === undefined ? [] : [`${LACKS_PREFIX}${feature}`];
}
