/** How far the file layer keeps an agent in its directory: the kernel excludes an escape, or one is noticed. */
export type FileGuard = 'kernel' | 'detect';

/** Gives what a platform admits of. The banner says it, and the file layer is told to accept no less. */
export function fileGuardOf(platform: NodeJS.Platform): FileGuard {
  return platform === 'linux' ? 'kernel' : 'detect';
}
