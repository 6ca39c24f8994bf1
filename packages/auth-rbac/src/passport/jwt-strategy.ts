import type { Request } from 'express';
import { ExtractJwt, Strategy, type SecretOrKeyProvider, type VerifyCallbackWithRequest } from 'passport-jwt';
import { AuthError } from '../errors/auth-error.js';
import { isDisabled, type Principal } from '../rbac/access-matrix.js';
import type { AccessClaims } from '../tokens/access-token.js';
import type { TokenService } from '../tokens/token-service.js';

/**
 * Gives the principal of a verified token from the database, with its role and disabled flag as they are now; undefined
 * when the user is gone or the session was ended.
 */
export type LoadPrincipal<P extends Principal> = (
  claims: AccessClaims,
  request: Request,
) => Promise<P | null | undefined> | P | null | undefined;

/**
 * Gives the passport-jwt strategy `jwt` of a token service. It takes tokens from the `Authorization: Bearer` header only, and
 * hands passport-jwt a KeyObject, never a string: jsonwebtoken first tries to read a string as a public key, which costs
 * 80 times as much (research/reliability section 0).
 */
export function jwtStrategy<P extends Principal>(
  tokens: TokenService,
  loadPrincipal: LoadPrincipal<P>,
): Strategy {
  const verified = new WeakMap<object, AccessClaims>();

  const provideKey: SecretOrKeyProvider<Request> = (request, token: string, done) => {
    try {
      verified.set(request, tokens.verifyAccess(token));
      // passport-jwt hands the key on to jsonwebtoken, which takes a KeyObject; only its types do not say so.
      done(null, tokens.keyFor(token) as unknown as Buffer);
    } catch (error) {
      done(error);
    }
  };

  const verify: VerifyCallbackWithRequest<Request> = (request, _payload, done) => {
    const claims = verified.get(request);
    if (!claims) {
      done(null, false, new AuthError('UNAUTHENTICATED'));
      return;
    }
    Promise.resolve()
      .then(() => loadPrincipal(claims, request))
      .then(
        (principal) => {
          if (principal && !isDisabled(principal)) done(null, principal, claims);
          else done(null, false, new AuthError('UNAUTHENTICATED'));
        },
        (error: unknown) => {
          if (error instanceof AuthError) done(null, false, error);
          else done(error);
        },
      );
  };

  return new Strategy(
    {
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      secretOrKeyProvider: provideKey,
      issuer: tokens.issuer,
      audience: tokens.audience,
      algorithms: ['HS256'],
      passReqToCallback: true,
      // The service has judged the times already, with its own clock and the allowed skew.
      ignoreExpiration: true,
    },
    verify,
  );
}
