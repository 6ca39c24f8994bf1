import { randomBytes } from 'node:crypto';
import { argon2id, hash as argon2Hash, verify as argon2Verify } from 'argon2';
import { AuthError } from '../errors/auth-error.js';
import { knownOptions, wholeNumber } from '../option-checks.js';
import { createHashGate } from './hash-gate.js';
import {
  checkPassword,
  normalizePassword,
  PASSWORD_MAX_LENGTH,
  type PasswordContext,
} from './password-rules.js';
import { readArgon2Cost, writePhcString, type Argon2Cost } from './phc-string.js';

/** The least cost accepted: argon2id, 19 MiB, two passes, one lane (OWASP password storage cheat sheet). */
export const ARGON2_FLOOR: Argon2Cost = Object.freeze({ memoryKiB: 19_456, timeCost: 2, parallelism: 1 });

/** A hash format of an earlier system, for example bcrypt, that is accepted until the user's next login. */
export interface LegacyHash {
  /** Whether the stored text is of this format. */
  recognises(hash: string): boolean;
  /** Whether the password fits; runs inside the gate. */
  verify(hash: string, password: string): Promise<boolean>;
}

/** Options of {@link createPasswordHasher}. */
export interface PasswordHasherOptions {
  /** KiB; 19456 by default and at least. */
  readonly memoryKiB?: number;
  /** Passes; 2 by default and at least. */
  readonly timeCost?: number;
  /** Lanes; 1 by default. More lanes take more CPU at once for the same wall time. */
  readonly parallelism?: number;
  /** Hashes at the same time; 2 by default. Keep it two below the size of libuv's pool (`UV_THREADPOOL_SIZE`, 4). */
  readonly concurrency?: number;
  /** Calls that may wait; 32 by default. Beyond it a call fails at once with `HASHER_BUSY`. */
  readonly queue?: number;
  /** Seconds that `HASHER_BUSY` asks to wait; 2 by default. */
  readonly retryAfterSeconds?: number;
  /** Admits parameters under the floor. For tests only. */
  readonly allowWeakForTests?: boolean;
  /** Formats of an earlier system. */
  readonly legacy?: readonly LegacyHash[];
}

/** Makes and checks password hashes. */
export interface PasswordHasher {
  /**
   * Gives the argon2id PHC string of a new password.
   *
   * @throws AuthError with a `PASSWORD_…` code when it breaks the rules, `HASHER_BUSY` when the queue is full.
   */
  hash(password: string, context?: PasswordContext): Promise<string>;
  /**
   * Gives the hash of a password that {@link PasswordHasher.verify} has just accepted, whatever the rules for new ones say: an
   * account of an earlier system with a short password must not be locked out by its own login.
   *
   * @throws AuthError `HASHER_BUSY`; then keep the old hash and try at the next login.
   */
  rehash(password: string): Promise<string>;
  /**
   * Whether the password fits the stored hash. A hash of an unknown format never fits, and takes the same time.
   *
   * @throws AuthError `HASHER_BUSY` when the queue is full, `PASSWORD_INVALID` when the password is not a string.
   */
  verify(hash: string, password: string): Promise<boolean>;
  /**
   * Costs what {@link PasswordHasher.verify} costs and is always false: call it for unknown and disabled users, so that the
   * answer's time does not tell which names exist.
   */
  verifyDummy(password: string): Promise<false>;
  /** Whether the stored hash is of another format or weaker than the current parameters: call `rehash` at login. */
  needsRehash(hash: string): boolean;
}

const NAMES = [
  'memoryKiB',
  'timeCost',
  'parallelism',
  'concurrency',
  'queue',
  'retryAfterSeconds',
  'allowWeakForTests',
  'legacy',
];
const HASH_BYTES = 32;

/**
 * Gives a password hasher over argon2id, with a gate that bounds how many hashes run and wait.
 *
 * @throws TypeError for an option under the floor or out of range.
 */
export function createPasswordHasher(options: PasswordHasherOptions = {}): PasswordHasher {
  knownOptions('createPasswordHasher', options, NAMES);
  const cost = checkCost(options);
  const legacy = options.legacy ?? [];
  const gate = createHashGate(
    wholeNumber('concurrency', options.concurrency ?? 2, 1, 64),
    wholeNumber('queue', options.queue ?? 32, 0, 10_000),
    wholeNumber('retryAfterSeconds', options.retryAfterSeconds ?? 2, 1, 3600),
  );
  // Random bytes in the place of a hash: no password fits, and checking one costs exactly as much.
  const dummy = writePhcString(cost, randomBytes(16), randomBytes(HASH_BYTES));

  const comparable = (password: string): string => {
    if (typeof password !== 'string') throw new AuthError('PASSWORD_INVALID');
    // No accepted password is longer or ill-formed; such a guess costs the same and fits nothing.
    if (password.length > PASSWORD_MAX_LENGTH * 8 || /\p{Surrogate}/u.test(password)) return '';
    const normal = normalizePassword(password);
    return Array.from(normal).length > PASSWORD_MAX_LENGTH ? '' : normal;
  };
  const againstDummy = async (password: string): Promise<false> => {
    await gate.run(() => argon2Verify(dummy, password));
    return false;
  };

  const makeHash = (normal: string): Promise<string> =>
    gate.run(() =>
      argon2Hash(normal, {
        type: argon2id,
        memoryCost: cost.memoryKiB,
        timeCost: cost.timeCost,
        parallelism: cost.parallelism,
        hashLength: HASH_BYTES,
      }),
    );

  return {
    hash: async (password, context) => makeHash(checkPassword(password, context)),
    rehash: async (password) => makeHash(normalizePassword(password)),
    async verify(hash, password) {
      const normal = comparable(password);
      if (normal !== '' && readArgon2Cost(hash)) return gate.run(() => argon2Verify(hash, normal));
      const format = legacy.find((candidate) => candidate.recognises(hash));
      if (normal !== '' && format) return gate.run(() => format.verify(hash, normal));
      return againstDummy(normal);
    },
    async verifyDummy(password) {
      return againstDummy(comparable(password));
    },
    needsRehash(hash) {
      const stored = readArgon2Cost(hash);
      return (
        stored === undefined ||
        stored.memoryKiB < cost.memoryKiB ||
        stored.timeCost < cost.timeCost ||
        stored.parallelism !== cost.parallelism
      );
    },
  };
}

function checkCost(options: PasswordHasherOptions): Argon2Cost {
  const floor = options.allowWeakForTests === true ? { memoryKiB: 8, timeCost: 1 } : ARGON2_FLOOR;
  const cost = {
    memoryKiB: wholeNumber(
      'memoryKiB',
      options.memoryKiB ?? ARGON2_FLOOR.memoryKiB,
      floor.memoryKiB,
      1_048_576,
    ),
    timeCost: wholeNumber('timeCost', options.timeCost ?? ARGON2_FLOOR.timeCost, floor.timeCost, 64),
    parallelism: wholeNumber('parallelism', options.parallelism ?? ARGON2_FLOOR.parallelism, 1, 16),
  };
  if (cost.memoryKiB < cost.parallelism * 8)
    throw new TypeError('memoryKiB must be at least 8 for each lane');
  return cost;
}
