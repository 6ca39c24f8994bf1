export { ProcessPool } from './process-pool.js';
export type { LogSink, ProcessPoolOptions } from './options.js';
export type { SweptOrphan } from './sweep-orphans.js';
