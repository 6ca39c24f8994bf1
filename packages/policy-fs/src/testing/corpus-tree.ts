import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** One step that prepares the tree of a case (research fs.md section 4). */
export interface SetupStep {
  readonly f?: string;
  readonly c?: string;
  readonly hex?: string;
  readonly m?: string;
  readonly d?: string;
  readonly l?: string;
  readonly h?: string;
  readonly t?: string;
  readonly fifo?: string;
  readonly sock?: string;
  readonly dev?: string;
  readonly kind?: string;
  readonly rm?: string;
}

/** An agent root with secrets in and around it. */
export interface CorpusTree {
  readonly root: string;
  readonly outside: string;
  /** Replaces `$ROOT` and `$OUT`. */
  expand(text: string): string;
  apply(steps: readonly SetupStep[]): Promise<void>;
  /** One line for each entry that no tool may change: everything but what is below workspace/. */
  fingerprint(): string[];
  remove(): Promise<void>;
}

/** Pieces of text that no result may contain. */
export const PLANTED = /SECRET|root:[x*]:0:0/;

const DEVICES: Readonly<Record<string, readonly string[]>> = {
  null: ['c', '1', '3'],
  zero: ['c', '1', '5'],
  loop: ['b', '7', '0'],
};

/** Gives a fresh tree: two visible zones, three hidden ones, a sibling directory and one that shares the root's prefix. */
export function createCorpusTree(): CorpusTree {
  const top = realpathSync(mkdtempSync(join(tmpdir(), 'cf-fs-')));
  const root = join(top, 'agent');
  const outside = join(top, 'outside');
  const files: Readonly<Record<string, string>> = {
    'agent/workspace/a.txt': 'hello alpha',
    'agent/workspace/dir/b.txt': 'hello beta',
    'agent/profiles/p.md': 'profile text',
    'agent/profiles/crons/jobs.json': '{}',
    'agent/.config/agent.json': '{"key":"SECRET-config"}',
    'agent/.sessions/s1.jsonl': 'SECRET-session',
    'agent/.logs/run.log': 'SECRET-log',
    'outside/secret.txt': 'SECRET-outside',
    'agent-evil/secret.txt': 'SECRET-evil',
  };
  for (const [name, text] of Object.entries(files)) put(join(top, name), text);
  const closers: (() => Promise<void>)[] = [];
  const expand = (text: string): string => text.replaceAll('$ROOT', root).replaceAll('$OUT', outside);
  const place = (name: string): string => join(root, name);

  return {
    root,
    outside,
    expand,
    async apply(steps) {
      for (const step of steps) {
        if (step.rm !== undefined) rmSync(place(step.rm), { recursive: true });
        if (step.f !== undefined) {
          put(place(step.f), step.hex === undefined ? (step.c ?? '') : Buffer.from(step.hex, 'hex'));
          if (step.m !== undefined) chmodSync(place(step.f), Number.parseInt(step.m, 8));
        }
        if (step.d !== undefined) mkdirSync(place(step.d), { recursive: true });
        if (step.l !== undefined) symlinkSync(expand(step.t ?? ''), parent(place(step.l)));
        if (step.h !== undefined) {
          const target = expand(step.t ?? '');
          linkSync(target.startsWith('/') ? target : place(target), parent(place(step.h)));
        }
        if (step.fifo !== undefined) execFileSync('mkfifo', [parent(place(step.fifo))]);
        if (step.sock !== undefined) closers.push(await listen(parent(place(step.sock))));
        if (step.dev !== undefined) {
          const device = DEVICES[step.kind ?? ''];
          if (!device) throw new Error(`the corpus names an unknown device ${step.kind}`);
          execFileSync('mknod', [parent(place(step.dev)), ...device]);
        }
      }
    },
    fingerprint: () => fingerprint(top, join(root, 'workspace')),
    async remove() {
      for (const close of closers) await close();
      rmSync(top, { recursive: true, force: true });
    },
  };
}

function put(path: string, content: string | Buffer): void {
  writeFileSync(parent(path), content);
}

function parent(path: string): string {
  mkdirSync(dirname(path), { recursive: true });
  return path;
}

function listen(path: string): Promise<() => Promise<void>> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => resolve(() => new Promise((done) => server.close(() => done()))));
  });
}

function fingerprint(directory: string, skip: string): string[] {
  return readdirSync(directory)
    .sort()
    .flatMap((name) => {
      const path = join(directory, name);
      const stat = lstatSync(path);
      const line = `${path} ${stat.mode.toString(8)} ${stat.ino}`;
      if (stat.isSymbolicLink()) return [`${line} -> ${readlinkSync(path)}`];
      if (stat.isDirectory()) return path === skip ? [line] : [line, ...fingerprint(path, skip)];
      if (!stat.isFile()) return [line];
      return [`${line} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`];
    });
}
