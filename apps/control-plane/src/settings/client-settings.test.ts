import { expect, test } from 'vitest';
import { readClientSettings } from './client-settings.js';

const read = (env: Record<string, string>, dataDir?: string) =>
  readClientSettings({
    env,
    ...(dataDir === undefined ? {} : { flags: { dataDir } }),
    home: '/home/ada',
    cwd: '/work',
  });

test.each<[Record<string, string>, string | undefined, string]>([
  [{}, undefined, '/home/ada/.clawforce-data/admin'],
  [{ ADMIN_STORAGE_ROOT: '' }, undefined, '/home/ada/.clawforce-data/admin'],
  [{ ADMIN_STORAGE_ROOT: 'data' }, undefined, '/work/data/admin'],
  [{ ADMIN_STORAGE_ROOT: '/srv/data' }, 'other', '/work/other/admin'],
])('with %j and --data-dir %s the server is looked for in %s', (env, dataDir, adminDir) => {
  expect(read(env, dataDir).adminDir).toBe(adminDir);
});

test.each([[''], ['/']])('--data-dir %j is refused as the server refuses it', (dataDir) => {
  expect(() => read({}, dataDir)).toThrow(/--data-dir/);
});

test('the password is there for the one verb that needs it, and is not printed', () => {
  const settings = read({ ADMIN_SETUP_PASSWORD: 'a long password' });
  expect(settings.setupPassword).toBe('a long password');
  expect(JSON.stringify(settings)).not.toContain('a long password');
  expect(read({ ADMIN_SETUP_PASSWORD: '' }).setupPassword).toBeUndefined();
});
