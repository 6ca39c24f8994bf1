import { checkKeys } from '../options/known-keys.js';

const WRITE_OPTIONS: readonly (keyof WriteOptions)[] = ['ifMatch', 'ifNoneMatch'];

/** What {@link AgentFS.writeFile} takes. */
export interface WriteOptions {
  /** Writes only when the file has this etag, else STALE; from {@link AgentFS.readFileInfo} or an earlier write. */
  readonly ifMatch?: string;
  /** `*` writes only when there is no such file, else EXISTS. */
  readonly ifNoneMatch?: '*';
}

/** What a write gives. */
export interface WriteResult {
  /** Canonical path, links followed. */
  readonly path: string;
  /** Etag of what was written, computed when it is asked for. */
  readonly etag: string;
  /** Size of the file in bytes. */
  readonly size: number;
  /** There was no such file before. */
  readonly created: boolean;
}

/**
 * Checks the options of a write.
 *
 * @throws TypeError naming the bad option.
 */
export function checkWriteOptions(options: WriteOptions): void {
  checkKeys(options, WRITE_OPTIONS);
  const { ifMatch, ifNoneMatch } = options;
  if (ifMatch !== undefined && typeof (ifMatch as unknown) !== 'string') {
    throw new TypeError('option "ifMatch" must be an etag');
  }
  if (ifNoneMatch !== undefined && (ifNoneMatch as unknown) !== '*')
    throw new TypeError('option "ifNoneMatch" must be "*"');
}
