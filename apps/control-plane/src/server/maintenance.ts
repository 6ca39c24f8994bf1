import type { Storage } from '../storage/index.js';

const EVERY_MS = 60 * 60 * 1000;
const DAY_MS = 24 * EVERY_MS;
/** How long the records of what is over are kept. */
const KEEP_MS = { credentials: 7 * DAY_MS, sessions: 30 * DAY_MS, activity: 90 * DAY_MS } as const;

/** Removes, at start and every hour, what has been over for long; gives the function that ends it. */
export function startMaintenance(storage: Storage, onFailure: (error: unknown) => void): () => void {
  const sweep = async (): Promise<void> => {
    const now = Date.now();
    await storage.credentials.purge(new Date(now - KEEP_MS.credentials));
    await storage.sessions.purge(new Date(now - KEEP_MS.sessions));
    await storage.limiter.purge();
    await storage.events.prune(new Date(now - KEEP_MS.activity));
  };
  const run = (): void => {
    sweep().catch(onFailure);
  };
  run();
  const timer = setInterval(run, EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
