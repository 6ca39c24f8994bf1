import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { SettingsError } from './settings-error.js';

const MAX_BYTES = 16_384;
const SECRET_BYTES = 32;

/**
 * Gives the secret in a file of the admin directory, made at the first call: 32 random bytes in base64url, mode 0600,
 * written under another name and linked into place, so that two starts at once agree and a crash leaves no half file.
 * Refuses a symbolic link, a file of another user and one that others can read.
 */
export function generatedSecret(
  path: string,
  variable: string,
): { readonly text: string; readonly made: boolean } {
  const found = read(path, variable, constants.O_NOFOLLOW);
  if (found !== undefined) return { text: found, made: false };
  const made = write(path, variable, randomBytes(SECRET_BYTES).toString('base64url'));
  const text = read(path, variable, constants.O_NOFOLLOW);
  if (text === undefined) throw new SettingsError(variable, `the file ${path} vanished`);
  return { text, made };
}

/** Gives the text of a secret file that the operator names; links are followed (Kubernetes mounts them), others may not read it. */
export function readSecretFile(path: string, variable: string): string {
  const text = read(path, variable, 0);
  if (text === undefined) throw new SettingsError(variable, 'there is no such file');
  return text;
}

function read(path: string, variable: string, flags: number): string | undefined {
  let file: number;
  try {
    // Non-blocking, so that a pipe in its place cannot stop the start.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | flags);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    const reason = code === 'ELOOP' ? 'is a symbolic link' : 'cannot be read';
    throw new SettingsError(variable, `the file ${reason}`, { cause: error });
  }
  try {
    const found = fstatSync(file);
    const uid = process.getuid?.();
    if (!found.isFile()) throw new SettingsError(variable, 'what it names is not a file');
    if (found.uid !== uid && found.uid !== 0) {
      throw new SettingsError(variable, 'the file belongs to another user');
    }
    // Docker mounts its secrets 0444 in a place that only the container has.
    const readable = (found.mode & 0o044) !== 0 && !path.startsWith('/run/secrets/');
    if (readable || (found.mode & 0o022) !== 0) {
      throw new SettingsError(variable, 'the file is open to other users; it must have mode 0600');
    }
    if (found.size > MAX_BYTES) throw new SettingsError(variable, 'the file is too large');
    const buffer = Buffer.alloc(MAX_BYTES);
    const text = buffer.toString('utf8', 0, readSync(file, buffer)).trim();
    if (text === '') throw new SettingsError(variable, 'the file is empty');
    return text;
  } finally {
    closeSync(file);
  }
}

function write(path: string, variable: string, text: string): boolean {
  const draft = `${path}.${randomBytes(8).toString('hex')}`;
  try {
    const file = openSync(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
    try {
      writeSync(file, `${text}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    try {
      linkSync(draft, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    }
    const folder = openSync(join(dirname(path), '.'), constants.O_RDONLY);
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
    return true;
  } catch (error) {
    throw new SettingsError(variable, `the file ${path} cannot be made`, { cause: error });
  } finally {
    rmSync(draft, { force: true });
  }
}
