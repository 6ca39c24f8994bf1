import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { requires } from '../../../../tools/host/host-test.js';
import { giveOwnerAccess } from './owner-access.js';

requires('linux').test(
  'a directory that its owner was shut out of is opened to it, through no link',
  async () => {
    const root = mkdtempSync(join(tmpdir(), 'access-'));
    const mode = (): number => statSync(root).mode & 0o777;
    try {
      const place = join(root, 'place');
      mkdirSync(place);
      chmodSync(place, 0o050);
      await giveOwnerAccess(place);
      expect(statSync(place).mode & 0o777).toBe(0o750);
      symlinkSync(root, join(root, 'link'));
      chmodSync(root, 0o100);
      await giveOwnerAccess(join(root, 'link'));
      expect(mode()).toBe(0o100);
      await giveOwnerAccess(join(root, 'missing'));
      chmodSync(root, 0);
      await giveOwnerAccess(root);
      expect(mode()).toBe(0o700);
    } finally {
      rmSync(root, { recursive: true });
    }
  },
);

requires('linux').test(
  'a file that its owner was shut out of is opened to it, if it has one name',
  async () => {
    const root = mkdtempSync(join(tmpdir(), 'access-'));
    const file = join(root, 'file');
    const mode = (): number => statSync(file).mode & 0o7777;
    try {
      writeFileSync(file, 'x');
      chmodSync(file, 0o040);
      symlinkSync(file, join(root, 'link'));
      await giveOwnerAccess(join(root, 'link'));
      expect(mode()).toBe(0o040);
      await giveOwnerAccess(file);
      expect(mode()).toBe(0o640);
      chmodSync(file, 0);
      linkSync(file, join(root, 'second'));
      await giveOwnerAccess(file);
      expect(mode()).toBe(0);
    } finally {
      rmSync(root, { recursive: true });
    }
  },
);
