export { agentConfigSchema, variablesSchema } from './agent-config-schema.js';
export type { ConfigSchema } from './agent-config-schema.js';
export type {
  AgentConfig,
  ApprovalMode,
  DockerSecurityConfig,
  ProviderConfig,
  ProviderKind,
} from './agent-config.js';
export { DEFAULT_LEVEL, effectiveConfig } from './effective-config.js';
export type { EffectiveAgentConfig } from './effective-config.js';
export { canonicalAgentConfig, parseAgentConfig } from './parse-agent-config.js';
export type { ConfigIssue, ParsedAgentConfig } from './parse-agent-config.js';
export type { WorkerConfig } from './worker-config.js';
