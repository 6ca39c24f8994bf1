import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { base62 } from './base62.js';

/** The kinds of opaque tokens and their prefixes (research/reliability section 3, after GitHub's token formats). */
export const TOKEN_PREFIXES = Object.freeze({
  /** Long-lived token of a worker that an operator runs by hand. */
  agent: 'cfa',
  /** Single-use credential with which a started worker joins. */
  join: 'cfj',
  /** Refresh token of a session. */
  refresh: 'cfr',
  /** Single-use ticket, for example for a socket. */
  ticket: 'cft',
  /** API token of a user. */
  user: 'cfu',
} as const);

/** What an opaque token is for. */
export type TokenKind = keyof typeof TOKEN_PREFIXES;

/** The parts of a well-formed token. */
export interface ParsedToken {
  readonly kind: TokenKind;
  /** Public half: 12 base-62 digits, the database's lookup key. */
  readonly lookup: string;
  /** Secret half: 43 base-62 digits, 256 bits. */
  readonly secret: string;
}

/** A token as made: `token` is shown once, `lookup` and `digest` are stored. */
export interface IssuedToken {
  readonly token: string;
  readonly lookup: string;
  /** Hex SHA-256 of the secret half. A fast hash is right for 256 random bits. */
  readonly digest: string;
}

const LOOKUP_LENGTH = 12;
const SECRET_LENGTH = 43;
const SHAPE = /^(cf[a-z])_([0-9A-Za-z]{12})_([0-9A-Za-z]{43})_([0-9A-Za-z]{6})$/;
const TOKEN_LENGTH = 3 + LOOKUP_LENGTH + SECRET_LENGTH + 6 + 3;

const kindOf = new Map<string, TokenKind>(
  (Object.keys(TOKEN_PREFIXES) as TokenKind[]).map((kind) => [TOKEN_PREFIXES[kind], kind]),
);
// Compared with when a lookup id is unknown, so that both cases take one digest and one comparison.
const NO_DIGEST = randomBytes(32);

/** Gives a new random token of a kind. */
export function issueToken(kind: TokenKind): IssuedToken {
  return composeToken(kind, randomBytes(16), randomBytes(32));
}

/** Gives the token of a kind made of these bytes: 16 for the lookup id, 32 for the secret. */
export function composeToken(kind: TokenKind, lookupBytes: Uint8Array, secretBytes: Uint8Array): IssuedToken {
  const lookup = base62(lookupBytes, LOOKUP_LENGTH);
  const secret = base62(secretBytes, SECRET_LENGTH);
  const body = `${TOKEN_PREFIXES[kind]}_${lookup}_${secret}`;
  return { token: `${body}_${checksum(body)}`, lookup, digest: digestOf(secret) };
}

/**
 * Gives the parts of a token of the wanted kind, or undefined. Needs no database: shape and checksum decide, so a scanner
 * can tell a token from random text and a server drops garbage before it asks the store.
 */
export function parseToken(text: unknown, kind: TokenKind): ParsedToken | undefined {
  if (typeof text !== 'string' || text.length !== TOKEN_LENGTH) return undefined;
  const match = SHAPE.exec(text);
  const [, prefix, lookup, secret, crc] = match ?? [];
  if (prefix === undefined || lookup === undefined || secret === undefined) return undefined;
  if (kindOf.get(prefix) !== kind || crc !== checksum(`${prefix}_${lookup}_${secret}`)) return undefined;
  return { kind, lookup, secret };
}

/**
 * Whether a parsed token fits a stored digest, in time that tells nothing (CWE-208). Pass undefined when the store knows
 * no such lookup id: that is compared too and never fits.
 */
export function matchesDigest(parsed: ParsedToken, digest: string | undefined): boolean {
  const presented = Buffer.from(digestOf(parsed.secret), 'hex');
  const stored = digest === undefined ? NO_DIGEST : Buffer.from(digest, 'hex');
  const comparable = stored.length === presented.length;
  return timingSafeEqual(presented, comparable ? stored : NO_DIGEST) && comparable && digest !== undefined;
}

/** Gives what may be logged of a token: kind and lookup id, never the secret; `undefined` for anything else. */
export function describeToken(text: unknown): string | undefined {
  const kind = [...kindOf.values()].find((candidate) => parseToken(text, candidate) !== undefined);
  return kind === undefined ? undefined : `${(text as string).slice(0, 4 + LOOKUP_LENGTH)}_…`;
}

function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

function checksum(body: string): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(body));
  return base62(bytes, 6);
}
