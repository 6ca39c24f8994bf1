import { createHmac, timingSafeEqual } from 'node:crypto';
import { StorageError } from '../storage-error.js';

/** Makes and reads cursors: opaque, and refused when altered or taken from another list. */
export interface CursorCodec {
  /** `scope` names the list and its filters; a cursor is valid in the scope it was made in only. */
  encode(scope: string, position: readonly (string | number)[]): string;
  /** Throws `CURSOR_INVALID`. */
  decode(scope: string, cursor: string): readonly (string | number)[];
}

const MAC_BYTES = 16;

/** Gives a codec whose cursors carry a MAC under the key; another key makes earlier cursors invalid. */
export function createCursorCodec(key: Uint8Array): CursorCodec {
  if (key.length < 32) throw new TypeError('key: expected at least 32 bytes');
  const mac = (scope: string, payload: string): Buffer =>
    createHmac('sha256', key)
      .update(`clawforce.cursor.v1\0${String(scope.length)}\0${scope}\0${payload}`)
      .digest()
      .subarray(0, MAC_BYTES);
  return {
    encode(scope, position) {
      const payload = JSON.stringify(position);
      return Buffer.concat([mac(scope, payload), Buffer.from(payload)]).toString('base64url');
    },
    decode(scope, cursor) {
      const bytes = Buffer.from(cursor, 'base64url');
      const payload = bytes.subarray(MAC_BYTES).toString();
      const genuine =
        bytes.length > MAC_BYTES &&
        bytes.toString('base64url') === cursor &&
        timingSafeEqual(bytes.subarray(0, MAC_BYTES), mac(scope, payload));
      if (!genuine) throw new StorageError('CURSOR_INVALID', 'the cursor does not belong to this list');
      return JSON.parse(payload) as (string | number)[];
    },
  };
}
