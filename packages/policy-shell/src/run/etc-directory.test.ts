import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { requires } from '../../../../tools/host/host-test.js';
import { etcDirectory } from './etc-directory.js';

requires('linux').test(
  'what stands for /etc is this user’s alone, is made once, and says nothing about the host',
  () => {
    const directory = etcDirectory();
    const { mode, uid } = lstatSync(directory);
    expect([mode & 0o777, uid]).toEqual([0o700, process.geteuid?.()]);
    expect(etcDirectory()).toBe(directory);
    expect(readFileSync(join(directory, 'passwd'), 'utf8').split('\n').length).toBe(3);
    expect(readFileSync(join(directory, 'hosts'), 'utf8')).toBe('127.0.0.1 localhost\n::1 localhost\n');
    for (const name of ['shadow', 'ssh', 'hostname', 'machine-id']) {
      expect(lstatSync(join(directory, name), { throwIfNoEntry: false })).toBeUndefined();
    }
  },
);
