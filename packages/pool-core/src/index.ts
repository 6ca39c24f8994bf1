export { isIsolationLevel, isWithinCeiling, ISOLATION_LEVELS, LEVEL_LOOSENESS } from './isolation-level.js';
export type { IsolationLevel, LevelRequirements } from './isolation-level.js';
export { PoolError } from './pool-error.js';
export type { PoolErrorCode } from './pool-error.js';
export type {
  AgentPool,
  Attestation,
  IsolationProbe,
  LogLine,
  LogOptions,
  PoolCapability,
  PoolEvent,
  PoolProbe,
  StopReport,
  WorkerExit,
  WorkerHandle,
  WorkerInspection,
  WorkerLimits,
  WorkerRef,
  WorkerSpec,
  WorkerStats,
} from './agent-pool.js';
