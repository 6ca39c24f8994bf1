import { AgentFSError } from '../errors/agent-fs-error.js';
import { isTemporaryName } from './temporary-names.js';

const MAX_NAME_BYTES = 255;
const LONE_SURROGATE = /\p{Cs}/u;
// Control characters of C0, DEL and C1, and the line and paragraph separators.
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/u;
const INVISIBLE = /^[\s\p{Z}\p{Default_Ignorable_Code_Point}\p{Cf}]*$/u;
const WINDOWS_CHARACTER = /[<>:"|?*]|[ .]$/u;
// Superscript digits count as digits there (CVE-2024-51756).
const WINDOWS_DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³]) *(?:\.|:|$)/iu;

/**
 * Judges one name that is about to be created. Stricter than for existing files, so that odd names can still be read,
 * renamed and removed.
 *
 * @throws AgentFSError `INVALID_NAME`; for what is no single name also `INVALID_PATH`, `ABSOLUTE_PATH`,
 * `PATH_TRAVERSAL` or `NAME_TOO_LONG`.
 */
export function checkNewName(name: string, portable: boolean): void {
  checkSingleName(name);
  if (INVISIBLE.test(name)) {
    throw new AgentFSError('INVALID_NAME', {
      rule: 'fs.name.blank',
      reason: 'A new name may not be blank.',
      hint: 'Give a name that can be seen.',
    });
  }
  if (CONTROL.test(name)) {
    throw new AgentFSError('INVALID_NAME', {
      rule: 'fs.name.control',
      reason: 'A new name may not have control characters.',
      hint: 'Use letters, digits, space and punctuation.',
    });
  }
  if (isTemporaryName(name)) {
    throw new AgentFSError('INVALID_NAME', {
      rule: 'fs.name.reserved',
      reason: 'Names of this kind are kept for writes in progress.',
    });
  }
  if (portable && (WINDOWS_CHARACTER.test(name) || WINDOWS_DEVICE.test(name))) {
    throw new AgentFSError('INVALID_NAME', {
      rule: 'fs.name.portable',
      reason: 'The name is reserved or not allowed on Windows.',
      hint: 'Choose a name that works on every system.',
    });
  }
}

/**
 * Judges whether a text is one plain name at all.
 *
 * @throws AgentFSError `INVALID_NAME`, `ABSOLUTE_PATH`, `PATH_TRAVERSAL` or `NAME_TOO_LONG`.
 */
export function checkSingleName(name: unknown): asserts name is string {
  if (typeof name !== 'string')
    throw new AgentFSError('INVALID_NAME', { reason: 'The name is not a string.' });
  if (name === '..') throw new AgentFSError('PATH_TRAVERSAL');
  if (name === '' || name === '.') throw new AgentFSError('INVALID_NAME', { reason: 'The name is empty.' });
  if (name.startsWith('/')) throw new AgentFSError('ABSOLUTE_PATH');
  if (/[/\\\0]/u.test(name) || LONE_SURROGATE.test(name)) {
    throw new AgentFSError('INVALID_NAME', {
      reason: 'The name is not one plain name.',
      hint: 'Use move to put a file into another directory.',
    });
  }
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) throw new AgentFSError('NAME_TOO_LONG');
}
