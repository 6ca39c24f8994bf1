import { acquireWriterLock } from '../lock/writer-lock.js';

/* A process of its own that holds the writer lock of the address in argv until it is killed. */
await acquireWriterLock(process.argv[2] ?? '');
process.send?.('held');
setInterval(() => undefined, 60_000);
