import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect } from 'vitest';
import { requires } from '../../../../tools/host/host-test.js';
import { AgentFS, AgentFSError, type CheckedOperation } from '../index.js';

const OPERATIONS = [
  'readFile',
  'writeFile',
  'appendFile',
  'editFile',
  'listDir',
  'tree',
  'glob',
  'grep',
  'stat',
  'mkdir',
  'remove',
  'rename',
  'move',
] as const satisfies readonly CheckedOperation[];

const name = fc.constantFrom(
  'a',
  'd',
  'new',
  'out',
  'back',
  'file-link',
  'hard',
  'pipe',
  'dangling',
  'odd\u0001',
  ' ',
  '..',
  '.config',
  'profiles',
  'Workspace',
  'workspace',
);
const path = fc
  .array(name, { minLength: 1, maxLength: 4 })
  .chain((names) => fc.constantFrom(names.join('/'), `workspace/${names.join('/')}`, `${names.join('/')}/`));

function plant(root: string, fifo: string): void {
  for (const zone of ['workspace', 'profiles', '.config']) mkdirSync(join(root, zone));
  const at = (...names: string[]): string => join(root, 'workspace', ...names);
  mkdirSync(at('d', 'd'), { recursive: true });
  for (const file of ['a', 'd/a', 'd/d/a']) writeFileSync(at(file), 'text');
  writeFileSync(join(root, '.config', 'a'), 'hidden');
  symlinkSync('../.config', at('out'));
  symlinkSync('d', at('back'));
  symlinkSync('..', at('d', 'back'));
  symlinkSync('a', at('file-link'));
  symlinkSync('not/there', at('dangling'));
  symlinkSync('not/../later', at('d', 'dangling'));
  symlinkSync('../../profiles', at('d', 'out'));
  writeFileSync(at('hard'), 'two names');
  linkSync(at('hard'), at('d', 'hard'));
  // A new one takes a process.
  linkSync(fifo, at('pipe'));
  linkSync(fifo, at('d', 'pipe'));
}

async function act(fs: AgentFS, op: (typeof OPERATIONS)[number], at: string, to: string): Promise<unknown> {
  switch (op) {
    case 'writeFile':
      return fs.writeFile(at, 'x');
    case 'appendFile':
      return fs.appendFile(at, 'x');
    case 'editFile':
      return fs.editFile(at, 'text', 'x');
    case 'grep':
      return fs.grep('text', { path: at });
    case 'rename':
    case 'move':
      return fs[op](at, to);
    default:
      return fs[op](at);
  }
}

requires('linux').test('what policy refuses when it is done is refused when it is judged', async () => {
  const outside = mkdtempSync(join(tmpdir(), 'cf-judge-'));
  const fifo = join(outside, 'pipe');
  execFileSync('mkfifo', [fifo]);
  const seen = { allowed: 0, denied: 0 };
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...OPERATIONS), path, path, async (op, at, to) => {
      const root = mkdtempSync(join(tmpdir(), 'cf-judge-'));
      plant(root, fifo);
      const fs = await AgentFS.open(root, { durable: false });
      try {
        const judged = fs.check(op, at, to);
        const thrown: unknown = await act(fs, op, at, to).then(
          () => undefined,
          (error: unknown) => error,
        );
        if (thrown !== undefined && !(thrown instanceof AgentFSError))
          throw new Error('no AgentFSError', { cause: thrown });
        const effect = thrown?.decision.effect ?? 'allow';
        if (effect === 'deny') {
          expect(judged.effect).toBe('deny');
          // Of two bad paths either may be named first.
          if (op !== 'move') expect(judged.rule).toBe(thrown?.decision.rule);
        } else if (judged.effect !== 'allow') {
          // What is missing, or no directory, is met before what policy would refuse of the rest.
          expect(thrown?.code).toMatch(/^(NOT_FOUND|NOT_A_DIRECTORY)$/);
          expect(judged.rule).toMatch(op === 'move' ? /^fs\./ : /^fs\.name\./);
        }
        seen[effect === 'deny' ? 'denied' : 'allowed'] += 1;
      } finally {
        await fs.close();
        rmSync(root, { recursive: true });
      }
    }),
    { numRuns: 300 * Number(process.env['CLAWFORCE_JUDGE_SCALE'] ?? 1) },
  );
  rmSync(outside, { recursive: true });
  expect(Math.min(seen.allowed, seen.denied)).toBeGreaterThan(30);
});
