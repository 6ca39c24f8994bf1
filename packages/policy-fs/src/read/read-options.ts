import { checkKeys } from '../options/known-keys.js';

/** How content is given as a string. */
export type TextEncoding = 'utf8' | 'utf-8' | 'base64' | 'latin1';

const READ_OPTIONS: readonly (keyof ReadOptions)[] = ['offset', 'limit', 'unit', 'encoding'];
const ENCODINGS: readonly unknown[] = ['utf8', 'utf-8', 'base64', 'latin1', 'buffer'];

/** What {@link AgentFS.readFile} takes. */
export interface ReadOptions {
  /** How many bytes (or lines) to leave out at the beginning; 0 by default. */
  readonly offset?: number;
  /** At most so many bytes (or lines). Without it the rest of the file is given, or TOO_LARGE thrown. */
  readonly limit?: number;
  /** What offset and limit count; `bytes` by default. */
  readonly unit?: 'bytes' | 'lines';
  /**
   * `utf8` (default) gives text and refuses binary content; `buffer` gives the bytes, `base64` and `latin1` give them as
   * a string.
   */
  readonly encoding?: TextEncoding | 'buffer';
}

/** What {@link AgentFS.readFileInfo} gives. */
export interface FileInfo<Content = string> {
  readonly content: Content;
  /** Identifies the content of the whole file, for `ifMatch`. */
  readonly etag: string;
  /** Size of the whole file in bytes. */
  readonly size: number;
  /** The content stops before the end of the file. */
  readonly truncated: boolean;
  /** Canonical path, links followed. */
  readonly path: string;
  /** Time of the last change in milliseconds since the epoch. */
  readonly mtimeMs: number;
}

/**
 * Checks the options of a read.
 *
 * @throws TypeError naming the bad option.
 */
export function checkReadOptions(options: ReadOptions): void {
  checkKeys(options, READ_OPTIONS);
  for (const name of ['offset', 'limit'] as const) {
    const value = options[name];
    if (value !== undefined && (!Number.isSafeInteger(value) || value < 0)) {
      throw new TypeError(`option "${name}" must be a whole number, 0 or more`);
    }
  }
  if (options.unit !== undefined && !['bytes', 'lines'].includes(options.unit)) {
    throw new TypeError('option "unit" must be "bytes" or "lines"');
  }
  if (options.encoding !== undefined && !ENCODINGS.includes(options.encoding)) {
    throw new TypeError(`option "encoding" must be one of ${ENCODINGS.join(', ')}`);
  }
}
