import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isInstalled, markInstalled, sameTree } from './install-state.mjs';

const tree = (packages: object): string => JSON.stringify({ packages });
const entry = (version: string, more: object = {}): object => ({
  version,
  integrity: `sha512-${version}`,
  ...more,
});

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'install-state-'));
  mkdirSync(join(root, 'node_modules'));
});
afterEach(() => rmSync(root, { recursive: true }));

const write = (lock: string, hidden?: string): void => {
  writeFileSync(join(root, 'package-lock.json'), lock);
  if (hidden !== undefined) writeFileSync(join(root, 'node_modules/.package-lock.json'), hidden);
};

test('the trees agree when every wanted package is there in its version; other platforms may be absent', () => {
  const wanted = tree({
    '': {},
    'packages/a': { version: '0.1.0' },
    'node_modules/x': entry('1.0.0'),
    'node_modules/y-darwin': entry('1.0.0', { optional: true }),
  });
  expect(sameTree(wanted, tree({ 'node_modules/x': entry('1.0.0') }))).toBe(true);
  expect(sameTree(wanted, tree({ 'node_modules/x': entry('1.0.1') }))).toBe(false);
  expect(sameTree(wanted, tree({}))).toBe(false);
});

test('an install by hand is recognised and remembered, a changed lock file is not', () => {
  const lock = tree({ 'node_modules/x': entry('1.0.0') });
  write(lock);
  expect(isInstalled(root)).toBe(false);
  write(lock, lock);
  expect(isInstalled(root)).toBe(true);
  write(tree({ 'node_modules/x': entry('2.0.0') }));
  expect(isInstalled(root)).toBe(false);
  markInstalled(root);
  expect(isInstalled(root)).toBe(true);
});
