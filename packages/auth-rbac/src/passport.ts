export { jwtStrategy } from './passport/jwt-strategy.js';
export type { LoadPrincipal } from './passport/jwt-strategy.js';
