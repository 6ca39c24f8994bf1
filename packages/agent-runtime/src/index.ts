export { BUILT_IN_TOOLS } from './gate/built-in-tools.js';
export { createGate } from './gate/create-gate.js';
export type { Gate, GateContext, GatedTool, GateOptions, Judgement } from './gate/create-gate.js';
export { gateRules } from './gate/gate-rules.js';
export type { GateRuleId } from './gate/gate-rules.js';
export type { ToolDefinition } from './gate/tool-definition.js';
export { openFileOutbox } from './journal/file-outbox.js';
export type { FileOutbox, FileOutboxOptions, StateFs } from './journal/file-outbox.js';
export type { ToolContext, ToolRunner } from './tools/tool-context.js';
export type { ToolOutcome } from './tools/tool-outcome.js';
export { MODEL_ERROR_CODES } from './turn/model-call.js';
export type { ModelRetry } from './turn/model-call.js';
export { createWorker } from './worker/create-worker.js';
export type {
  Worker,
  WorkerEnd,
  WorkerLogEntry,
  WorkerOptions,
  WorkerTool,
} from './worker/worker-options.js';
