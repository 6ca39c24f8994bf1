import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { requires } from '../../../tools/host/host-test.js';
import { AgentFS, AgentFSError, FS_RULES, type AgentFSOptions } from './index.js';
import { createCorpusTree, PLANTED, type CorpusTree, type SetupStep } from './testing/corpus-tree.js';

interface CorpusCase {
  readonly id: string;
  readonly op: 'read' | 'write' | 'edit' | 'list' | 'mkdir' | 'delete' | 'rename' | 'move';
  readonly path: string;
  readonly to?: string;
  readonly content?: string;
  readonly old?: string;
  readonly new?: string;
  readonly setup: readonly SetupStep[];
  readonly expect: Outcome;
  readonly also?: readonly Outcome[];
  readonly want?: string | readonly string[];
  readonly verify?: {
    readonly exists?: readonly string[];
    readonly absent?: readonly string[];
    readonly link?: readonly string[];
    readonly mode?: Readonly<Record<string, string>>;
    readonly content?: Readonly<Record<string, string>>;
    readonly hex?: Readonly<Record<string, string>>;
  };
  readonly category: string;
  readonly why: string;
}

type Outcome = 'allow' | 'deny' | 'not-found';

const cases = readFileSync(new URL('../test/vectors/fs.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as CorpusCase);

const needsRoot = (one: CorpusCase): boolean => one.setup.some((step) => step.dev !== undefined);

let tree: CorpusTree | undefined;

afterEach(async () => {
  await tree?.remove();
  tree = undefined;
});

async function act(fs: AgentFS, one: CorpusCase, expand: (text: string) => string): Promise<unknown> {
  const path = expand(one.path);
  const to = expand(one.to ?? '');
  switch (one.op) {
    case 'read':
      return fs.readFile(path);
    case 'write':
      return fs.writeFile(path, one.content ?? '');
    case 'edit':
      return fs.editFile(path, one.old ?? '', one.new ?? '');
    case 'list':
      return (await fs.listDir(path)).map(({ name }) => name);
    case 'mkdir':
      return fs.mkdir(path);
    case 'delete':
      return fs.remove(path, { recursive: true });
    case 'rename':
      return fs.rename(path, to);
    case 'move':
      return fs.move(path, to);
  }
}

async function run(one: CorpusCase, options: AgentFSOptions): Promise<void> {
  tree = createCorpusTree();
  const { root, expand } = tree;
  await tree.apply(one.setup);
  const before = tree.fingerprint();
  let outcome: Outcome = 'allow';
  let data: unknown;
  const fs = await AgentFS.open(root, options);
  try {
    data = await act(fs, one, expand);
  } catch (error) {
    if (!(error instanceof AgentFSError)) throw error;
    expect(`${error.message} ${JSON.stringify(error.decision)}`).not.toMatch(PLANTED);
    const rule = FS_RULES[error.decision.rule];
    expect(rule, error.decision.rule).toMatchObject({ code: error.code, effect: error.decision.effect });
    outcome = error.code === 'NOT_FOUND' ? 'not-found' : 'deny';
  } finally {
    await fs.close();
  }
  expect([one.expect, ...(one.also ?? [])]).toContain(outcome);
  expect(JSON.stringify([data])).not.toMatch(PLANTED);
  expect(tree.fingerprint()).toEqual(before);
  if (outcome !== one.expect) return;
  if (one.want !== undefined) expect(data).toEqual(one.want);
  const at = (name: string): string => join(root, name);
  const stat = (name: string): ReturnType<typeof lstatSync> | undefined =>
    lstatSync(at(name), { throwIfNoEntry: false });
  for (const name of one.verify?.exists ?? []) expect(stat(name), name).toBeDefined();
  for (const name of one.verify?.absent ?? []) expect(stat(name), name).toBeUndefined();
  for (const name of one.verify?.link ?? []) expect(lstatSync(at(name)).isSymbolicLink(), name).toBe(true);
  for (const [name, mode] of Object.entries(one.verify?.mode ?? {})) {
    expect((lstatSync(at(name)).mode & 0o777).toString(8), name).toBe(mode);
  }
  for (const [name, text] of Object.entries(one.verify?.content ?? {}))
    expect(readFileSync(at(name), 'utf8'), name).toBe(text);
  for (const [name, hex] of Object.entries(one.verify?.hex ?? {}))
    expect(readFileSync(at(name), 'hex'), name).toBe(hex);
}

const title = (one: CorpusCase): string =>
  `${one.id} ${one.category}: ${one.op} ${JSON.stringify(one.path).slice(0, 60)} is ${one.expect} (${one.why})`;

// The setup steps make FIFOs, sockets and hard links.
const linux = requires('linux');
const root = requires('linux', 'root');

const BACKENDS: Readonly<Record<string, AgentFSOptions>> = {
  kernel: {},
  // What macOS and Windows get, as far as this host can show it.
  detect: { containment: 'detect', allowDetectOnly: true },
};

test('the corpus is there', () => {
  expect(cases.length).toBe(292);
});

describe.each(Object.entries(BACKENDS))('corpus of paths, containment %s', (_, options) => {
  for (const one of cases) {
    (needsRoot(one) ? root : linux).test(title(one), () => run(one, options), 10_000);
  }
});
