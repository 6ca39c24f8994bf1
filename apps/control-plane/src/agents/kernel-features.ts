const PREFIX = 'exec.lacks.';

/** What a worker may name, and what a person is told: never a word of the worker itself. */
const SENTENCES: Readonly<Record<string, string>> = Object.freeze({
  CONFIG_SECURITY_LANDLOCK: 'this kernel has no Landlock (CONFIG_SECURITY_LANDLOCK, Linux 5.13 or newer)',
  'lsm=landlock': 'Landlock is not switched on in this kernel (boot parameter lsm=landlock,...)',
  landlock_create_ruleset:
    'the system call filter of the container refuses Landlock (landlock_create_ruleset)',
  CONFIG_SECCOMP_FILTER: 'this kernel has no system call filters (CONFIG_SECCOMP_FILTER)',
});

/** Says which part of the kernel a worker misses to confine commands, by what its hello says; undefined for no known part. */
export function missingKernelFeature(capabilities: readonly string[]): string | undefined {
  const named = capabilities
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => name.slice(PREFIX.length));
  return named.map((name) => (Object.hasOwn(SENTENCES, name) ? SENTENCES[name] : undefined)).find(Boolean);
}
