import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** One line of `test/vectors/shell.jsonl`. */
export interface CorpusCase {
  readonly cmd: string;
  readonly expect: 'allow' | 'deny';
  readonly category: string;
  readonly why: string;
  readonly contested?: boolean;
}

const vectors = fileURLToPath(new URL('../../test/vectors/', import.meta.url));

/** Reads the corpus with `$WS` replaced by the workspace. */
export function readCorpus(workspace: string): CorpusCase[] {
  return readFileSync(join(vectors, 'shell.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as CorpusCase)
    .map((entry) => ({ ...entry, cmd: entry.cmd.replaceAll('$WS', () => workspace) }));
}

/** Builds the workspace that the corpus assumes; `remove` deletes it. */
export function buildFixture(): { workspace: string; remove: () => void } {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'policy-shell-')));
  const workspace = execFileSync('sh', [join(vectors, 'shell-fixture.sh'), root], {
    encoding: 'utf8',
  }).trim();
  return { workspace, remove: () => rmSync(root, { recursive: true, force: true }) };
}

/** Reads a list with one command per line, `$WS` replaced by the workspace. */
export function readLines(list: string, workspace: string): string[] {
  const lines = readFileSync(join(vectors, list), 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => line.replaceAll('$WS', () => workspace));
}
