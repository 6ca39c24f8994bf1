import type {
  CommandReport,
  Delta,
  EventBatch,
  Hello,
  LinkAuth,
  LinkRequest,
  OutboxItem,
} from '../frames.js';
import { LINK_PROTOCOL } from '../frames.js';
import { LINK_LIMITS } from '../limits.js';
import { object, oneOf, reader, text, union } from './compile.js';
import { commandReport, count, id, outboxItem, secret } from './schemas.js';

const readAuth = reader<LinkAuth>(
  object({
    proto: { type: 'integer' },
    credential: object({ kind: oneOf('join', 'resume', 'token'), secret }),
    instance: id,
  }),
);

/**
 * Gives the credential of a handshake, `'upgrade'` when the worker speaks another protocol version, or `undefined`
 * when there is no valid credential.
 */
export function readLinkAuth(raw: unknown): LinkAuth | 'upgrade' | undefined {
  const proto = typeof raw === 'object' && raw !== null ? (raw as { proto?: unknown }).proto : undefined;
  if (typeof proto === 'number' && proto !== LINK_PROTOCOL) return 'upgrade';
  return readAuth(raw);
}

/** Gives a valid {@link Hello}, or `undefined`. */
export const readHello: (raw: unknown) => Hello | undefined = reader<Hello>(
  object({
    instance: id,
    next_seq: count,
    low_seq: count,
    software: object({ name: id, version: id }),
    capabilities: { type: 'array', maxItems: 64, items: id },
  }),
);

/** Gives a valid {@link OutboxItem}, or `undefined`. */
export const readOutboxItem: (raw: unknown) => OutboxItem | undefined = reader<OutboxItem>(outboxItem);

const readItems = reader<EventBatch>(
  object({ items: { type: 'array', minItems: 1, maxItems: LINK_LIMITS.batchItems, items: outboxItem } }),
);

/** Gives a valid batch whose sequence numbers are consecutive, or `undefined`. */
export function readEventBatch(raw: unknown): EventBatch | undefined {
  const batch = readItems(raw);
  if (!batch) return undefined;
  const first = batch.items[0]?.seq ?? 0;
  return batch.items.every(({ seq }, index) => seq === first + index) ? batch : undefined;
}

/** Gives a valid {@link CommandReport}, or `undefined`. */
export const readCommandReport: (raw: unknown) => CommandReport | undefined =
  reader<CommandReport>(commandReport);

/** Gives a valid {@link Delta}, or `undefined`. */
export const readDelta: (raw: unknown) => Delta | undefined = reader<Delta>(
  object({ session_key: id, turn_id: id, text: text(LINK_LIMITS.deltaChars) }),
);

/** Gives a valid {@link LinkRequest}, or `undefined`. */
export const readLinkRequest: (raw: unknown) => LinkRequest | undefined = reader<LinkRequest>(
  union(
    'kind',
    object({
      kind: { const: 'history' },
      session_key: id,
      limit: { type: 'integer', minimum: 1, maximum: LINK_LIMITS.historyEntries },
    }),
  ),
);

/** Gives a valid heartbeat, or `undefined`. */
export const readHeartbeat: (raw: unknown) => { readonly t: number } | undefined = reader<{
  readonly t: number;
}>(object({ t: { type: 'number' } }));
