import { closeSync, constants } from 'node:fs';
import { AgentFSError } from '../errors/agent-fs-error.js';
import type { Call } from '../audit/call.js';
import type { FsContext } from '../fs-context.js';
import { contentEtag, fileEtag, untilSettled } from '../read/etag.js';
import { tooLarge } from '../read/read-file.js';
import { flag } from '../options/flag.js';
import { checkKeys } from '../options/known-keys.js';
import { checkText } from '../read/well-formed.js';
import { isReadAtOnce, readBytes } from '../read/transfer.js';
import type { ZonePath } from '../walk/locate.js';
import { holdForWrite } from '../write/hold-for-write.js';
import { publish } from '../write/publish.js';
import type { WriteResult } from '../write/write-options.js';
import { editText } from './edit-text.js';

const EDIT_OPTIONS: readonly (keyof EditOptions)[] = ['ifMatch', 'replaceAll'];

/** What {@link AgentFS.editFile} takes. */
export interface EditOptions {
  /** Edits only when the file has this etag, else STALE. */
  readonly ifMatch?: string;
  /** Replaces every occurrence instead of refusing more than one. */
  readonly replaceAll?: boolean;
}

/** What an edit gives. */
export interface EditResult extends WriteResult {
  /** How many passages were replaced. */
  readonly replaced: number;
}

/** Replaces one passage of a text file, or all; refuses when the file changes meanwhile. */
export async function editPassage(
  context: FsContext,
  call: Call,
  gated: ZonePath,
  texts: { readonly oldText: string; readonly newText: string },
  options: EditOptions,
): Promise<EditResult> {
  const { maxReadBytes, maxWriteBytes } = context.settings;
  const held = holdForWrite(context, gated, undefined);
  try {
    call.reached(held.path, held.entry);
    const { entry } = held;
    if (!entry) throw new AgentFSError('NOT_FOUND');
    if (entry.stat.size > maxReadBytes) throw tooLarge(entry.stat.size, maxReadBytes);
    const fd = entry.open(constants.O_RDONLY);
    let bytes: Buffer;
    try {
      if (!isReadAtOnce(entry.stat.size)) await untilSettled(fd);
      bytes = await readBytes(fd, 0, entry.stat.size);
      if (options.ifMatch !== undefined) {
        const etag = options.ifMatch.startsWith('v') ? await fileEtag(fd) : contentEtag(bytes);
        if (etag !== options.ifMatch) throw new AgentFSError('STALE');
      }
    } finally {
      closeSync(fd);
    }
    const { text, replaced } = await editText(
      strictText(bytes),
      texts.oldText,
      texts.newText,
      options.replaceAll ?? false,
      maxWriteBytes,
    );
    const data = Buffer.from(text, 'utf8');
    if (data.length > maxWriteBytes) throw tooLarge(data.length, maxWriteBytes);
    const etag = await publish(context, held, data, { isSeen: (now) => now.equals(bytes) });
    call.bytes = data.length;
    return { path: held.path, etag: etag ?? contentEtag(data), size: data.length, created: false, replaced };
  } finally {
    held.release();
  }
}

/**
 * Checks what an edit was asked with.
 *
 * @throws TypeError naming the bad argument or option.
 */
export function checkEdit(
  passage: { readonly oldText: unknown; readonly newText: unknown },
  options: EditOptions,
): void {
  checkKeys(options, EDIT_OPTIONS);
  const { ifMatch } = options;
  for (const [name, text] of Object.entries(passage)) {
    if (typeof text !== 'string') throw new TypeError(`argument "${name}" must be a string`);
    checkText(text, name);
  }
  if (ifMatch !== undefined && typeof (ifMatch as unknown) !== 'string') {
    throw new TypeError('option "ifMatch" must be an etag');
  }
  flag('replaceAll', options.replaceAll);
}

/** Gives the text of bytes that are UTF-8 without exception: an edit must not change what it cannot read. */
function strictText(bytes: Buffer): string {
  if (bytes.includes(0)) throw new AgentFSError('BINARY');
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new AgentFSError('BINARY', { cause });
  }
}
