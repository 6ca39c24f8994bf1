import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { sharedEtc } from './system-paths.js';

let known: string | undefined;

// Not os.userInfo(): in a container a user may have no entry in the password file.
const uid = (): number => process.geteuid?.() ?? -1;
const gid = (): number => process.getegid?.() ?? -1;

/**
 * Gives a directory that stands for /etc in a command's root: copies of what programs need and nothing about this host.
 * One mount instead of twenty, each of which costs bubblewrap a walk over all mounts. All processes of a user share it, and
 * a changed /etc gives another one.
 */
export function etcDirectory(): string {
  if (known !== undefined && existsSync(join(known, 'hosts'))) return known;
  const base = realpathSync(tmpdir());
  const shared = join(base, `clawforce-etc-${uid()}-${fingerprint()}`);
  if (isOwn(shared)) return (known = shared);
  const fresh = mkdtempSync(join(base, 'clawforce-etc-'));
  fill(fresh);
  try {
    renameSync(fresh, shared);
    return (known = shared);
  } catch {
    // Another process was faster, or the name is taken by somebody who must not be trusted with it.
    if (!isOwn(shared)) return (known = fresh);
    rmSync(fresh, { recursive: true, force: true });
    return (known = shared);
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

function fill(directory: string): void {
  for (const name of sharedEtc) {
    const to = join(directory, name);
    mkdirSync(dirname(to), { recursive: true });
    try {
      cpSync(join('/etc', name), to, { recursive: true, verbatimSymlinks: true });
    } catch {
      // Not on this host, or not for this user to read: then not for the command either.
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
}
