import { jwtStrategy } from '@clawforce/auth-rbac/passport';
import type { Request, Response } from 'express';
import { Passport } from 'passport';
import { AuthError } from '../auth/auth-parts.js';
import type { AuthService } from '../auth/auth-service.js';
import { stateOf } from '../http/mount-routes.js';
import type { Caller } from '../http/route.js';

/**
 * Gives the function that says who calls the public listener: the bearer of an access token, checked by passport-jwt under
 * a KeyObject, and looked up in the database at every request. @throws AuthError for a token that is not accepted
 */
export function publicCaller(auth: AuthService): (request: Request) => Promise<Caller | undefined> {
  const passport = new Passport();
  passport.use(
    jwtStrategy(auth.tokens, async (claims, request) => {
      const caller = await auth.caller(claims, {
        ip: stateOf(request).ip,
        userAgent: (request.headers['user-agent'] ?? '').slice(0, 300),
      });
      return { id: caller.userId, role: caller.role, caller };
    }),
  );
  return (request) =>
    new Promise((resolve, reject) => {
      if (request.headers.authorization === undefined) {
        resolve(undefined);
        return;
      }
      const done = (
        error: unknown,
        principal: { caller: Caller } | false | undefined,
        info: unknown,
      ): void => {
        if (error) reject(error instanceof Error ? error : new AuthError('UNAUTHENTICATED'));
        else if (principal) resolve(principal.caller);
        else reject(info instanceof AuthError ? info : new AuthError('UNAUTHENTICATED'));
      };
      const middleware = passport.authenticate('jwt', { session: false }, done) as (
        request: Request,
        response: Response | undefined,
        next: (error?: unknown) => void,
      ) => void;
      middleware(request, request.res, (error) =>
        reject((error as Error | undefined) ?? new AuthError('UNAUTHENTICATED')),
      );
    });
}
