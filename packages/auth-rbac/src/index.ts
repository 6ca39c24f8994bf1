export { AccessDeniedError } from './errors/access-denied-error.js';
export { AUTH_ERRORS, AuthError } from './errors/auth-error.js';
export type { AuthErrorCode, AuthErrorOptions } from './errors/auth-error.js';
export { createAuthorizer } from './rbac/authorizer.js';
export type { Authorizer, Scope } from './rbac/authorizer.js';
export type { AccessMatrix, ActionRule, Grant, Principal, Resource } from './rbac/access-matrix.js';
export { defaultMatrix } from './rbac/default-matrix.js';
export type { DefaultAction, DefaultRole } from './rbac/default-matrix.js';
export { normalizeUsername } from './usernames/normalize-username.js';
