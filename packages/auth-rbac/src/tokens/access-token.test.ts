import { createHmac, createSecretKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { describe, expect, test } from 'vitest';
import { AuthError } from '../errors/auth-error.js';
import { createTokenService, type TokenServiceOptions } from './token-service.js';

const START = Date.UTC(2026, 10, 24);
const secret = randomBytes(32);
let now = START;
const options: TokenServiceOptions = {
  keys: [{ kid: 'k1', secret }],
  issuer: 'clawforce',
  audience: 'clawforce-api',
  clock: () => now,
};
const tokens = createTokenService(options);
const seconds = START / 1000;
const goodHeader = { alg: 'HS256', typ: 'at+jwt', kid: 'k1' };
const goodClaims = {
  iss: 'clawforce',
  aud: 'clawforce-api',
  sub: 'u1',
  sid: 's1',
  jti: 'j1',
  iat: seconds,
  exp: seconds + 900,
};

const part = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const hmac = (algorithm: string, body: string, key: Uint8Array = secret): string =>
  createHmac(algorithm, key).update(body).digest('base64url');
const forge = (header: unknown, claims: unknown, algorithm = 'sha256', key?: Uint8Array): string => {
  const body = `${part(header)}.${part(claims)}`;
  return `${body}.${hmac(algorithm, body, key)}`;
};
const codeOf = (token: unknown): string => {
  try {
    tokens.verifyAccess(token);
    return 'accepted';
  } catch (error) {
    return error instanceof AuthError && error.status === 401 ? error.code : `other: ${String(error)}`;
  }
};
const without = (name: string): object =>
  Object.fromEntries(Object.entries(goodClaims).filter(([key]) => key !== name));

describe('verifyAccess', () => {
  test('accepts what issueAccess gives, and tells who it is for', () => {
    now = START;
    const issued = tokens.issueAccess({ userId: 'u1', sessionId: 's1', role: 'admin' });
    expect(issued).toMatchObject({ expiresInSeconds: 900, expiresAt: new Date(START + 900_000) });
    expect(tokens.verifyAccess(issued.token)).toEqual({
      userId: 'u1',
      sessionId: 's1',
      tokenId: issued.tokenId,
      role: 'admin',
      issuedAt: new Date(START),
      expiresAt: new Date(START + 900_000),
    });
    expect(JSON.parse(Buffer.from(issued.token.split('.')[0]!, 'base64url').toString())).toEqual(goodHeader);
    expect(codeOf(forge(goodHeader, goodClaims))).toBe('accepted');
  });

  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const asymmetric = (alg: string, key: typeof rsa.privateKey): string => {
    const body = `${part({ ...goodHeader, alg })}.${part(goodClaims)}`;
    return `${body}.${sign('sha256', Buffer.from(body), key).toString('base64url')}`;
  };
  const valid = forge(goodHeader, goodClaims);
  const [head, body, signature] = valid.split('.') as [string, string, string];
  const publicPem = Buffer.from(rsa.publicKey.export({ type: 'spki', format: 'pem' }));

  const corpus: readonly (readonly [string, unknown, string])[] = [
    ['alg none without a signature', `${part({ ...goodHeader, alg: 'none' })}.${body}.`, 'TOKEN_MALFORMED'],
    ['alg None with a signature', forge({ ...goodHeader, alg: 'None' }, goodClaims), 'TOKEN_HEADER'],
    ['alg nOnE with a signature', forge({ ...goodHeader, alg: 'nOnE' }, goodClaims), 'TOKEN_HEADER'],
    ['alg none with a signature', forge({ ...goodHeader, alg: 'none' }, goodClaims), 'TOKEN_HEADER'],
    ['alg hs256 in lower case', forge({ ...goodHeader, alg: 'hs256' }, goodClaims), 'TOKEN_HEADER'],
    [
      'HS384 with the right secret',
      forge({ ...goodHeader, alg: 'HS384' }, goodClaims, 'sha384'),
      'TOKEN_HEADER',
    ],
    [
      'HS512 with the right secret',
      forge({ ...goodHeader, alg: 'HS512' }, goodClaims, 'sha512'),
      'TOKEN_HEADER',
    ],
    ['HS256 said, HS384 done', forge(goodHeader, goodClaims, 'sha384'), 'TOKEN_SIGNATURE'],
    ['RS256 with a key of the attacker', asymmetric('RS256', rsa.privateKey), 'TOKEN_HEADER'],
    ['ES256 with a key of the attacker', asymmetric('ES256', ec.privateKey), 'TOKEN_HEADER'],
    ['a public key as HMAC secret', forge(goodHeader, goodClaims, 'sha256', publicPem), 'TOKEN_SIGNATURE'],
    ['no alg', forge({ typ: 'at+jwt', kid: 'k1' }, goodClaims), 'TOKEN_HEADER'],
    ['an array of algs', forge({ ...goodHeader, alg: ['HS256'] }, goodClaims), 'TOKEN_HEADER'],
    ['typ JWT', forge({ ...goodHeader, typ: 'JWT' }, goodClaims), 'TOKEN_HEADER'],
    ['no typ', forge({ alg: 'HS256', kid: 'k1' }, goodClaims), 'TOKEN_HEADER'],
    ['no kid', forge({ alg: 'HS256', typ: 'at+jwt' }, goodClaims), 'TOKEN_KEY_UNKNOWN'],
    ['a kid that is not there', forge({ ...goodHeader, kid: 'k2' }, goodClaims), 'TOKEN_KEY_UNKNOWN'],
    [
      'a kid that climbs out',
      forge({ ...goodHeader, kid: '../../../../dev/null' }, goodClaims, 'sha256', Buffer.alloc(1)),
      'TOKEN_KEY_UNKNOWN',
    ],
    ['a kid with SQL', forge({ ...goodHeader, kid: "x' UNION SELECT 'aa" }, goodClaims), 'TOKEN_KEY_UNKNOWN'],
    ['a kid with a null byte', forge({ ...goodHeader, kid: 'k1\0' }, goodClaims), 'TOKEN_KEY_UNKNOWN'],
    ['a kid of the prototype', forge({ ...goodHeader, kid: '__proto__' }, goodClaims), 'TOKEN_KEY_UNKNOWN'],
    ['a kid that is an object', forge({ ...goodHeader, kid: { k1: 1 } }, goodClaims), 'TOKEN_KEY_UNKNOWN'],
    ['jku', forge({ ...goodHeader, jku: 'http://127.0.0.1:9/jwks' }, goodClaims), 'TOKEN_HEADER'],
    ['x5u', forge({ ...goodHeader, x5u: 'http://127.0.0.1:9/x' }, goodClaims), 'TOKEN_HEADER'],
    ['jwk', forge({ ...goodHeader, jwk: { kty: 'oct', k: 'AA' } }, goodClaims), 'TOKEN_HEADER'],
    ['x5c', forge({ ...goodHeader, x5c: ['AA'] }, goodClaims), 'TOKEN_HEADER'],
    ['crit', forge({ ...goodHeader, crit: ['exp'] }, goodClaims), 'TOKEN_HEADER'],
    ['b64 false', forge({ ...goodHeader, b64: false }, goodClaims), 'TOKEN_HEADER'],
    [
      'an own __proto__ in the header',
      forge('{"alg":"HS256","typ":"at+jwt","kid":"k1","__proto__":{}}', goodClaims),
      'TOKEN_HEADER',
    ],
    ['another secret', forge(goodHeader, goodClaims, 'sha256', randomBytes(32)), 'TOKEN_SIGNATURE'],
    ['a changed claim', `${head}.${part({ ...goodClaims, sub: 'u2' })}.${signature}`, 'TOKEN_SIGNATURE'],
    ['a cut signature', valid.slice(0, -1), 'TOKEN_SIGNATURE'],
    ['no signature', `${head}.${body}.`, 'TOKEN_MALFORMED'],
    ['two parts', `${head}.${body}`, 'TOKEN_MALFORMED'],
    ['four parts', `${valid}.${signature}`, 'TOKEN_MALFORMED'],
    ['white space', ` ${valid}`, 'TOKEN_MALFORMED'],
    ['a header that is no JSON', `${part('{')}.${body}.${signature}`, 'TOKEN_MALFORMED'],
    ['a header that is null', forge('null', goodClaims), 'TOKEN_MALFORMED'],
    ['a header that is an array', forge([], goodClaims), 'TOKEN_HEADER'],
    ['claims that are a string', forge(goodHeader, '"x"'), 'TOKEN_CLAIMS'],
    ['claims that are null', forge(goodHeader, 'null'), 'TOKEN_CLAIMS'],
    ['claims that are no JSON', forge(goodHeader, '{'), 'TOKEN_CLAIMS'],
    ['5 KB', forge(goodHeader, { ...goodClaims, pad: 'x'.repeat(5000) }), 'TOKEN_MALFORMED'],
    ['the empty text', '', 'TOKEN_MALFORMED'],
    ['an object', { token: valid }, 'TOKEN_MALFORMED'],
    ['an array', [valid], 'TOKEN_MALFORMED'],
    ...Object.keys(goodClaims).map(
      (name) => [`no ${name}`, forge(goodHeader, without(name)), 'TOKEN_CLAIMS'] as const,
    ),
    ...(['sub', 'sid', 'jti'] as const).flatMap((name) =>
      ['', 7, null, ['u1'], { toString: 'u1' }, 'x'.repeat(257)].map(
        (value) =>
          [
            `${name} = ${JSON.stringify(value).slice(0, 20)}`,
            forge(goodHeader, { ...goodClaims, [name]: value }),
            'TOKEN_CLAIMS',
          ] as const,
      ),
    ),
    ...[null, 1.5, -1, 0].map(
      (iat) => [`iat = ${String(iat)}`, forge(goodHeader, { ...goodClaims, iat }), 'TOKEN_CLAIMS'] as const,
    ),
    ['exp as text', forge(goodHeader, { ...goodClaims, exp: '9999999999' }), 'TOKEN_CLAIMS'],
    ['another issuer', forge(goodHeader, { ...goodClaims, iss: 'clawforce2' }), 'TOKEN_CLAIMS'],
    ['another audience', forge(goodHeader, { ...goodClaims, aud: 'other' }), 'TOKEN_CLAIMS'],
    [
      'a list of audiences',
      forge(goodHeader, { ...goodClaims, aud: ['clawforce-api', 'other'] }),
      'TOKEN_CLAIMS',
    ],
    ['a life of an hour', forge(goodHeader, { ...goodClaims, exp: seconds + 3600 }), 'TOKEN_CLAIMS'],
    [
      'exp before iat',
      forge(goodHeader, { ...goodClaims, iat: seconds + 20, exp: seconds + 10 }),
      'TOKEN_CLAIMS',
    ],
    ['a role that is a list', forge(goodHeader, { ...goodClaims, role: ['superadmin'] }), 'TOKEN_CLAIMS'],
    ['nbf as text', forge(goodHeader, { ...goodClaims, nbf: 'now' }), 'TOKEN_CLAIMS'],
    ['nbf in the future', forge(goodHeader, { ...goodClaims, nbf: seconds + 31 }), 'TOKEN_NOT_YET_VALID'],
    ['iat in the future', forge(goodHeader, { ...goodClaims, iat: seconds + 31 }), 'TOKEN_NOT_YET_VALID'],
  ];

  test.each(corpus)('an attacker does not get in with %s', (_title, token, code) => {
    now = START;
    expect(codeOf(token)).toBe(code);
  });

  test('the corpus is as large as promised', () => {
    expect(corpus.length).toBeGreaterThanOrEqual(80);
  });

  test('a single flipped bit anywhere in a token is noticed', () => {
    now = START;
    for (let index = 0; index < valid.length; index++) {
      const flipped = `${valid.slice(0, index)}${valid[index] === 'A' ? 'B' : 'A'}${valid.slice(index + 1)}`;
      if (flipped !== valid) expect(codeOf(flipped)).not.toBe('accepted');
    }
  });

  test.each([
    ['29 s after its end', 900 + 29, 'accepted'],
    ['31 s after its end', 900 + 31, 'TOKEN_EXPIRED'],
    ['29 s before it was made', -29, 'accepted'],
    ['31 s before it was made', -31, 'TOKEN_NOT_YET_VALID'],
  ])('%s, with a skew of 30 s', (_title, offset, code) => {
    now = START + offset * 1000;
    expect(codeOf(valid)).toBe(code);
  });

  test('no error message holds the token, the secret or an expected value', () => {
    now = START;
    for (const [, token] of corpus) {
      try {
        tokens.verifyAccess(token);
      } catch (error) {
        expect(String(error)).not.toMatch(/clawforce|eyJ|k1/);
      }
    }
  });
});

describe('createTokenService', () => {
  test('signs with the newest key, verifies with the old one, and refuses it once it is removed', () => {
    now = START;
    const next = { kid: 'k2', secret: createSecretKey(randomBytes(48)) };
    const old = tokens.issueAccess({ userId: 'u1', sessionId: 's1' }).token;
    const both = createTokenService({ ...options, keys: [next, { kid: 'k1', secret }] });
    const after = createTokenService({ ...options, keys: [next] });
    const young = both.issueAccess({ userId: 'u1', sessionId: 's1' }).token;
    expect(jwt.decode(young, { complete: true })?.header.kid).toBe('k2');
    expect(both.verifyAccess(old).userId).toBe('u1');
    expect(after.verifyAccess(young).userId).toBe('u1');
    expect(() => after.verifyAccess(old)).toThrow(expect.objectContaining({ code: 'TOKEN_KEY_UNKNOWN' }));
  });

  test.each([
    ['keys', { keys: [] }],
    ['keys', { keys: undefined }],
    ['is a string', { keys: [{ kid: 'k1', secret: 'x'.repeat(64) }] }],
    ['at least 32 bytes', { keys: [{ kid: 'k1', secret: randomBytes(31) }] }],
    ['at least 32 bytes', { keys: [{ kid: 'k1', secret: createSecretKey(randomBytes(16)) }] }],
    ['symmetric', { keys: [{ kid: 'k1', secret: generateKeyPairSync('ed25519').privateKey }] }],
    ['kid', { keys: [{ kid: '../x', secret }] }],
    [
      'twice',
      {
        keys: [
          { kid: 'k1', secret },
          { kid: 'k1', secret },
        ],
      },
    ],
    ['issuer', { issuer: '' }],
    ['audience', { audience: undefined }],
    ['accessTtlSeconds', { accessTtlSeconds: 901 }],
    ['accessTtlSeconds', { accessTtlSeconds: 0.5 }],
    ['refreshIdleSeconds', { refreshIdleSeconds: -1 }],
    ['refreshGraceSeconds', { refreshGraceSeconds: 61 }],
    ['ticketTtlSeconds', { ticketTtlSeconds: 31 }],
    ['algorithm', { algorithm: 'none' }],
  ])('refuses by name: %s', (name, bad) => {
    const make = (): unknown => createTokenService({ ...options, ...bad } as TokenServiceOptions);
    expect(make).toThrow(TypeError);
    expect(make).toThrow(name);
  });

  test('a method that needs a store says which one is missing', async () => {
    await expect(tokens.issueRefresh({ sessionId: 's', userId: 'u' })).rejects.toThrow('refreshStore');
    await expect(tokens.redeemTicket('x', 'ui')).rejects.toThrow('ticketStore');
  });
});
