import { membersAt } from '../option-checks.js';

/** Bounds of one request through the guarded client. `Infinity` lifts a bound. */
export interface FetchLimits {
  /** From the start of a connection (lookup included) until it is open, TLS included. Milliseconds. */
  readonly connectMs: number;
  /** For the lookup alone. Milliseconds. */
  readonly dnsMs: number;
  /** From the request on the wire to the last response header. Milliseconds. */
  readonly headersMs: number;
  /** Between two chunks of a body while the consumer is ready for more. Milliseconds. */
  readonly idleMs: number;
  /** For the whole call: redirects, headers and body. Milliseconds. */
  readonly totalMs: number;
  /** Body bytes on the wire. */
  readonly maxBytes: number;
  /** Body bytes after content codings; `maxBytes` unless given. */
  readonly maxDecodedBytes: number;
  /** Decoded bytes per wire byte, once 256 KiB are decoded. */
  readonly maxRatio: number;
  /** Content codings of one response. */
  readonly maxCodings: number;
  /** Bytes of one response head. Set per client, not per call. */
  readonly maxHeaderBytes: number;
  /** Header fields of one response. */
  readonly maxHeaders: number;
  /** Interim (1xx) responses of one request. */
  readonly maxInterim: number;
  /** Redirects that are followed. */
  readonly maxRedirects: number;
}

/** The bounds that apply unless others are given. */
export const DEFAULT_LIMITS: FetchLimits = Object.freeze({
  connectMs: 10_000,
  dnsMs: 2_000,
  headersMs: 15_000,
  idleMs: 15_000,
  totalMs: 30_000,
  maxBytes: 5 * 1024 * 1024,
  maxDecodedBytes: 5 * 1024 * 1024,
  maxRatio: 100,
  maxCodings: 2,
  maxHeaderBytes: 32 * 1024,
  maxHeaders: 200,
  maxInterim: 8,
  maxRedirects: 5,
});

/** Decoded bytes below which a high ratio is no sign of a bomb. */
export const RATIO_FLOOR = 256 * 1024;

/**
 * Gives `base` with the members of `override` in place.
 *
 * @throws TypeError naming the limit that is unknown or no number.
 */
export function applyLimits(base: FetchLimits, override: Partial<FetchLimits> | undefined): FetchLimits {
  if (override === undefined) return base;
  const given = numbersAt(override, new Set(Object.keys(base)));
  const { maxBytes, maxDecodedBytes = maxBytes ?? base.maxDecodedBytes } = given;
  return { ...base, ...given, maxDecodedBytes };
}

/** Gives the bounds that an option sets. @throws TypeError naming the limit that is unknown or no number. */
export function numbersAt(option: unknown, known: ReadonlySet<string>): Readonly<Record<string, number>> {
  const numbers: Record<string, number> = { __proto__: null as never };
  for (const [name, value] of Object.entries(membersAt(option, 'limits', known))) {
    if (value === undefined) continue;
    if (typeof value !== 'number' || Number.isNaN(value) || value < 0) {
      throw new TypeError(`limits.${name} must be a number of at least 0, or Infinity`);
    }
    numbers[name] = value;
  }
  return numbers;
}

const longestTimer = 2 ** 31 - 1;

/** Starts a timer, or none when the bound is lifted. */
export function startTimer(ms: number, fire: () => void): NodeJS.Timeout | undefined {
  return ms > longestTimer ? undefined : setTimeout(fire, ms);
}
