export { createAuthorizer } from './rbac/authorizer.js';
export type { Authorizer, Scope } from './rbac/authorizer.js';
export type { AccessMatrix, ActionRule, Grant, Principal, Resource } from './rbac/access-matrix.js';
export { defaultMatrix } from './rbac/default-matrix.js';
export type { DefaultAction, DefaultRole } from './rbac/default-matrix.js';
export { RBAC_RULES } from './rbac/rbac-rules.js';
export type { RbacRule } from './rbac/rbac-rules.js';
