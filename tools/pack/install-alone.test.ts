import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { installAlone } from './install-alone.mjs';

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'alone-'));
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

function put(path: string, manifest: object): void {
  const directory = join(base, 'project/node_modules', path);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'package.json'), JSON.stringify(manifest));
}
const alone = (): string | undefined =>
  installAlone({ name: '@c/library' }, join(base, 'project'), join(base, 'alone'));
const has = (path: string): boolean => existsSync(join(base, 'alone/node_modules', path, 'package.json'));

test('a library stands with what it declares, as deep as that goes, and without what only others brought', () => {
  put('@c/library', {
    dependencies: { near: '1', nested: '1' },
    peerDependencies: { peer: '1' },
    peerDependenciesMeta: { peer: { optional: true } },
  });
  put('@c/library/node_modules/nested', { dependencies: { far: '1' } });
  put('near', { optionalDependencies: { absent: '1' }, peerDependencies: { 'near-peer': '1' } });
  for (const name of ['nested', 'far', 'peer', 'near-peer', 'forgotten']) put(name, {});
  expect(alone()).toBeUndefined();
  for (const name of ['@c/library', '@c/library/node_modules/nested', 'near', 'far', 'peer', 'near-peer'])
    expect(has(name), name).toBe(true);
  expect([has('nested'), has('forgotten')]).toEqual([false, false]);
});

test('what is declared and was not installed is said', () => {
  put('@c/library', { dependencies: { lost: '1' } });
  expect(alone()).toBe('not installed: lost, which node_modules/@c/library names');
});
