import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AgentFS, AgentFSError, type AgentFSOptions } from '../index.js';

/** An agent directory for one test. */
export interface ScratchAgent {
  readonly root: string;
  /** Opens it; closed by {@link ScratchAgent.remove}. */
  open(options?: AgentFSOptions): Promise<AgentFS>;
  /** Absolute path of a name in the workspace. */
  inWorkspace(name: string): string;
  remove(): Promise<void>;
}

/** Gives a fresh agent directory with a profile and a hidden file. */
export function scratchAgent(): ScratchAgent {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'cf-agent-')));
  for (const name of ['workspace', 'profiles', '.config', '.sessions']) mkdirSync(join(root, name));
  writeFileSync(join(root, 'profiles/p.md'), 'profile');
  writeFileSync(join(root, '.config/agent.json'), 'hidden text');
  const opened: AgentFS[] = [];
  return {
    root,
    async open(options = {}) {
      const fs = await AgentFS.open(root, {
        durable: false,
        allowDetectOnly: process.platform !== 'linux',
        ...options,
      });
      opened.push(fs);
      return fs;
    },
    inWorkspace: (name) => join(root, 'workspace', name),
    async remove() {
      for (const fs of opened) await fs.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** Gives the error that a call fails with. */
export async function failure(work: Promise<unknown>): Promise<AgentFSError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof AgentFSError)) throw new Error('expected an AgentFSError', { cause: error });
  return error;
}

/** Gives the code that a call fails with. */
export const codeOf = async (work: Promise<unknown>): Promise<string> => (await failure(work)).code;
