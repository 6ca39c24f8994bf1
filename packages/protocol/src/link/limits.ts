/**
 * Sizes that both ends of the link agree on. A control plane reads frames up to 1 MiB, so every limit stays below it.
 */
export const LINK_LIMITS = Object.freeze({
  /** Bytes of one batch of events, unless a single event is larger. */
  batchBytes: 256 * 1024,
  /** Events of one batch. */
  batchItems: 500,
  /** Bytes of one event as JSON; it travels alone when it is larger than a batch. */
  itemBytes: 768 * 1024,
  /** Characters of the text of a message command. */
  messageChars: 256 * 1024,
  /** Characters of a command's answer, of a session entry and of a tool call's arguments. */
  textChars: 512 * 1024,
  /** Characters of an activity event's `content`. */
  activityChars: 4_000,
  /** Characters of one delta frame. */
  deltaChars: 64 * 1024,
  /** Bytes of a tool command's arguments as JSON. */
  argsBytes: 512 * 1024,
  /** Entries of one history answer. */
  historyEntries: 1_000,
  /** Characters of ids, names, keys and other short texts. */
  idChars: 300,
});
