import { join } from 'node:path';
import { AgentFS, AgentFSError, type Owner, type ZoneSpec } from '@clawforce/policy-fs';

const AGENTS = 'agents';

/** The zones as the control plane sees them: it may write all of them; what a worker sees belongs to the worker. */
const controlPlaneZones = (owner: Owner | undefined): ZoneSpec[] => {
  const shared = owner ? { owner } : {};
  return [
    { name: 'workspace', mode: 'rw', ...shared },
    { name: 'profiles', mode: 'rw', ...shared },
    { name: '.config', mode: 'rw' },
    { name: '.sessions', mode: 'rw' },
    { name: '.logs', mode: 'rw' },
    { name: '.state', mode: 'rw', ...shared },
  ];
};

/** What {@link AgentFiles} may be told. */
export interface AgentFilesOptions {
  /** Admits platforms with the weaker guarantee (macOS). */
  readonly allowDetectOnly: boolean;
  /** Owner of what an agent's worker may write; undefined where that is the control plane's own user. */
  readonly ownerOf?: (agentId: string) => Promise<Owner | undefined>;
}

/** The control plane's way below agent directories: always through policy-fs, so a planted link leads nowhere. */
export class AgentFiles {
  readonly #storageRoot: string;
  readonly #allowDetectOnly: boolean;
  readonly #ownerOf: NonNullable<AgentFilesOptions['ownerOf']>;
  readonly #control = new Map<string, Promise<AgentFS>>();
  readonly #user = new Map<string, Promise<AgentFS>>();

  /** `storageRoot` holds `agents/`. */
  constructor(storageRoot: string, { allowDetectOnly, ownerOf }: AgentFilesOptions) {
    this.#storageRoot = storageRoot;
    this.#allowDetectOnly = allowDetectOnly;
    this.#ownerOf = ownerOf ?? (() => Promise.resolve(undefined));
  }

  /** Absolute path of an agent's directory. */
  directory(agentId: string): string {
    return join(this.#storageRoot, AGENTS, agentId);
  }

  /** Every zone, writable: for sessions, logs and what the control plane itself keeps there. */
  control(agentId: string): Promise<AgentFS> {
    return this.#open(this.#control, agentId, async () =>
      AgentFS.open(this.directory(agentId), {
        zones: controlPlaneZones(await this.#ownerOf(agentId)),
        // All zones are writable here, so a link planted in one would be a way into another.
        links: 'deny',
        create: true,
        owner: 'zone',
        allowDetectOnly: this.#allowDetectOnly,
      }),
    );
  }

  /** The zones as the agent has them: workspace rw, profiles ro, the rest hidden. For the workspace browser. */
  workspace(agentId: string): Promise<AgentFS> {
    return this.#open(this.#user, agentId, async () => {
      await this.control(agentId);
      return AgentFS.open(this.directory(agentId), {
        // The agent may be another user, and must be able to read what is put into its workspace.
        owner: 'zone',
        allowDetectOnly: this.#allowDetectOnly,
      });
    });
  }

  /** Removes an agent's directory with all that is in it, by descriptor: a link planted there leads nowhere. */
  async destroy(agentId: string): Promise<void> {
    await this.forget(agentId);
    const fs = await AgentFS.open(this.#storageRoot, {
      zones: [{ name: AGENTS, mode: 'rw' }],
      allowDetectOnly: this.#allowDetectOnly,
    });
    try {
      await fs.remove(`${AGENTS}/${agentId}`, { recursive: true });
    } catch (error) {
      if (!(error instanceof AgentFSError) || error.code !== 'NOT_FOUND') throw error;
    } finally {
      await fs.close();
    }
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
