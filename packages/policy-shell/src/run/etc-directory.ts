import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { sharedEtc } from './system-paths.js';

let made: string | undefined;

/**
 * Gives a directory that stands for /etc in a command's root: copies of what programs need and nothing about this host.
 * One mount instead of twenty, each of which costs bubblewrap a walk over all mounts. Made once per process and removed at its end.
 */
export function etcDirectory(): string {
  if (made !== undefined && existsSync(join(made, 'hosts'))) return made;
  const directory = mkdtempSync(join(realpathSync(tmpdir()), 'clawforce-etc-'));
  for (const name of sharedEtc) {
    const to = join(directory, name);
    mkdirSync(dirname(to), { recursive: true });
    try {
      cpSync(join('/etc', name), to, { recursive: true, verbatimSymlinks: true });
    } catch {
      // Not on this host, or not for this user to read: then not for the command either.
    }
  }
  const { uid, gid } = userInfo();
  const files = {
    passwd: `agent:x:${uid}:${gid}:agent:/tmp:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n`,
    group: `agent:x:${gid}:\nnogroup:x:65534:\n`,
    hosts: '127.0.0.1 localhost\n::1 localhost\n',
    // Where the mount point of the real one is, for commands with the network of the host.
    'resolv.conf': '',
  };
  for (const [name, text] of Object.entries(files))
    writeFileSync(join(directory, name), text, { mode: 0o644 });
  if (made === undefined)
    process.once('exit', () => made !== undefined && rmSync(made, { recursive: true, force: true }));
  made = directory;
  return directory;
}
