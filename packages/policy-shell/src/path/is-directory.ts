import { statSync } from './file-system.js';

/** Whether a path leads, links followed, to a directory that is there. Never throws. */
export function isDirectory(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch {
    return false;
  }
}
