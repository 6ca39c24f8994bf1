// The one place that names the heavy parts of auth-rbac, so that nothing else loads argon2.
export { addressKey, createLoginLimiter, type LoginLimiter } from '@clawforce/auth-rbac/limiter';
export { createPasswordHasher, type PasswordHasher } from '@clawforce/auth-rbac/passwords';
export {
  AuthError,
  createAgentTokens,
  createTokenService,
  type AccessClaims,
  type AgentTokens,
  type TokenService,
} from '@clawforce/auth-rbac/tokens';
