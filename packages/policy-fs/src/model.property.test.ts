import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { expect } from 'vitest';
import { requires } from '../../../tools/host/host-test.js';
import { AgentFS, AgentFSError, type TreeNode } from './index.js';
import { ModelFS, ModelError } from './testing/model-fs.js';

type Step =
  | { readonly op: 'write' | 'append'; readonly path: string; readonly text: string }
  | { readonly op: 'read' | 'list' | 'mkdir' | 'stat' | 'tree' | 'grep'; readonly path: string }
  | { readonly op: 'edit'; readonly path: string; readonly text: string; readonly to: string }
  | { readonly op: 'remove'; readonly path: string; readonly recursive: boolean }
  | { readonly op: 'rename' | 'move'; readonly path: string; readonly to: string };

// Few names, so that steps meet; some that are special to objects or to careless path code.
const name = fc.constantFrom('a', 'b', '__proto__', 'constructor', 'a..b', '...', 'é', '.config');
const path = fc
  .array(name, { minLength: 1, maxLength: 3 })
  // At the top `.config` is a protected name.
  .map((names) => `workspace/${names.join('/')}`);
const text = fc.constantFrom('', 'one', 'two\r\n', '日本');

/** What somebody else left there before the first operation. */
const tree = fc.array(fc.record({ path, text }), { maxLength: 8 });

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ op: fc.constantFrom('write' as const, 'append' as const), path, text }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ op: fc.constantFrom('read' as const, 'list' as const, 'mkdir' as const), path }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ op: fc.constantFrom('stat' as const, 'tree' as const, 'grep' as const), path }),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('edit' as const), path, text, to: text }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('remove' as const), path, recursive: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('rename' as const), path, to: name }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('move' as const), path, to: path }) },
);

async function outcome(work: () => unknown): Promise<unknown> {
  try {
    return { value: await work() };
  } catch (error) {
    if (error instanceof AgentFSError || error instanceof ModelError) return { code: error.code };
    throw error;
  }
}

function onModel(model: ModelFS, one: Step): unknown {
  switch (one.op) {
    case 'read':
      return model.read(one.path);
    case 'list':
      return model.list(one.path);
    case 'write':
    case 'append':
      model.write(one.path, one.text, one.op === 'append');
      return undefined;
    case 'edit':
      model.edit(one.path, one.text, one.to);
      return undefined;
    case 'stat':
      return model.stat(one.path);
    case 'tree':
      return model.tree(one.path);
    case 'grep':
      return model.grep('one', 'workspace');
    case 'mkdir':
      model.mkdir(one.path);
      return undefined;
    case 'remove':
      model.remove(one.path, one.recursive);
      return undefined;
    case 'rename':
      model.move(one.path, [...one.path.split('/').slice(0, -1), one.to].join('/'), false);
      return undefined;
    case 'move':
      model.move(one.path, one.to, true);
      return undefined;
  }
}

async function onDisk(fs: AgentFS, one: Step): Promise<unknown> {
  switch (one.op) {
    case 'write':
      await fs.writeFile(one.path, one.text);
      return undefined;
    case 'append':
      await fs.appendFile(one.path, one.text);
      return undefined;
    case 'read':
      return fs.readFile(one.path);
    case 'list':
      return (await fs.listDir(one.path)).map((entry) => entry.name);
    case 'edit':
      await fs.editFile(one.path, one.text, one.to);
      return undefined;
    case 'stat': {
      const { type, size } = await fs.stat(one.path);
      return [type, size];
    }
    case 'tree':
      return pathsIn(await fs.tree(one.path));
    case 'grep': {
      const found = new Set((await fs.grep('one')).map((match) => match.path));
      const { length } = await fs.glob('**', { dot: true });
      const files = pathsIn(await fs.tree('workspace'), 'file').length;
      if (length !== files) throw new Error(`glob gives ${length} files, tree ${files}`);
      return [...found];
    }
    case 'mkdir':
      await fs.mkdir(one.path);
      return undefined;
    case 'remove':
      await fs.remove(one.path, { recursive: one.recursive });
      return undefined;
    case 'rename':
      await fs.rename(one.path, one.to);
      return undefined;
    case 'move':
      await fs.move(one.path, one.to);
      return undefined;
  }
}

const pathsIn = (nodes: readonly TreeNode[], only?: string): string[] =>
  nodes.flatMap(({ path: at, type, children = [] }) => [
    ...(only === undefined || type === only ? [at] : []),
    ...pathsIn(children, only),
  ]);

requires('linux').test(
  'any sequence of operations ends as in a simple model, with the same code at every step',
  async () => {
    await fc.assert(
      fc.asyncProperty(tree, fc.array(step, { maxLength: 25 }), async (files, steps) => {
        const root = mkdtempSync(join(tmpdir(), 'cf-model-'));
        mkdirSync(join(root, 'workspace'));
        const fs = await AgentFS.open(root, { durable: false });
        try {
          const model = new ModelFS();
          for (const file of files) {
            // What the model refuses (a file in the place of a directory) is not in the tree.
            if ('code' in ((await outcome(() => model.write(file.path, file.text, false))) as object))
              continue;
            mkdirSync(dirname(join(root, file.path)), { recursive: true });
            writeFileSync(join(root, file.path), file.text);
          }
          for (const one of steps) {
            expect(await outcome(() => onDisk(fs, one))).toEqual(await outcome(() => onModel(model, one)));
          }
        } finally {
          await fs.close();
          rmSync(root, { recursive: true });
        }
      }),
      { numRuns: 300 },
    );
  },
  60_000,
);
