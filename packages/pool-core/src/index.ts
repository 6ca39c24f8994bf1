export { attest } from './attest.js';
export type { AttestationReport, FieldDifference, IsolationFacts, IsolationRequest } from './attest.js';
export { checkSpec } from './check-spec.js';
export { EventHub } from './event-hub.js';
export { isIsolationLevel, isWithinCeiling, ISOLATION_LEVELS, LEVEL_LOOSENESS } from './isolation-level.js';
export type { IsolationLevel, LevelRequirements } from './isolation-level.js';
export { describeLevel } from './level-preset.js';
export type { LevelPreset } from './level-preset.js';
export { resolveLevel, tightenRequirements } from './level-override.js';
export type { LevelCeiling, LevelOverrides, ResolvedLevel, Tightening } from './level-override.js';
export { parseCpuPeriod, parseCpuQuota, parseMemory, parsePids } from './limit-value.js';
export { PoolError, POOL_ERROR_CODES } from './pool-error.js';
export type { PoolErrorCode } from './pool-error.js';
export { specHash } from './spec-hash.js';
export { labelsOf, readLabels, WORKER_LABELS } from './worker-label.js';
export type { LabelledWorker } from './worker-label.js';
export {
  canTransition,
  holdsWorker,
  isWorkerState,
  transition,
  WORKER_STATES,
  WORKER_TRANSITIONS,
} from './worker-state.js';
export type { DesiredState, WorkerState } from './worker-state.js';
export type {
  AgentPool,
  Attestation,
  ExecOptions,
  ExecResult,
  IsolationProbe,
  LogLine,
  LogOptions,
  PoolCapability,
  PoolEvent,
  PoolProbe,
  PoolVersions,
  VersionedPart,
  StopReport,
  WorkerExit,
  WorkerHandle,
  WorkerImage,
  WorkerInspection,
  WorkerLimits,
  WorkerRef,
  WorkerSpec,
  WorkerStats,
} from './agent-pool.js';
