import { policyDigest } from '@clawforce/policy-core';
import type { WorkerConfig } from '@clawforce/protocol';
import type { EffectiveAgentConfig } from '@clawforce/protocol/config';
import { commandsHaveWeb } from '../egress/web-policy.js';
import type { AgentRecord } from '../storage/agents/agent-store.js';
import { storedSpec } from './worker-spec.js';

/**
 * Gives what a worker may know of its configuration: policy, loop and the variables granted to commands. Provider keys,
 * headers and scripts are not in it.
 */
export function workerConfig(
  agent: Pick<AgentRecord, 'id' | 'name' | 'generation' | 'attested' | 'workerSpec'>,
  config: EffectiveAgentConfig,
  host: { readonly unconfinedExec: boolean },
): WorkerConfig {
  const elevated = isElevated(agent);
  const body: Omit<WorkerConfig, 'digest'> = {
    agent: { id: agent.id, name: agent.name },
    instructions: config.instructions,
    model: { name: config.model ?? '', max_tokens: config.max_tokens, temperature: config.temperature },
    loop: {
      max_tool_iterations: config.max_tool_iterations,
      memory_window: config.memory_window,
      max_tool_output_chars: config.max_tool_output_chars,
    },
    exec: {
      timeout_s: config.exec.timeout,
      policy: config.exec.policy,
      confinement: host.unconfinedExec || elevated ? 'off' : 'required',
      // By the level that the present worker was confirmed to have, not by the one that is configured meanwhile.
      elevation: elevated ? 'allow' : 'deny',
    },
    approval: { default_mode: config.approval.default_mode, per_tool: config.approval.per_tool },
    restrict_to_workspace: config.restrict_to_workspace,
    ssrf_protection: config.ssrf_protection,
    web: { ...config.web, commands: commandsHaveWeb(config) },
    exec_env: config.env,
  };
  // The values of variables stay out of the digest: a digest of a short secret can be guessed.
  return { digest: policyDigest({ ...body, exec_env: Object.keys(config.env).sort() }), ...body };
}

/** Whether the agent's present worker was confirmed to run at the level where commands may become root. */
export function isElevated(
  agent: Pick<AgentRecord, 'id' | 'generation' | 'attested' | 'workerSpec'>,
): boolean {
  return agent.attested === 'matched' && storedSpec(agent)?.level === 'privileged';
}
