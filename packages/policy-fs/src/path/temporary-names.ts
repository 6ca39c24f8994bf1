/** Names that begin so belong to writes in progress: never shown, never given out. */
export const TEMPORARY_PREFIX = '.clawforce-tmp-';

/** Tells whether a name belongs to a write in progress. */
export function isTemporaryName(name: string): boolean {
  return name.startsWith(TEMPORARY_PREFIX);
}
