import { effectiveConfig, type AgentConfig, type EffectiveAgentConfig } from '@clawforce/protocol/config';
import type { Storage } from '../storage/storage.js';

/** A setting that takes protection away, and how to get it back. */
export interface UnsafeSetting {
  /** Path in the configuration, or name of the server's setting. */
  readonly setting: string;
  /** What it means, in one sentence. */
  readonly consequence: string;
  readonly fix: string;
}

interface Rule extends UnsafeSetting {
  readonly applies: (config: EffectiveAgentConfig) => boolean;
}

/** Settings of an agent that an operator has to know of while they are as they are. */
const RULES: readonly Rule[] = [
  {
    setting: 'security.docker.level',
    consequence:
      'Power: the agent runs as root in its container, without the syscall filter of Clawforce, and its commands are not confined again.',
    fix: 'Choose Standard or Safe unless the agent has to install software.',
    applies: ({ docker }) => docker.level === 'privileged',
  },
  {
    setting: 'tools.restrict_to_workspace',
    consequence: 'Commands may name paths outside of the workspace.',
    fix: 'Set tools.restrict_to_workspace back to true.',
    applies: (config) => !config.restrict_to_workspace,
  },
  {
    setting: 'tools.ssrf_protection',
    consequence: 'The agent may reach private addresses of your network through the web tools.',
    fix: 'Set tools.ssrf_protection back to true and list what it needs under tools.web.fetch.exceptions.',
    applies: (config) => !config.ssrf_protection,
  },
  {
    setting: 'tools.web.fetch.exceptions',
    consequence: 'The agent may reach the listed private addresses and ports.',
    fix: 'Remove exceptions that are no longer needed.',
    applies: ({ web }) => web.exceptions.length > 0,
  },
];

/** Names the settings of a configuration that take protection away. */
export function unsafeSettings(config: AgentConfig): readonly string[] {
  const effective = effectiveConfig(config);
  return RULES.filter(({ applies }) => applies(effective)).map(({ setting }) => setting);
}

/** Explains a setting that {@link unsafeSettings} named. */
export function explainUnsafe(setting: string): UnsafeSetting | undefined {
  const rule = RULES.find((candidate) => candidate.setting === setting);
  return rule && { setting: rule.setting, consequence: rule.consequence, fix: rule.fix };
}

/** Names the unsafe settings of many agents; a configuration is read once for each version of it. */
export class UnsafeSettings {
  readonly #storage: Storage;
  readonly #known = new Map<string, { readonly version: number; readonly settings: readonly string[] }>();

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  async of(agentIds: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
    const { configs } = this.#storage;
    const versions = await configs.versions(agentIds);
    const result = new Map<string, readonly string[]>();
    for (const agentId of agentIds) {
      const version = versions.get(agentId);
      if (version === undefined) {
        this.#known.delete(agentId);
        result.set(agentId, []);
        continue;
      }
      let known = this.#known.get(agentId);
      if (known?.version !== version) {
        const record = await configs.get(agentId);
        // What is looked at is no secret: places of secrets hold references here.
        known = { version, settings: record ? unsafeSettings(record.document as AgentConfig) : [] };
        this.#known.set(agentId, known);
      }
      result.set(agentId, known.settings);
    }
    return result;
  }
}
