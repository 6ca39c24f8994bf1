import { closeSync, openSync, renameSync, unlinkSync } from 'node:fs';

/**
 * Moves a file where hard links are refused (protected_hardlinks, FAT): an empty file made exclusively holds the place,
 * then one rename. What another program writes into the placeholder in between is lost; an existing file never is.
 */
export function placeWithoutLink(from: string, to: string): void {
  closeSync(openSync(to, 'wx', 0o600));
  try {
    renameSync(from, to);
  } catch (error) {
    unlinkSync(to);
    throw error;
  }
}
