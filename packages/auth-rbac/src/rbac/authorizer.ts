import { createDecision, policyDigest, type Decision, type Step } from '@clawforce/policy-core';
import {
  checkMatrix,
  isDisabled,
  type AccessMatrix,
  type Grant,
  type Principal,
  type Resource,
} from './access-matrix.js';
import { RBAC_RULES, type RbacRule } from './rbac-rules.js';

/** Which rows a list may show: all, those that the principal owns, or none. Put it into the query, not behind it. */
export type Scope = 'all' | 'own' | 'none';

/** Answers who may do what. */
export interface Authorizer {
  /** Gives the verdict on one action; never throws, and denies whatever it does not understand. */
  can(principal: Principal | undefined, action: string, resource?: Resource): Decision;
  /** Whether the principal may know that the resource exists; a refusal is answered 404 where it may not. */
  isVisible(principal: Principal | undefined, resource: Resource): boolean;
  /** Which rows the principal sees in a list. */
  scope(principal: Principal | undefined, action: string): Scope;
  /** Gives the type of resource that an action acts on, `none`, or undefined for an unknown action. */
  actsOn(action: string): string | undefined;
  /** Identifies the matrix in decisions. */
  readonly digest: string;
}

/**
 * Gives an authorizer over a matrix, which is copied: a later change of the object changes nothing.
 *
 * @throws TypeError that names what is wrong with the matrix.
 */
export function createAuthorizer(matrix: AccessMatrix): Authorizer {
  checkMatrix(matrix);
  const digest = policyDigest(matrix);
  const actions = new Map(Object.entries(matrix.actions).map(([name, { on }]) => [name, on]));
  const visibility = new Map(Object.entries(matrix.visibility ?? {}));
  const roles = new Map(
    Object.entries(matrix.roles).map(([role, grants]) => [role, new Map(Object.entries(grants))]),
  );

  const judge = (
    principal: Principal | undefined,
    action: string,
    resource: Resource | undefined,
  ): Verdict => {
    if (!isPerson(principal)) return deny('principal', 'rbac.principal.missing');
    if (isDisabled(principal)) return deny('principal', 'rbac.principal.disabled');
    const grants = typeof principal.role === 'string' ? roles.get(principal.role) : undefined;
    if (!grants) return deny('role', 'rbac.role.unknown');
    const on = actions.get(action);
    if (on === undefined) return deny('action', 'rbac.action.unknown');
    const grant = grants.get(action);
    if (grant === undefined) return deny('role', 'rbac.grant.missing');
    if (on === 'none') return resource ? deny('resource', 'rbac.resource.type') : allow(grant);
    if (!isThing(resource)) return deny('resource', 'rbac.resource.missing');
    if (resource.type !== on) return deny('resource', 'rbac.resource.type');
    return judgeReach(grant, principal, resource);
  };

  return {
    can(principal, action, resource) {
      const { layer, rule, effect } = judge(principal, action, resource);
      const input = describe(principal, action, resource);
      const trace: Step[] = [{ layer, rule, effect }];
      return createDecision({
        effect,
        layer,
        rule,
        reason: RBAC_RULES[rule],
        input,
        policyDigest: digest,
        trace,
      });
    },
    isVisible(principal, resource) {
      const action = visibility.get(resource.type);
      return action !== undefined && judge(principal, action, resource).effect === 'allow';
    },
    scope(principal, action) {
      if (actions.get(action) !== 'none' || judge(principal, action, undefined).effect !== 'allow')
        return 'none';
      const grant = roles.get(principal?.role ?? '')?.get(action);
      return grant === 'any' ? 'all' : 'own';
    },
    actsOn: (action) => actions.get(action),
    digest,
  };
}

interface Verdict {
  readonly effect: 'allow' | 'deny';
  readonly layer: string;
  readonly rule: RbacRule;
}

const deny = (layer: string, rule: RbacRule): Verdict => ({ effect: 'deny', layer, rule });
const allow = (grant: Grant): Verdict => ({ effect: 'allow', layer: 'grant', rule: `rbac.grant.${grant}` });

function judgeReach(grant: Grant, principal: Principal, resource: Resource): Verdict {
  if (grant === 'any') return allow(grant);
  if (grant === 'self')
    return resource.id === principal.id ? allow(grant) : deny('ownership', 'rbac.owner.other');
  if (typeof resource.ownerId !== 'string' || resource.ownerId === '')
    return deny('ownership', 'rbac.owner.none');
  return resource.ownerId === principal.id ? allow(grant) : deny('ownership', 'rbac.owner.other');
}

function isPerson(principal: unknown): principal is Principal {
  return typeof principal === 'object' && principal !== null && isId((principal as Principal).id);
}

function isThing(resource: unknown): resource is Resource {
  return typeof resource === 'object' && resource !== null && isId((resource as Resource).id);
}

const isId = (id: unknown): boolean => typeof id === 'string' && id !== '';

function describe(principal: unknown, action: unknown, resource: unknown): string {
  const who = isPerson(principal) ? `${shown(principal.role)} ${shown(principal.id)}` : 'nobody';
  const what = isThing(resource) ? ` on ${shown(resource.type)} ${shown(resource.id)}` : '';
  return `${who}: ${shown(action)}${what}`;
}

// Decisions reach logs: nothing that comes from outside may break a line or fill it (CWE-117).
function shown(value: unknown): string {
  if (typeof value !== 'string') return '(none)';
  return value.slice(0, 80).replace(/[^\x21-\x7e]/g, '?');
}
