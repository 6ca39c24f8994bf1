import type { Decision } from '@clawforce/policy-core';
import type { Request, RequestHandler } from 'express';
import { AccessDeniedError } from '../errors/access-denied-error.js';
import { AuthError, type AuthErrorCode } from '../errors/auth-error.js';
import { knownOptions, nonEmptyString } from '../option-checks.js';
import { isDisabled, type Principal, type Resource } from '../rbac/access-matrix.js';
import type { Authorizer } from '../rbac/authorizer.js';
import { markGuard } from './guard-mark.js';

/** Finds the object that a request is about; undefined or null when there is none. */
export type LoadResource<P extends Principal, R extends Resource> = (
  request: Request,
  principal: P,
) => Promise<R | null | undefined> | R | null | undefined;

/** A refused request, for the audit log. */
export interface Denial<P extends Principal> {
  readonly request: Request;
  readonly action: string;
  /** What the client is told. */
  readonly code: AuthErrorCode;
  readonly principal?: P;
  readonly resource?: Resource;
  readonly decision?: Decision;
}

/** Options of {@link createGuard}. */
export interface GuardOptions<P extends Principal> {
  /**
   * Gives who asks, with role and disabled flag from the database; undefined when the request carries no credential. An
   * AuthError that it throws is answered as it is; any other error fails the request.
   */
  readonly authenticate: (request: Request) => Promise<P | null | undefined> | P | null | undefined;
  /** Told of every refusal before it is answered; when it throws or rejects, the request fails with that. */
  readonly onDenied?: (denial: Denial<P>) => Promise<void> | void;
}

/** Makes the middleware that stands before every handler. */
export interface Guard<P extends Principal, R extends Resource = Resource> {
  /**
   * Gives middleware that authenticates, loads the resource and checks the action; the handler runs only after that. Refusals
   * go to `next(error)`: AuthError 401, AccessDeniedError 403, or 404 when the caller may not know of the object.
   *
   * @throws TypeError for an unknown action, and for a loader that is missing or too much for what the action acts on.
   */
  (action: string, loadResource?: LoadResource<P, R>): RequestHandler;
  /** Gives middleware that lets everybody through and marks the route as public on purpose. */
  public(reason: string): RequestHandler;
  /** Gives who asks; throws TypeError where no guard has run. */
  principalOf(request: Request): P;
  /** Gives what the guard has loaded; throws TypeError where it has loaded nothing. */
  resourceOf(request: Request): R;
  /** Gives the verdict that admitted the request, for the audit log; throws TypeError where no guard has run. */
  decisionOf(request: Request): Decision;
}

interface Admission {
  readonly principal: Principal;
  readonly resource: Resource | undefined;
  readonly decision: Decision;
}

/**
 * Gives the guard of an application.
 *
 * @throws TypeError that names a missing option.
 */
export function createGuard<P extends Principal, R extends Resource = Resource>(
  authorizer: Authorizer,
  options: GuardOptions<P>,
): Guard<P, R> {
  knownOptions('createGuard', options, ['authenticate', 'onDenied']);
  if (typeof options.authenticate !== 'function') throw new TypeError('createGuard needs authenticate');
  const admissions = new WeakMap<Request, Admission>();
  const { authenticate, onDenied } = options;

  const admit = async (
    request: Request,
    action: string,
    loadResource: LoadResource<P, R> | undefined,
  ): Promise<void> => {
    const principal = await identify(request, action, authenticate, onDenied);
    const resource = (await loadResource?.(request, principal)) ?? undefined;
    const decision = authorizer.can(principal, action, resource);
    if (decision.effect === 'allow') {
      admissions.set(request, { principal, resource, decision });
      return;
    }
    // A loader that finds nothing and one that finds a foreign object end alike.
    const hidden = loadResource !== undefined && !(resource && authorizer.isVisible(principal, resource));
    const code = hidden ? 'NOT_FOUND' : 'FORBIDDEN';
    await onDenied?.({ request, action, code, principal, decision, ...(resource ? { resource } : {}) });
    throw new AccessDeniedError(code, decision);
  };

  const admissionOf = (request: Request): Admission => {
    const admission = admissions.get(request);
    if (!admission) throw new TypeError('no guard has admitted this request');
    return admission;
  };

  const guard = (action: string, loadResource?: LoadResource<P, R>): RequestHandler => {
    checkAction(authorizer, action, loadResource !== undefined);
    const handler: RequestHandler = (request, _response, next) => {
      admit(request, action, loadResource).then(() => next(), next);
    };
    return markGuard(handler, { action });
  };

  return Object.assign(guard as Guard<P, R>, {
    public: (reason: string): RequestHandler => {
      const handler: RequestHandler = (_request, _response, next) => next();
      return markGuard(handler, { public: nonEmptyString('reason', reason) });
    },
    principalOf: (request: Request) => admissionOf(request).principal as P,
    resourceOf: (request: Request): R => {
      const { resource } = admissionOf(request);
      if (!resource) throw new TypeError('the guard of this route loads nothing');
      return resource as R;
    },
    decisionOf: (request: Request) => admissionOf(request).decision,
  });
}

async function identify<P extends Principal>(
  request: Request,
  action: string,
  authenticate: GuardOptions<P>['authenticate'],
  onDenied: GuardOptions<P>['onDenied'],
): Promise<P> {
  let refusal = new AuthError('UNAUTHENTICATED');
  try {
    const principal = await authenticate(request);
    if (principal && !isDisabled(principal)) return principal;
  } catch (error) {
    if (!(error instanceof AuthError)) throw error;
    refusal = error;
  }
  await onDenied?.({ request, action, code: refusal.code });
  throw refusal;
}

function checkAction(authorizer: Authorizer, action: string, loads: boolean): void {
  const on = authorizer.actsOn(action);
  if (on === undefined) throw new TypeError(`the matrix has no action ${JSON.stringify(action)}`);
  if (on !== 'none' && !loads) throw new TypeError(`${action} acts on ${on}: give loadResource`);
  if (on === 'none' && loads) throw new TypeError(`${action} acts on nothing: give no loadResource`);
}
