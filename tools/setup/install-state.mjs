import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const STAMP = 'node_modules/.clawforce-lock';

const readText = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};

const stampOf = (lock) =>
  `${createHash('sha256').update(lock).digest('hex')} ${process.platform} ${process.arch}\n`;

/** Tells whether what npm installed (its hidden lock file) is what the lock file asks for. */
export function sameTree(lock, hidden) {
  const wanted = JSON.parse(lock).packages ?? {};
  const found = JSON.parse(hidden).packages ?? {};
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.startsWith('node_modules/') && !path.includes('/node_modules/')) return true;
    const installed = found[path];
    // Packages for other platforms, and optional peers, are rightly absent.
    if (installed === undefined)
      return entry.optional === true || entry.peer === true || entry.devOptional === true;
    return installed.version === entry.version && installed.integrity === entry.integrity;
  });
}

/** Tells whether `node_modules` matches `package-lock.json`; remembers the answer as a hash of the lock file. */
export function isInstalled(root) {
  const lock = readText(join(root, 'package-lock.json'));
  if (lock === undefined) return false;
  const hidden = readText(join(root, 'node_modules/.package-lock.json'));
  if (hidden === undefined) return false;
  if (readText(join(root, STAMP)) === stampOf(lock)) return true;
  if (!sameTree(lock, hidden)) return false;
  markInstalled(root);
  return true;
}

/** Remembers that `node_modules` was installed from the lock file as it is now. */
export function markInstalled(root) {
  writeFileSync(join(root, STAMP), stampOf(readFileSync(join(root, 'package-lock.json'), 'utf8')));
}
