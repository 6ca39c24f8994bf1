import { createHmac, randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import jwt from 'jsonwebtoken';
import passport from 'passport';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Principal } from '../rbac/access-matrix.js';
import { createTokenService } from '../tokens/token-service.js';
import { jwtStrategy } from './jwt-strategy.js';

const secret = randomBytes(32);
let now = Date.UTC(2020, 0, 1);
const tokens = createTokenService({
  keys: [{ kid: 'k1', secret }],
  issuer: 'i',
  audience: 'a',
  clock: () => now,
});
const users = new Map<string, Principal>([
  ['u1', { id: 'u1', role: 'admin' }],
  ['off', { id: 'off', role: 'admin', disabled: true }],
]);
const chain = new passport.Passport();
chain.use(
  jwtStrategy(tokens, ({ userId }) => {
    if (userId === 'broken') throw new Error('the database is gone');
    return users.get(userId);
  }),
);

let server: Server;
let base: string;
beforeAll(async () => {
  const app = express();
  app.use(express.urlencoded());
  app.all(
    '/me',
    chain.authenticate('jwt', { session: false }),
    (request, response) => void response.json(request.user),
  );
  app.use(
    ((_error, _request, response, _next) => void response.status(500).end()) as express.ErrorRequestHandler,
  );
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const tokenOf = (userId: string): string => tokens.issueAccess({ userId, sessionId: 's1' }).token;
const status = async (init: RequestInit, query = ''): Promise<number> =>
  (await fetch(`${base}/me${query}`, init)).status;
const withBearer = (token: string): Promise<number> =>
  status({ headers: { authorization: `Bearer ${token}` } });

describe('jwtStrategy', () => {
  test('admits a user that the database knows, and hands the principal on', async () => {
    const response = await fetch(`${base}/me`, { headers: { authorization: `Bearer ${tokenOf('u1')}` } });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ id: 'u1', role: 'admin' });
  });

  test('refuses unknown and disabled users; a failing database is a failure, not a refusal', async () => {
    expect(await withBearer(tokenOf('gone'))).toBe(401);
    expect(await withBearer(tokenOf('off'))).toBe(401);
    expect(await withBearer(tokenOf('broken'))).toBe(500);
  });

  test('takes the token from the Authorization header only: not from the URL, the body or a cookie', async () => {
    const token = tokenOf('u1');
    for (const name of ['token', 'access_token', 'auth_token', 'jwt']) {
      expect(await status({}, `?${name}=${token}`)).toBe(401);
      expect(await status({ method: 'POST', body: new URLSearchParams({ [name]: token }) })).toBe(401);
      expect(await status({ headers: { cookie: `${name}=${token}` } })).toBe(401);
    }
    expect(await status({ headers: { authorization: `JWT ${token}` } })).toBe(401);
  });

  test('keeps every rule of the service: type, lifetime, algorithm', async () => {
    const claims = {
      iss: 'i',
      aud: 'a',
      sub: 'u1',
      sid: 's',
      jti: 'j',
      iat: now / 1000,
      exp: now / 1000 + 900,
    };
    const forged = (header: object, algorithm: string): string => {
      const body = [header, claims]
        .map((value) => Buffer.from(JSON.stringify(value)).toString('base64url'))
        .join('.');
      return `${body}.${createHmac(algorithm, secret).update(body).digest('base64url')}`;
    };
    expect(await withBearer(forged({ alg: 'HS256', typ: 'at+jwt', kid: 'k1' }, 'sha256'))).toBe(200);
    expect(await withBearer(forged({ alg: 'HS256', typ: 'JWT', kid: 'k1' }, 'sha256'))).toBe(401);
    expect(await withBearer(forged({ alg: 'HS384', typ: 'at+jwt', kid: 'k1' }, 'sha384'))).toBe(401);
    expect(await withBearer(forged({ alg: 'HS256', typ: 'at+jwt' }, 'sha256'))).toBe(401);
    const token = tokenOf('u1');
    now += 931_000;
    expect(await withBearer(token)).toBe(401);
  });

  test('gives jsonwebtoken a KeyObject, never the string that costs 80 times as much', async () => {
    const spy = vi.spyOn(jwt, 'verify');
    try {
      expect(await withBearer(tokenOf('u1'))).toBe(200);
      expect(spy).toHaveBeenCalledTimes(2);
      for (const [, key] of spy.mock.calls) expect(key).toMatchObject({ type: 'secret' });
    } finally {
      spy.mockRestore();
    }
  });
});
