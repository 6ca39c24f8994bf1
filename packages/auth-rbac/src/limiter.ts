export { addressKey } from './limiter/address-key.js';
export { createLoginLimiter } from './limiter/login-limiter.js';
export type {
  LoginAdmission,
  LoginAttempt,
  LoginLimiter,
  LoginLimiterOptions,
} from './limiter/login-limiter.js';
export type { LimiterBucket, LimiterStore } from './limiter/limiter-store.js';
export { MemoryLimiterStore } from './limiter/memory-limiter-store.js';
