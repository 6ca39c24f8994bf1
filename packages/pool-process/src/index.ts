export { ProcessPool } from './process-pool.js';
export type { AdoptedWorker } from './process-pool.js';
export type { LogSink, ProcessPoolOptions } from './options.js';
