import { beforeEach, expect, test, vi } from 'vitest';
import { defaultStorageRoot, isDefaultStorageRoot } from './default-storage-root.js';
import { SettingsError } from './settings-error.js';

const homedir = vi.hoisted(() => vi.fn<() => string>());
vi.mock('node:os', async (original) => ({ ...(await original<object>()), homedir }));

beforeEach(() => {
  homedir.mockReset();
  homedir.mockReturnValue('/home/op');
});

test('is below the home directory', () => {
  expect(defaultStorageRoot()).toBe('/home/op/.clawforce-data');
  expect(defaultStorageRoot('/elsewhere')).toBe('/elsewhere/.clawforce-data');
  expect(isDefaultStorageRoot('/home/op/.clawforce-data')).toBe(true);
  expect(isDefaultStorageRoot('/data')).toBe(false);
});

test('a user without a home directory is told which setting to give, and is not stopped who gave it', () => {
  homedir.mockImplementation(() => {
    throw Object.assign(new Error('uv_os_homedir returned ENOENT'), { code: 'ERR_SYSTEM_ERROR' });
  });
  expect(() => defaultStorageRoot()).toThrow(SettingsError);
  expect(() => defaultStorageRoot()).toThrow(/ADMIN_STORAGE_ROOT: .*home directory/);
  expect(isDefaultStorageRoot('/data')).toBe(false);
});
