import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { requires } from '../../../../tools/host/host-test.js';
import { AgentFiles } from './agent-files.js';

let root: string;
let files: AgentFiles;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cf-agent-files-'));
  files = new AgentFiles(root, { allowDetectOnly: false });
});
afterEach(async () => {
  await files.close();
  rmSync(root, { recursive: true, force: true });
});

const { test } = requires('linux');

describe('the directory of a hijacked agent', () => {
  test('a link planted in a zone is no way for the control plane into another zone', async () => {
    const fs = await files.control('one');
    await fs.writeFile('.config/agent.json', 'secret');
    symlinkSync('../.config/agent.json', join(files.directory('one'), '.logs/worker.log'));
    symlinkSync('../.config', join(files.directory('one'), '.sessions/dir'));
    await expect(fs.appendFile('.logs/worker.log', 'x')).rejects.toMatchObject({ code: 'ESCAPE' });
    await expect(fs.readFile('.logs/worker.log')).rejects.toMatchObject({ code: 'ESCAPE' });
    await expect(fs.writeFile('.sessions/dir/agent.json', 'x')).rejects.toMatchObject({ code: 'ESCAPE' });
    expect(readFileSync(join(files.directory('one'), '.config/agent.json'), 'utf8')).toBe('secret');
  });

  test('is removed whatever the agent has put there, and nothing else is', async () => {
    await (await files.control('other')).writeFile('workspace/kept', 'kept');
    await (await files.control('one')).writeFile('workspace/a/b', 'x');
    await files.workspace('one');
    const home = join(files.directory('one'), 'workspace');
    writeFileSync(Buffer.concat([Buffer.from(`${home}/`), Buffer.from([0xff])]), 'a name that is no UTF-8');
    mkdirSync(join(home, '.clawforce-tmp-1-1-1-0123456789abcdef'));
    writeFileSync(join(files.directory('one'), 'stray'), 'in no zone');
    symlinkSync(files.directory('other'), join(home, 'link'));
    await files.destroy('one');
    expect(existsSync(files.directory('one'))).toBe(false);
    expect(readFileSync(join(files.directory('other'), 'workspace/kept'), 'utf8')).toBe('kept');
    await files.destroy('one');
  });

  requires('linux', 'root').test(
    'what is put into it belongs to the user that its worker has by then',
    async () => {
      const USER = 10_001;
      const fs = await files.workspace('one');
      const home = join(files.directory('one'), 'workspace');
      chownSync(home, USER, USER);
      await fs.writeFile('new/deep/file', 'x');
      await fs.appendFile('log', 'x');
      await fs.mkdir('made');
      await (await files.control('one')).appendFile('.logs/worker.log', 'x');
      const owner = (path: string): unknown[] => {
        const { uid, gid } = lstatSync(join(files.directory('one'), path));
        return [uid, gid];
      };
      for (const path of ['new', 'new/deep', 'new/deep/file', 'log', 'made']) {
        expect(owner(`workspace/${path}`), path).toEqual([USER, USER]);
      }
      expect(owner('.logs/worker.log')).toEqual([0, process.getgid?.()]);
    },
  );
});
