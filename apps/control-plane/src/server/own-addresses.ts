import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { OwnEndpoint } from '../egress/web-policy.js';

/** Parts of {@link OwnAddresses}. */
export interface OwnAddressesParts {
  /** Gives every address of a name; by default the system's resolver, which the database driver uses too. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
  /** The endpoints are others than before. */
  readonly onChange: () => void;
  /** A name has no known address; told when that begins, not with every attempt. */
  readonly onUnknown: (host: string, error: unknown) => void;
  /** Addresses of this host; by default those of its interfaces. */
  readonly interfaces?: () => readonly string[];
  readonly timing?: Partial<typeof TIMING>;
}

const TIMING = {
  /** For one lookup. */
  lookupMs: 5_000,
  /** Until the next one when every name has an address, and when one has none. */
  everyMs: 60_000,
  retryMs: 5_000,
  /** Between two looks at the interfaces: each agent's network brings an address of this host with it. */
  interfacesMs: 5_000,
  /** How long an address counts after the last answer with it: names of several servers give them in turns. */
  keepMs: 60 * 60_000,
};

function ownInterfaces(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
}

async function systemResolve(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}

/**
 * Knows what no agent reaches, by name and at each address that a name has: a connection is judged by its address, so an
 * exception for that address or another name for it would otherwise lead there. Names are looked up again and again.
 * Until each has had an address, nothing is known and nobody is let out (decision 0165). Interfaces are watched as well,
 * since a policy has the addresses of this host as they were when it was made.
 */
export class OwnAddresses {
  readonly #parts: OwnAddressesParts;
  readonly #timing: typeof TIMING;
  readonly #named = new Map<string, Map<string, number>>();
  readonly #unknown = new Set<string>();
  #given: readonly OwnEndpoint[] = [];
  #current: readonly OwnEndpoint[] = [];
  #timer: NodeJS.Timeout | undefined;
  #watch: NodeJS.Timeout | undefined;
  #interfaces = '';
  #closed = false;

  constructor(parts: OwnAddressesParts) {
    this.#parts = parts;
    this.#timing = { ...TIMING, ...parts.timing };
  }

  /** The endpoints with all known addresses of their names; empty until each name has had one. */
  get current(): readonly OwnEndpoint[] {
    return this.#current;
  }

  /** Takes the endpoints and looks their names up; from then on that is repeated. Does not fail. */
  async open(endpoints: readonly OwnEndpoint[]): Promise<void> {
    this.#given = endpoints;
    this.#interfaces = this.#hostAddresses();
    this.#watch = setInterval(() => this.#lookAtInterfaces(), this.#timing.interfacesMs);
    this.#watch.unref();
    await this.#refresh();
  }

  /** Ends the lookups. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearInterval(this.#watch);
  }

  #lookAtInterfaces(): void {
    const now = this.#hostAddresses();
    if (now === this.#interfaces) return;
    this.#interfaces = now;
    if (this.#current.length > 0) this.#parts.onChange();
  }

  #hostAddresses(): string {
    return [...(this.#parts.interfaces ?? ownInterfaces)()].sort().join();
  }

  async #refresh(): Promise<void> {
    const names = new Set(this.#given.flatMap(({ host }) => (needsLookup(host) ? [host] : [])));
    await Promise.all([...names].map((name) => this.#lookUp(name)));
    if (this.#closed) return;
    const known = [...names].every((name) => this.#named.has(name));
    const next = known ? this.#given.flatMap((one) => [one, ...this.#addressesOf(one)]) : [];
    if (JSON.stringify(next) !== JSON.stringify(this.#current)) {
      this.#current = next;
      this.#parts.onChange();
    }
    if (names.size === 0) return;
    const { everyMs, retryMs } = this.#timing;
    this.#timer = setTimeout(() => void this.#refresh(), known ? everyMs : retryMs);
    this.#timer.unref();
  }

  async #lookUp(name: string): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const { lookupMs } = this.#timing;
      timer = setTimeout(() => reject(new Error(`no answer within ${lookupMs} ms`)), lookupMs);
    });
    try {
      const resolve = this.#parts.resolve ?? systemResolve;
      // A link-local answer may say by which interface.
      const addresses = (await Promise.race([resolve(name), late])).map((one) => one.replace(/%.*$/, ''));
      if (addresses.length === 0) throw new Error('the name has no address');
      if (addresses.some((one) => isIP(one) === 0)) throw new Error('the answer is no address');
      const seen = this.#named.get(name) ?? new Map<string, number>();
      const now = performance.now();
      for (const address of addresses) seen.set(address, now);
      for (const [address, at] of seen) if (now - at > this.#timing.keepMs) seen.delete(address);
      this.#named.set(name, seen);
      this.#unknown.delete(name);
    } catch (error) {
      // What was known before stays: a resolver that is away must not open the way.
      if (this.#named.has(name) || this.#unknown.has(name) || this.#closed) return;
      this.#unknown.add(name);
      this.#parts.onUnknown(name, error);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Addresses in an order that does not change with each answer. */
  #addressesOf({ host, port }: OwnEndpoint): readonly OwnEndpoint[] {
    const seen = host === undefined ? undefined : this.#named.get(host);
    return [...(seen?.keys() ?? [])].sort().map((address) => ({ address, port }));
  }
}

/** `localhost` is every address of this host, which the policy knows. */
function needsLookup(host: string | undefined): host is string {
  return host !== undefined && host !== 'localhost';
}
