/** How a provider of models is reached. */
export type ProviderKind = 'openai_compatible' | 'anthropic' | 'scripted';

/** One entry of `providers`. */
export interface ProviderConfig {
  kind: ProviderKind;
  /** Secret. */
  api_key?: string;
  /** Base URL of the API; a non-public one needs superadmin. */
  api_base?: string;
  /** Every value is a secret. */
  extra_headers?: Record<string, string>;
  /** Inline YAML or JSON of a `scripted` provider, up to 256 KiB. */
  script?: string;
}

/** Isolation of the worker's container; every override may only tighten the level. */
export interface DockerSecurityConfig {
  level?: 'permissive' | 'sandboxed' | 'privileged';
  read_only?: boolean;
  network_mode?: 'none';
  pids_limit?: number;
  /** Docker notation, for example `512m` or `2g`. */
  mem_limit?: string;
  cpu_quota?: number;
  cpu_period?: number;
}

/** An agent's configuration as stored and as the API returns it (CONTRACT section 3). Every part is optional. */
export interface AgentConfig {
  agents?: {
    defaults?: {
      /** `<provider name>/<model id>`. */
      model?: string;
      max_tokens?: number;
      temperature?: number;
      max_tool_iterations?: number;
      memory_window?: number;
      max_tool_output_chars?: number;
      /** What the operator wants the agent to know and do; goes into the system prompt. */
      instructions?: string;
    };
  };
  providers?: Record<string, ProviderConfig>;
  tools?: {
    exec?: {
      /** Seconds. */
      timeout?: number;
      policy?: {
        mode?: 'allow_all' | 'deny_all' | 'allowlist';
        allow?: string[];
        deny?: string[];
        relaxed?: boolean;
      };
    };
    restrict_to_workspace?: boolean;
    ssrf_protection?: boolean;
    web?: {
      fetch?: {
        allowlist?: string[];
        exceptions?: { address: string; port: number }[];
      };
    };
    approval?: {
      default_mode?: ApprovalMode;
      per_tool?: Record<string, ApprovalMode>;
      timeout_seconds?: number;
    };
  };
  security?: { docker?: DockerSecurityConfig };
  /** Variables for commands; every value is a secret. */
  secrets?: { env?: Record<string, string> };
}

/** Whether a tool runs at once or waits for a person. */
export type ApprovalMode = 'always_run' | 'ask_before_run';
