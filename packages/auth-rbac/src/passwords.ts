export { AUTH_ERRORS, AuthError } from './errors/auth-error.js';
export type { AuthErrorCode } from './errors/auth-error.js';
export { ARGON2_FLOOR, createPasswordHasher } from './passwords/password-hasher.js';
export type { LegacyHash, PasswordHasher, PasswordHasherOptions } from './passwords/password-hasher.js';
export { checkPassword, PASSWORD_MAX_LENGTH, PASSWORD_MIN_LENGTH } from './passwords/password-rules.js';
export type { PasswordContext } from './passwords/password-rules.js';
export { normalizeUsername } from './usernames/normalize-username.js';
