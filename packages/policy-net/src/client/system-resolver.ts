import { lookup } from 'node:dns/promises';
import { membersAt } from '../option-checks.js';
import { LookupTurns, type LookupBounds, type LookupOwner } from './lookup-turns.js';
import { TooManyLookupsError, type Resolve } from './resolve-host.js';

/** Options of {@link SystemResolver}. */
export interface SystemResolverOptions {
  /** How many threads libuv's pool has in this process (`UV_THREADPOOL_SIZE`); 4 by default, as libuv has it. */
  readonly threads?: number | undefined;
}

const known: ReadonlySet<string> = new Set(['threads']);
/** The most threads that libuv takes. */
const MOST_THREADS = 1_024;

/**
 * The system's resolver, asked in turns: its lookups cannot be called back, and each keeps a thread of the pool that all
 * of the process shares for as long as a name server is silent (decision 0193).
 */
export class SystemResolver {
  readonly #turns: LookupTurns;

  /** @throws TypeError naming the option. */
  constructor(options: SystemResolverOptions = {}) {
    const { threads = 4 } = membersAt(options, 'options', known) as SystemResolverOptions;
    if (!Number.isInteger(threads) || threads < 1)
      throw new TypeError('threads must be a whole number from 1 on');
    this.#turns = new LookupTurns(boundsForPool(threads));
  }

  /** Gives the resolver of one agent or client, whose lookups count together and wait for each other. */
  for(owner: LookupOwner): Resolve {
    return (host, { signal }) =>
      new Promise((resolve, reject) => {
        const leave = this.#turns.take(owner, () => systemLookup(host).then(resolve, reject));
        if (leave === undefined) reject(new TooManyLookupsError(host));
        else signal.addEventListener('abort', leave, { once: true });
      });
  }
}

/**
 * Gives bounds for a thread pool. libuv lets `getaddrinfo` have half of it, rounded up; from eight threads on a quarter of that
 * stays free for lookups by other means, such as that of a database driver. One owner gets a sixth of the rest, at least one
 * and at most two.
 */
export function boundsForPool(threads: number): LookupBounds {
  const lookups = Math.floor((Math.min(MOST_THREADS, threads) + 1) / 2);
  const inAll = lookups - Math.floor(lookups / 4);
  return { inAll, perOwner: Math.min(2, Math.max(1, Math.floor(inAll / 6))), waiting: 256 };
}

/** What clients and proxies ask that are given no resolver. */
export const usualResolver = new SystemResolver();

async function systemLookup(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address);
}
