import { createHmac, createSecretKey, KeyObject } from 'node:crypto';
import { knownOptions, wholeNumber } from '../option-checks.js';
import { addressKey } from './address-key.js';
import type { LimiterBucket, LimiterStore } from './limiter-store.js';

/** Options of {@link createLoginLimiter}. */
export interface LoginLimiterOptions {
  /**
   * Key under which addresses and names are hashed before they reach the store: people type passwords into the name field.
   * At least 16 bytes, the same for all replicas and after a restart.
   */
  readonly secret: KeyObject | Uint8Array;
  /** Attempts of one address (IPv6: one /64) in a window; 5 by default. */
  readonly attemptsPerAddress?: number;
  /** The window in seconds; 60 by default. */
  readonly windowSeconds?: number;
  /** Whether a login that succeeds counts as an attempt too; false by default, since only guesses are to be limited. */
  readonly countSuccesses?: boolean;
  /** Failures of one account from one address before delays begin; 10 by default. */
  readonly failuresBeforeDelay?: number;
  /** Seconds in which those failures count; 900 by default, also the longest delay. */
  readonly failureWindowSeconds?: number;
  /** Milliseconds since 1970; `Date.now` by default. */
  readonly clock?: () => number;
}

/** Who tries to log in. */
export interface LoginAttempt {
  /** Address of the client, after the trusted proxies were taken away. */
  readonly ip: string;
  /** The name as typed. */
  readonly username: string;
}

/** Whether an attempt may go on. */
export interface LoginAdmission {
  readonly allowed: boolean;
  /** Whole seconds for `Retry-After`; 0 when allowed. */
  readonly retryAfterSeconds: number;
  /** Which limit spoke, for the audit log. */
  readonly limit?: 'address' | 'account';
}

/** Slows down guessing. No account is ever locked for other addresses (ASVS 5.0 6.1.1). */
export interface LoginLimiter {
  /** Counts the attempt and says whether it may go on; call it before any hash is computed. */
  check(attempt: LoginAttempt): Promise<LoginAdmission>;
  /** Notes that the password was wrong or the name unknown. */
  fail(attempt: LoginAttempt): Promise<void>;
  /** Notes that the login succeeded: forgets the failures of this account from this address. */
  succeed(attempt: LoginAttempt): Promise<void>;
}

const NAMES = [
  'secret',
  'attemptsPerAddress',
  'windowSeconds',
  'countSuccesses',
  'failuresBeforeDelay',
  'failureWindowSeconds',
  'clock',
];

/**
 * Gives a login limiter: a sliding window for each address, and exponential delays for each pair of account and address.
 *
 * @throws TypeError that names the option which is missing or out of range.
 */
export function createLoginLimiter(store: LimiterStore, options: LoginLimiterOptions): LoginLimiter {
  knownOptions('createLoginLimiter', options, NAMES);
  const secret = secretOf(options.secret);
  const attempts = wholeNumber('attemptsPerAddress', options.attemptsPerAddress ?? 5, 1, 100);
  const windowMs = 1000 * wholeNumber('windowSeconds', options.windowSeconds ?? 60, 1, 86_400);
  const failures = wholeNumber('failuresBeforeDelay', options.failuresBeforeDelay ?? 10, 1, 50);
  const failureMs =
    1000 * wholeNumber('failureWindowSeconds', options.failureWindowSeconds ?? 900, 1, 86_400);
  const clock = options.clock ?? Date.now;

  const hashed = (kind: string, ...parts: string[]): string =>
    `${kind}:${createHmac('sha256', secret).update(parts.join('\n')).digest('base64url').slice(0, 32)}`;
  const keysOf = ({ ip, username }: LoginAttempt): { address: string; pair: string } => {
    const address = addressKey(ip);
    const name = username.slice(0, 256).normalize('NFKC').trim().toLowerCase();
    return { address: hashed('login-address', address), pair: hashed('login-account', address, name) };
  };

  return {
    async check(attempt) {
      const now = clock();
      const { address, pair } = keysOf(attempt);
      let waitMs = 0;
      await store.update(address, (state) => {
        const times = readTimes(state, now - windowMs, now);
        const [oldest = now] = times;
        waitMs = times.length >= attempts ? Math.max(1, oldest + windowMs - now) : 0;
        return bucket(waitMs > 0 ? times : [...times, now], windowMs, now);
      });
      if (waitMs > 0) return refusal('address', waitMs);
      const times = readTimes(await store.get(pair), now - failureMs, now);
      const last = times.at(-1);
      if (last === undefined || times.length < failures) return { allowed: true, retryAfterSeconds: 0 };
      const delayMs = Math.min(failureMs, 1000 * 2 ** (times.length - failures));
      const restMs = last + delayMs - now;
      return restMs > 0 ? refusal('account', restMs) : { allowed: true, retryAfterSeconds: 0 };
    },
    async fail(attempt) {
      const now = clock();
      await store.update(keysOf(attempt).pair, (state) => {
        // Twenty beyond the limit is a delay of days: more need not be kept.
        const times = readTimes(state, now - failureMs, now).slice(-(failures + 20));
        return bucket([...times, now], failureMs, now);
      });
    },
    async succeed(attempt) {
      const now = clock();
      const { address, pair } = keysOf(attempt);
      await store.update(pair, () => undefined);
      if (options.countSuccesses === true) return;
      await store.update(address, (state) => {
        const times = readTimes(state, now - windowMs, now).slice(0, -1);
        return times.length > 0 ? bucket(times, windowMs, now) : undefined;
      });
    },
  };
}

function refusal(limit: 'address' | 'account', waitMs: number): LoginAdmission {
  return { allowed: false, retryAfterSeconds: Math.ceil(waitMs / 1000), limit };
}

// Times are kept in order and as milliseconds; a time in the future (the clock went back) counts as now.
function readTimes(state: string | undefined, after: number, now: number): number[] {
  if (state === undefined || state === '') return [];
  return state
    .split(',')
    .map((text) => Math.min(Number.parseInt(text, 36), now))
    .filter((time) => Number.isFinite(time) && time > after);
}

function bucket(times: readonly number[], lifeMs: number, now: number): LimiterBucket {
  return {
    state: times.map((time) => time.toString(36)).join(','),
    expiresAt: new Date((times.at(-1) ?? now) + lifeMs),
  };
}

function secretOf(secret: unknown): KeyObject {
  const key = secret instanceof Uint8Array && secret.length > 0 ? createSecretKey(secret) : secret;
  if (!(key instanceof KeyObject) || key.type !== 'secret' || (key.symmetricKeySize ?? 0) < 16) {
    throw new TypeError('secret must be a symmetric KeyObject or at least 16 bytes');
  }
  return key;
}
