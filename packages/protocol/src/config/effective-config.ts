import type { AgentConfig, ApprovalMode, DockerSecurityConfig, ProviderConfig } from './agent-config.js';

/** A configuration with every default filled in. */
export interface EffectiveAgentConfig {
  readonly model: string | undefined;
  readonly max_tokens: number;
  readonly temperature: number;
  readonly max_tool_iterations: number;
  readonly memory_window: number;
  readonly max_tool_output_chars: number;
  readonly instructions: string;
  readonly providers: Readonly<Record<string, ProviderConfig>>;
  readonly exec: {
    /** Seconds. */
    readonly timeout: number;
    readonly policy: {
      readonly mode: 'allow_all' | 'deny_all' | 'allowlist';
      readonly allow: readonly string[];
      readonly deny: readonly string[];
      readonly relaxed: boolean;
    };
  };
  readonly restrict_to_workspace: boolean;
  readonly ssrf_protection: boolean;
  readonly web: {
    readonly allowlist: readonly string[];
    readonly exceptions: readonly { readonly address: string; readonly port: number }[];
  };
  readonly approval: {
    readonly default_mode: ApprovalMode;
    readonly per_tool: Readonly<Record<string, ApprovalMode>>;
    readonly timeout_seconds: number;
  };
  readonly docker: DockerSecurityConfig & { readonly level: 'permissive' | 'sandboxed' | 'privileged' };
  readonly env: Readonly<Record<string, string>>;
}

/** Level of an agent whose configuration names none. */
export const DEFAULT_LEVEL = 'permissive';

/** Gives the configuration with every default filled in; the defaults are those of research/inventory section 5. */
export function effectiveConfig(config: AgentConfig): EffectiveAgentConfig {
  const defaults = config.agents?.defaults ?? {};
  const tools = config.tools ?? {};
  const policy = tools.exec?.policy ?? {};
  return {
    model: defaults.model,
    max_tokens: defaults.max_tokens ?? 8192,
    temperature: defaults.temperature ?? 0.7,
    max_tool_iterations: defaults.max_tool_iterations ?? 20,
    memory_window: defaults.memory_window ?? 50,
    max_tool_output_chars: defaults.max_tool_output_chars ?? 16_000,
    instructions: defaults.instructions ?? '',
    providers: config.providers ?? {},
    exec: {
      timeout: tools.exec?.timeout ?? 60,
      policy: {
        mode: policy.mode ?? 'allow_all',
        allow: policy.allow ?? [],
        deny: policy.deny ?? [],
        relaxed: policy.relaxed ?? false,
      },
    },
    restrict_to_workspace: tools.restrict_to_workspace ?? true,
    ssrf_protection: tools.ssrf_protection ?? true,
    web: {
      allowlist: tools.web?.fetch?.allowlist ?? [],
      exceptions: tools.web?.fetch?.exceptions ?? [],
    },
    approval: {
      default_mode: tools.approval?.default_mode ?? 'always_run',
      per_tool: tools.approval?.per_tool ?? {},
      timeout_seconds: tools.approval?.timeout_seconds ?? 120,
    },
    docker: { ...config.security?.docker, level: config.security?.docker?.level ?? DEFAULT_LEVEL },
    env: config.secrets?.env ?? {},
  };
}
