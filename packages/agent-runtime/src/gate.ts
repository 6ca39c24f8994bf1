export { BUILT_IN_TOOLS } from './gate/built-in-tools.js';
export { createGate } from './gate/create-gate.js';
export type { Gate, GateContext, GatedTool, GateOptions, Judgement } from './gate/create-gate.js';
export type { FileJudge } from './gate/file-operations.js';
export { gateRules } from './gate/gate-rules.js';
export type { GateRuleId } from './gate/gate-rules.js';
export type { ToolDefinition } from './gate/tool-definition.js';
