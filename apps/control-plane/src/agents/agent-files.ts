import { rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AgentFS } from '@clawforce/policy-fs';

/** The zones of an agent directory as the control plane sees them: it may write all of them. */
const CONTROL_PLANE_ZONES = [
  { name: 'workspace', mode: 'rw' },
  { name: 'profiles', mode: 'rw' },
  { name: '.config', mode: 'rw' },
  { name: '.sessions', mode: 'rw' },
  { name: '.logs', mode: 'rw' },
  { name: '.state', mode: 'rw' },
] as const;

/** The control plane's way below agent directories: always through policy-fs, so a planted link leads nowhere. */
export class AgentFiles {
  readonly #root: string;
  readonly #allowDetectOnly: boolean;
  readonly #control = new Map<string, Promise<AgentFS>>();
  readonly #user = new Map<string, Promise<AgentFS>>();

  /** `storageRoot` holds `agents/`; `allowDetectOnly` admits platforms with the weaker guarantee (macOS). */
  constructor(storageRoot: string, options: { readonly allowDetectOnly: boolean }) {
    this.#root = join(storageRoot, 'agents');
    this.#allowDetectOnly = options.allowDetectOnly;
  }

  /** Absolute path of an agent's directory. */
  directory(agentId: string): string {
    return join(this.#root, agentId);
  }

  /** Every zone, writable: for sessions, logs and what the control plane itself keeps there. */
  control(agentId: string): Promise<AgentFS> {
    return this.#open(this.#control, agentId, () =>
      AgentFS.open(this.directory(agentId), {
        zones: CONTROL_PLANE_ZONES,
        create: true,
        allowDetectOnly: this.#allowDetectOnly,
      }),
    );
  }

  /** The zones as the agent has them: workspace rw, profiles ro, the rest hidden. For the workspace browser. */
  workspace(agentId: string): Promise<AgentFS> {
    return this.#open(this.#user, agentId, async () => {
      await this.control(agentId);
      return AgentFS.open(this.directory(agentId), { allowDetectOnly: this.#allowDetectOnly });
    });
  }

  /**
   * Removes an agent's directory: what is in the zones by descriptor, so that a link planted there leads nowhere, then the
   * empty directories. @throws when something is left that no zone holds
   */
  async destroy(agentId: string): Promise<void> {
    const fs = await this.control(agentId);
    const names = fs.zones.map(({ name }) => name);
    for (const zone of names) {
      for (let entries = await fs.listDir(zone); entries.length > 0; entries = await fs.listDir(zone)) {
        for (const { name } of entries) await fs.remove(`${zone}/${name}`, { recursive: true });
      }
    }
    await this.forget(agentId);
    const directory = this.directory(agentId);
    for (const zone of names) await rmdir(join(directory, zone));
    await rmdir(directory);
  }

  /** Closes what is open of an agent. */
  async forget(agentId: string): Promise<void> {
    for (const opened of [this.#control, this.#user]) {
      const fs = opened.get(agentId);
      opened.delete(agentId);
      await fs?.then((open) => open.close()).catch(() => undefined);
    }
  }

  /** Closes everything. */
  async close(): Promise<void> {
    const ids = new Set([...this.#control.keys(), ...this.#user.keys()]);
    await Promise.all([...ids].map((id) => this.forget(id)));
  }

  #open(
    opened: Map<string, Promise<AgentFS>>,
    agentId: string,
    open: () => Promise<AgentFS>,
  ): Promise<AgentFS> {
    let fs = opened.get(agentId);
    if (!fs) {
      fs = open();
      opened.set(agentId, fs);
      // A failure is not remembered: the next caller tries again.
      fs.catch(() => opened.delete(agentId));
    }
    return fs;
  }
}
