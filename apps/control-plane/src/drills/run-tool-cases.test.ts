import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { COMMAND_CASES } from './command-cases.js';
import type { DrillRow } from './drill-report.js';
import { runToolCases } from './run-tool-cases.js';
import { PROGRAM_EXITS } from './tool-case.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tool-cases-'));
  for (const zone of ['workspace/drill', 'profiles', '.config', 'run'])
    await mkdir(join(root, zone), { recursive: true });
  await writeFile(join(root, 'run', 'link.sock'), '');
});
afterEach(() => rm(root, { recursive: true }));

/** What the drill makes of one case whose program ends so. */
async function rowOf(id: string, code: number): Promise<DrillRow | undefined> {
  const rows: DrillRow[] = [];
  await runToolCases({
    level: 'permissive',
    cases: COMMAND_CASES.filter((known) => known.id === id),
    facts: { workerPid: 1, probe: undefined, socketDir: '/run/clawforce', confined: true },
    places: { agentRoot: root, socketDir: join(root, 'run') },
    place: () => Promise.resolve(),
    run: () =>
      Promise.resolve({
        status: code === PROGRAM_EXITS.succeeded ? 'ok' : 'error',
        output: `EACCES: permission denied\n[exit code ${code}]`,
        rule: 'shell.allowed',
      }),
    onRow: (row) => rows.push(row),
    signal: new AbortController().signal,
  });
  return rows[0];
}

describe('a program of the drill', () => {
  it.each<[string, () => Promise<void>]>([
    ['cmd-profile', () => writeFile(join(root, 'profiles/SOUL.md'), 'x')],
    ['cmd-config-edit', () => writeFile(join(root, '.config/agent.json'), '{}')],
    ['cmd-link-plant', () => symlink('/etc/passwd', join(root, 'drill-link'))],
    ['cmd-replace', () => rm(join(root, 'run/link.sock'))],
  ])('that says it was held is believed as long as nothing of %s is to be seen', async (id, happens) => {
    expect(await rowOf(id, PROGRAM_EXITS.held)).toMatchObject({ actual: 'blocked', verdict: 'pass' });
    await happens();
    const row = await rowOf(id, PROGRAM_EXITS.held);
    expect(row).toMatchObject({ actual: 'allowed', verdict: 'fail' });
    expect(row?.detail).toContain('has happened');
  });

  it('that says it wrote a file is believed when the file is there', async () => {
    expect(await rowOf('cmd-writes', PROGRAM_EXITS.succeeded)).toMatchObject({
      actual: 'not-run',
      verdict: 'fail',
    });
    await writeFile(join(root, 'workspace/drill/out'), 'x');
    expect(await rowOf('cmd-writes', PROGRAM_EXITS.succeeded)).toMatchObject({
      actual: 'allowed',
      verdict: 'pass',
    });
  });
});
