import { existsSync, lstatSync, mkdirSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { SettingsError } from './settings-error.js';

/**
 * Makes a directory that only this user can enter, or takes one that is so already: a real directory, of this user, mode
 * 0700. Refuses anything else: a directory that someone else prepared (in `/tmp`, say) could be swapped under us.
 */
export function privateDirectory(path: string, variable: string): void {
  make(path, variable);
  const found = inspect(path, variable);
  if ((found.mode & 0o077) !== 0) {
    throw new SettingsError(variable, `the directory ${path} is open to other users; it must have mode 0700`);
  }
}

/** Makes a directory with mode 0700, or takes one of this user that nobody else can write to. */
export function ownDirectory(path: string, variable: string): void {
  make(path, variable);
  const found = inspect(path, variable);
  if ((found.mode & 0o022) !== 0) {
    throw new SettingsError(variable, `the directory ${path} can be written by other users`);
  }
}

function make(path: string, variable: string): void {
  try {
    makeWithParents(path, 0o700);
  } catch (error) {
    throw new SettingsError(variable, `the directory ${path} cannot be made`, { cause: error });
  }
}

/**
 * Makes a directory and what is missing above it. Node's own `recursive` never returns where making a directory in an
 * existing one fails with ENOENT, as in `/proc` (seen on Node 20.20).
 */
export function makeWithParents(path: string, mode: number): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    const parent = dirname(path);
    if (code !== 'ENOENT' || parent === path || existsSync(parent)) throw error;
    makeWithParents(parent, mode);
    makeWithParents(path, mode);
  }
}

function inspect(path: string, variable: string): Stats {
  const found = lstatSync(path);
  if (!found.isDirectory()) throw new SettingsError(variable, `${path} is not a directory`);
  if (found.uid !== process.getuid?.()) {
    throw new SettingsError(variable, `the directory ${path} belongs to another user`);
  }
  return found;
}
