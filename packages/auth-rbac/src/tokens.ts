export { AUTH_ERRORS, AuthError } from './errors/auth-error.js';
export type { AuthErrorCode } from './errors/auth-error.js';
export { ACCESS_TTL_MAX_SECONDS, CLOCK_SKEW_SECONDS } from './tokens/access-token.js';
export type { AccessClaims, AccessSubject, IssuedAccess } from './tokens/access-token.js';
export { createAgentTokens } from './tokens/agent-tokens.js';
export type { AgentCredentialKind, AgentTokens } from './tokens/agent-tokens.js';
export { MemoryRefreshStore } from './tokens/memory-refresh-store.js';
export { MemoryTicketStore } from './tokens/memory-ticket-store.js';
export {
  describeToken,
  issueToken,
  matchesDigest,
  parseToken,
  TOKEN_PREFIXES,
} from './tokens/opaque-token.js';
export type { IssuedToken, ParsedToken, TokenKind } from './tokens/opaque-token.js';
export type { IssuedRefresh } from './tokens/refresh-families.js';
export type { RefreshFamily, RefreshRecord, RefreshStore } from './tokens/refresh-store.js';
export type { SigningKey } from './tokens/signing-keys.js';
export { TICKET_TTL_MAX_SECONDS } from './tokens/tickets.js';
export type { TicketSubject } from './tokens/tickets.js';
export type { TicketRecord, TicketStore } from './tokens/ticket-store.js';
export { createTokenService } from './tokens/token-service.js';
export type { TokenService, TokenServiceOptions } from './tokens/token-service.js';
