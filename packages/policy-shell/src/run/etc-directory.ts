import { createHash } from 'node:crypto';
import {
  cpSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { privateDirectory, temporaryBase } from './private-directory.js';
import { RunError } from './run-error.js';
import { sharedEtc } from './system-paths.js';

// What cleans temporary directories goes through them about once a day.
const trustedMs = 3_600_000;
const inventoryName = '.clawforce-inventory';

let known: { readonly path: string; readonly until: number } | undefined;

// Not os.userInfo(): in a container a user may have no entry in the password file.
const uid = (): number => process.geteuid?.() ?? -1;
const gid = (): number => process.getegid?.() ?? -1;

/**
 * Gives a directory that stands for /etc in a command's root: copies of what programs need and nothing about this host.
 * One mount instead of twenty, each of which costs bubblewrap a walk over all mounts. All processes of a user share it, and
 * a changed /etc gives another one.
 *
 * @throws RunError `START_FAILED` where it cannot be made whole.
 */
export function etcDirectory(now = Date.now()): string {
  if (known !== undefined && now < known.until && lstatSync(known.path, { throwIfNoEntry: false })) {
    return known.path;
  }
  // A private one, made because the shared name was taken, is kept too, or each hour would leave another.
  const path = known !== undefined && isOwn(known.path) && isWhole(known.path) ? known.path : findOrMake();
  known = { path, until: now + trustedMs };
  return path;
}

function findOrMake(): string {
  const shared = join(temporaryBase(), `clawforce-etc-${uid()}-${fingerprint()}`);
  if (isOwn(shared) && isWhole(shared)) return shared;
  const fresh = privateDirectory('etc');
  try {
    fill(fresh);
  } catch (cause) {
    rmSync(fresh, { recursive: true, force: true });
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new RunError(
      'START_FAILED',
      `The copy of /etc for commands cannot be made at ${fresh} (${code}).`,
      { cause },
    );
  }
  return publish(fresh, shared);
}

// Whoever sees the shared name sees a whole directory: it is filled under another one.
function publish(fresh: string, shared: string): string {
  try {
    // Commands may be running on the damaged one, so it is moved and not removed.
    if (isOwn(shared) && !isWhole(shared)) renameSync(shared, `${fresh}-damaged`);
    renameSync(fresh, shared);
    return shared;
  } catch {
    // Another process was faster, or the name is taken by somebody who must not be trusted with it.
    if (!isOwn(shared) || !isWhole(shared)) return fresh;
    rmSync(fresh, { recursive: true, force: true });
    return shared;
  }
}

function fingerprint(): string {
  const hash = createHash('sha256');
  for (const name of sharedEtc) {
    const stat = lstatSync(join('/etc', name), { throwIfNoEntry: false });
    hash.update(`${name} ${stat?.mtimeMs ?? 0}\n`);
  }
  return hash.digest('hex').slice(0, 12);
}

// The name can be guessed, so it counts only as a directory that nobody else could have made or can change.
function isOwn(path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat?.isDirectory() === true && stat.uid === uid() && (stat.mode & 0o777) === 0o700;
}

// Cleaners of temporary directories take single files out of it and leave the rest.
function isWhole(directory: string): boolean {
  try {
    return readFileSync(join(directory, inventoryName), 'utf8') === inventory(directory);
  } catch {
    return false;
  }
}

function inventory(directory: string): string {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  return createHash('sha256')
    .update(
      names
        .filter((name) => name !== inventoryName)
        .sort()
        .join('\n'),
    )
    .digest('hex');
}

// What keeps a copy from being whole. Anything else: not on this host, or not for this user to read; then not for the command either.
const spoils = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EMFILE', 'ENFILE', 'ENOMEM']);

function fill(directory: string): void {
  for (const name of sharedEtc) {
    const to = join(directory, name);
    mkdirSync(dirname(to), { recursive: true });
    try {
      cpSync(join('/etc', name), to, { recursive: true, verbatimSymlinks: true });
    } catch (error) {
      if (spoils.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
  const files = {
    passwd: `agent:x:${uid()}:${gid()}:agent:/tmp:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n`,
    group: `agent:x:${gid()}:\nnogroup:x:65534:\n`,
    // Where the mount point of the real one is, for commands with the network of the host.
    'resolv.conf': '',
    hosts: '127.0.0.1 localhost\n::1 localhost\n',
  };
  for (const [name, text] of Object.entries(files))
    writeFileSync(join(directory, name), text, { mode: 0o644 });
  writeFileSync(join(directory, inventoryName), inventory(directory), { mode: 0o644 });
}
