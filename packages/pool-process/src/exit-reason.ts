import type { WorkerExit } from '@clawforce/pool-core';

/** What the pool did to the worker before it ended. */
export type Ending =
  | { readonly kind: 'by-itself' }
  | { readonly kind: 'asked'; readonly reason: string }
  | { readonly kind: 'killed'; readonly reason: string; readonly graceMs: number };

/** Gives the end of a worker with its cause in words for a person. */
export function describeExit(code: number | null, signal: string | null, ending: Ending): WorkerExit {
  return { code, signal, reason: words(code, signal, ending) };
}

function words(code: number | null, signal: string | null, ending: Ending): string {
  const unseen = code === null && signal === null;
  const how = unseen ? 'an exit code that nobody saw' : (signal ?? `exit code ${code}`);
  switch (ending.kind) {
    case 'asked':
      return `stopped on request (${ending.reason}), ended with ${how}`;
    case 'killed':
      return `killed after ${ending.graceMs} ms of grace (${ending.reason}), ended with ${how}`;
    case 'by-itself':
      if (unseen)
        return 'ended by itself; its exit code is not known, because an earlier control plane started it';
      if (signal === 'SIGKILL') {
        return 'killed by SIGKILL from outside the pool; out of memory is a common cause';
      }
      if (signal !== null) return `ended by ${signal} from outside the pool, or by a fault of its own`;
      return code === 0 ? 'ended by itself with exit code 0' : `crashed with exit code ${code}`;
  }
}
