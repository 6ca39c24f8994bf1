import * as fs from 'node:fs';
import { dirname, join, sep } from 'node:path';
import type { AgentFS, TreeNode } from '../../index.js';

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
  rename(path: string, name: string): Promise<void>;
  /** Size of a file. */
  stat(path: string): Promise<number>;
  /** All names below a directory of the workspace. */
  tree(path: string): Promise<string[]>;
  glob(pattern: string): Promise<string[]>;
  /** Lines that hold a text. */
  grep(text: string, path: string): Promise<string[]>;
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
    rename: async (path, name) => {
      await agent.rename(path, name);
    },
    stat: async (path) => (await agent.stat(path)).size,
    tree: async (path) => namesIn(await agent.tree(inWorkspace(path))),
    glob: (pattern) => agent.glob(pattern),
    grep: async (text, path) =>
      (await agent.grep(text, { path: inWorkspace(path) })).map((match) => match.text),
  };
}

const inWorkspace = (path: string): string => (path === '.' ? 'workspace' : path);

function namesIn(nodes: readonly TreeNode[]): string[] {
  return nodes.flatMap(({ name, children = [] }) => [name, ...namesIn(children)]);
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
  // Goes down name by name, with a check before each step.
  const below = (path: string): string[] =>
    fs.readdirSync(existing(path)).flatMap((name) => {
      const inner = join(path, name);
      return fs.lstatSync(join(home, inner)).isDirectory()
        ? [name, ...below(inner).map((deeper) => `${name}/${deeper}`)]
        : [name];
    });
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
    rename: (path, name) => now(() => fs.renameSync(existing(path), join(dirname(creatable(path)), name))),
    stat: (path) => now(() => fs.statSync(existing(path)).size),
    tree: (path) => now(() => below(path).map((name) => name.split('/').at(-1) ?? name)),
    glob: (pattern) => now(() => below(pattern.replace(/\/\*\*$/, ''))),
    grep: (text, path) =>
      now(() =>
        below(path)
          .map((name) => join(home, path, name))
          .filter(
            (name) =>
              fs.lstatSync(name).isFile() &&
              fs.readFileSync(existing(name.slice(home.length)), 'utf8').includes(text),
          ),
      ),
  };
}
