export { CommandError } from './command-desk.js';
export type { LinkConnection } from './connection.js';
export type { LinkEnd } from './link-end.js';
export { connectLink } from './link-client.js';
export type { Link, LinkHandlers, LinkNotice, LinkOptions, LinkTiming } from './link-options.js';
export { createMemoryOutbox } from './memory-outbox.js';
export { OutboxError } from './outbox.js';
export type { Outbox, OutboxEntry } from './outbox.js';
export { OutboxQueue } from './outbox-queue.js';
