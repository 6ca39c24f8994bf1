import * as fs from 'node:fs';
import { dirname, join, sep } from 'node:path';
import type { AgentFS } from '../../index.js';

/** What the race tests call; {@link AgentFS} is one, the oracle the other. */
export interface Victim {
  read(path: string): Promise<string>;
  write(path: string, content: string): Promise<void>;
  append(path: string, content: string): Promise<void>;
  edit(path: string, oldText: string, newText: string): Promise<void>;
  list(path: string): Promise<string[]>;
  mkdir(path: string): Promise<void>;
  remove(path: string): Promise<void>;
  move(from: string, to: string): Promise<void>;
}

/** Gives AgentFS as a victim. */
export function agentVictim(agent: AgentFS): Victim {
  return {
    read: (path) => agent.readFile(path),
    write: async (path, content) => {
      await agent.writeFile(path, content);
    },
    append: async (path, content) => {
      await agent.appendFile(path, content);
    },
    edit: async (path, oldText, newText) => {
      await agent.editFile(path, oldText, newText);
    },
    list: async (path) => (await agent.listDir(path)).map(({ name }) => name),
    mkdir: async (path) => {
      await agent.mkdir(path);
    },
    remove: (path) => agent.remove(path, { recursive: true }),
    move: async (from, to) => {
      await agent.move(from, to);
    },
  };
}

/**
 * Gives the usual way, which a sound race test must catch: realpath, compare the prefix, then use the name. It is the
 * control of the harness, as of the Python reference and the MCP file server (research fs.md section 3.2).
 */
export function oracleVictim(root: string): Victim {
  const home = join(root, 'workspace');
  const inside = (real: string): string => {
    if (real !== home && !real.startsWith(home + sep)) throw new Error('outside');
    return real;
  };
  // The target of a creation need not exist; its parent must.
  const existing = (path: string): string => {
    inside(fs.realpathSync(join(home, path)));
    return join(home, path);
  };
  const creatable = (path: string): string => {
    inside(fs.realpathSync(dirname(join(home, path))));
    return join(home, path);
  };
  const now = <T>(work: () => T): Promise<T> =>
    new Promise((resolve) => {
      resolve(work());
    });
  return {
    read: (path) => now(() => fs.readFileSync(existing(path), 'utf8')),
    write: (path, content) => now(() => fs.writeFileSync(creatable(path), content)),
    append: (path, content) => now(() => fs.appendFileSync(creatable(path), content)),
    edit: (path, oldText, newText) =>
      now(() => {
        const real = existing(path);
        fs.writeFileSync(real, fs.readFileSync(real, 'utf8').replace(oldText, newText));
      }),
    list: (path) => now(() => fs.readdirSync(existing(path))),
    mkdir: (path) => now(() => fs.mkdirSync(creatable(path))),
    remove: (path) => now(() => fs.rmSync(creatable(path), { recursive: true })),
    move: (from, to) => now(() => fs.renameSync(existing(from), creatable(to))),
  };
}
