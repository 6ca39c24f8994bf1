import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { AgentFS } from '@clawforce/policy-fs';
import { strFromU8, unzipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { archiveFolder } from './folder-archive.js';

describe('a folder of the workspace as a ZIP file', () => {
  let root: string;
  let fs: AgentFS;
  const inWorkspace = (path: string): string => join(root, 'workspace', path);

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'cf-archive-'));
    mkdirSync(inWorkspace('reports/empty'), { recursive: true });
    mkdirSync(join(root, '.config'));
    writeFileSync(join(root, '.config', 'agent.json'), '{"secret":"canary"}');
    writeFileSync(inWorkspace('reports/a.md'), '# A\n');
    writeFileSync(inWorkspace('outside.md'), 'not in the folder');
    fs = await AgentFS.open(root, { allowDetectOnly: true });
  });
  afterEach(async () => {
    await fs.close();
    rmSync(root, { recursive: true, force: true });
  });

  const unpack = async (folder: string): Promise<Record<string, string>> => {
    const { stream } = await archiveFolder(fs, folder);
    const files = unzipSync(new Uint8Array(await buffer(stream)));
    return Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, strFromU8(bytes)]));
  };

  test('has the files and empty folders below it, under its own name', async () => {
    expect((await archiveFolder(fs, 'reports')).fileName).toBe('reports.zip');
    expect(await unpack('reports')).toEqual({ 'reports/a.md': '# A\n', 'reports/empty/': '' });
    expect(Object.keys(await unpack('workspace'))).toContain('workspace/outside.md');
  });

  test('gives a file of several pieces byte for byte', async () => {
    const content = Buffer.alloc(2.5 * 1024 * 1024, 'clawforce ');
    writeFileSync(inWorkspace('reports/large.txt'), content);
    expect((await unpack('reports'))['reports/large.txt']).toBe(content.toString());
  });

  test('an agent that plants links to its hidden configuration gets nothing of it into the archive', async () => {
    symlinkSync('../../.config/agent.json', inWorkspace('reports/config'));
    symlinkSync('/etc', inWorkspace('reports/etc'));
    const files = await unpack('reports');
    expect(JSON.stringify(files)).not.toContain('canary');
    expect(Object.keys(files).sort()).toEqual(['not-included.txt', 'reports/a.md', 'reports/empty/']);
    expect(files['not-included.txt']).toBe(
      'workspace/reports/config: a symbolic link\nworkspace/reports/etc: a symbolic link\n',
    );
  });

  test('an agent that wants a file placed elsewhere by the extractor has its name left out', async () => {
    writeFileSync(inWorkspace('reports/..\\..\\evil.bat'), 'x');
    const names = Object.keys(await unpack('reports'));
    expect(names.some((name) => name.includes('evil'))).toBe(false);
    expect(names).toContain('not-included.txt');
  });

  test('hidden zones, detours and files are refused with the code of policy-fs', async () => {
    await expect(archiveFolder(fs, '.config')).rejects.toMatchObject({ code: 'HIDDEN' });
    await expect(archiveFolder(fs, '../..')).rejects.toMatchObject({ code: 'PATH_TRAVERSAL' });
    await expect(archiveFolder(fs, 'reports/a.md')).rejects.toMatchObject({ code: 'NOT_A_DIRECTORY' });
    await expect(archiveFolder(fs, 'missing')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('a folder beyond a limit is refused before the first byte', async () => {
    truncateSync(inWorkspace('reports/a.md'), 1001);
    const limits = { entries: 2, bytes: 1001 };
    await expect(archiveFolder(fs, 'reports', limits)).resolves.toBeDefined();
    await expect(archiveFolder(fs, 'reports', { ...limits, bytes: 1000 })).rejects.toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
    });
    await expect(archiveFolder(fs, 'reports', { ...limits, entries: 1 })).rejects.toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
    });
  });

  test('a file that grows or vanishes after it was counted ends the stream with an error', async () => {
    const growing = await archiveFolder(fs, 'reports', { entries: 10, bytes: 100 });
    writeFileSync(inWorkspace('reports/a.md'), 'x'.repeat(101));
    await expect(buffer(growing.stream)).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });

    writeFileSync(inWorkspace('reports/a.md'), 'x');
    const vanishing = await archiveFolder(fs, 'reports');
    rmSync(inWorkspace('reports/a.md'));
    await expect(buffer(vanishing.stream)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
