import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { requires } from '../../../../tools/host/host-test.js';
import { etcDirectory } from './etc-directory.js';
import { RunError } from './run-error.js';

const later = (hours: number): number => Date.now() + hours * 3_600_000;

requires('linux').describe('what stands for /etc', () => {
  let base: string;
  let hour = 0;
  beforeEach(() => {
    base = realpathSync(mkdtempSync(join(tmpdir(), 'policy-shell-etc-')));
    vi.stubEnv('TMPDIR', base);
    hour += 2;
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(base, { recursive: true, force: true });
  });

  const made = (): string => etcDirectory(later(hour));
  const again = (): string => etcDirectory(later((hour += 2)));

  it('is this user’s alone, is made once, and says nothing about the host', () => {
    const directory = made();
    const { mode, uid } = lstatSync(directory);
    expect([mode & 0o777, uid, dirname(directory)]).toEqual([0o700, process.geteuid?.(), base]);
    expect([made(), again()]).toEqual([directory, directory]);
    expect(readdirSync(base).length).toBe(1);
    expect(readFileSync(join(directory, 'passwd'), 'utf8').split('\n').length).toBe(3);
    expect(readFileSync(join(directory, 'hosts'), 'utf8')).toBe('127.0.0.1 localhost\n::1 localhost\n');
    for (const name of ['shadow', 'ssh', 'hostname', 'machine-id']) {
      expect(lstatSync(join(directory, name), { throwIfNoEntry: false })).toBeUndefined();
    }
  });

  it.each(['passwd', 'ld.so.cache', '.clawforce-inventory'])(
    'is made again where a cleaner of the temporary directory took %s out of it',
    (name) => {
      const directory = made();
      const whole = readdirSync(directory, { recursive: true }).sort();
      rmSync(join(directory, name));
      expect(again()).toBe(directory);
      expect(readdirSync(directory, { recursive: true }).sort()).toEqual(whole);
    },
  );

  it('is made again at once where the whole directory has gone', () => {
    const directory = made();
    rmSync(directory, { recursive: true });
    expect(made()).toBe(directory);
    expect(readFileSync(join(directory, 'hosts'), 'utf8')).toContain('localhost');
  });

  it('is never one that an earlier process left half filled', () => {
    const directory = made();
    rmSync(directory, { recursive: true });
    mkdirSync(directory, { mode: 0o700 });
    writeFileSync(join(directory, 'hosts'), 'half\n');
    expect(readFileSync(join(again(), 'passwd'), 'utf8')).toContain('agent:x:');
  });

  it('is never one that others can change', () => {
    const directory = made();
    chmodSync(directory, 0o777);
    const own = again();
    expect(own).not.toBe(directory);
    expect(readFileSync(join(own, 'passwd'), 'utf8')).toContain('agent:x:');
    expect(again()).toBe(own);
    expect(readdirSync(base).length).toBe(2);
  });

  it('is refused with a sentence where the temporary directory cannot be used', () => {
    vi.stubEnv('TMPDIR', join(base, 'missing'));
    expect(() => again()).toThrow(RunError);
    expect(() => again()).toThrow(/temporary directory .*missing cannot be used \(ENOENT\)/);
  });
});
