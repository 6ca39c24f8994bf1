import type { WorkerConfig } from '../config/worker-config.js';

/** A valid worker configuration for tests. */
export const testConfig: WorkerConfig = {
  digest: 'digest-1',
  agent: { id: 'agent-1', name: 'Tester' },
  instructions: '',
  model: { name: 'test/model', max_tokens: 1000, temperature: 0 },
  loop: { max_tool_iterations: 10, memory_window: 20, max_tool_output_chars: 16_000 },
  exec: {
    timeout_s: 10,
    policy: { mode: 'allow_all', allow: [], deny: [], relaxed: false },
    confinement: 'required',
    elevation: 'deny',
  },
  approval: { default_mode: 'always_run', per_tool: {} },
  restrict_to_workspace: true,
  ssrf_protection: true,
  web: { allowlist: [], exceptions: [], commands: false },
  exec_env: {},
};
