/**
 * What a worker needs to know, made by the control plane from the agent's configuration. It holds no secret of the
 * control plane; `exec_env` holds the variables that the operator granted to commands, kept in worker memory only.
 */
export interface WorkerConfig {
  /** Identifies this configuration; the worker confirms it, so that the API can tell what is in force. */
  readonly digest: string;
  readonly agent: { readonly id: string; readonly name: string };
  /** Extra system prompt text from the operator. */
  readonly instructions: string;
  readonly model: {
    /** `<provider name>/<model id>`; the broker resolves it. */
    readonly name: string;
    readonly max_tokens: number;
    readonly temperature: number;
  };
  readonly loop: {
    readonly max_tool_iterations: number;
    /** How many entries of history the model sees. */
    readonly memory_window: number;
    readonly max_tool_output_chars: number;
  };
  readonly exec: {
    readonly timeout_s: number;
    readonly policy: {
      readonly mode: 'allow_all' | 'deny_all' | 'allowlist';
      readonly allow: readonly string[];
      readonly deny: readonly string[];
      readonly relaxed: boolean;
    };
    /** `required`: no command without a working confiner. `off`: development, `CLAWFORCE_UNCONFINED_EXEC=1`. */
    readonly confinement: 'required' | 'off';
    readonly elevation: 'deny' | 'allow';
  };
  /** Tools that wait for a person; until approvals exist, the gate refuses them with a hint. */
  readonly approval: {
    readonly default_mode: 'always_run' | 'ask_before_run';
    readonly per_tool: Readonly<Record<string, 'always_run' | 'ask_before_run'>>;
  };
  readonly restrict_to_workspace: boolean;
  readonly ssrf_protection: boolean;
  readonly web: {
    readonly allowlist: readonly string[];
    readonly exceptions: readonly { readonly address: string; readonly port: number }[];
    /** Whether commands get the egress proxy; otherwise they have no network at all. */
    readonly commands: boolean;
  };
  readonly exec_env: Readonly<Record<string, string>>;
}
