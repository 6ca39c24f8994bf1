import type { Dirent } from 'node:fs';
import { posix } from 'node:path';
import { readdirSync, readlinkSync } from '../path/file-system.js';
import { isInside, refusePath } from '../path/workspace-paths.js';
import type { Token } from '../rules/finding.js';
import type { Inspection } from './inspection.js';

const mostEntries = 4096;
const mostLinks = 256;

/**
 * Judges what a tree holds when it is copied or moved to a new root (both absolute): a relative link that leads out of the
 * tree means another place from there, unless the new root stands beside the old one; hooks of a repository would be
 * hooks there too.
 */
export function inspectMovedTree(from: string, to: string, source: Token, into: Inspection): void {
  // What leads out as a whole is refused as a whole.
  if (!into.view.restricted || from === to || !isInside(to, into.view.realRoot)) return;
  const beside = posix.dirname(from) === posix.dirname(to);
  const waiting = [''];
  let left = mostEntries;
  let links = 0;
  for (let below = waiting.pop(); below !== undefined; below = waiting.pop()) {
    const entries = entriesOf(`${from}/${below}`);
    left -= entries.length;
    for (const entry of entries) {
      const place = `${below}${entry.name}`;
      if (entry.isDirectory()) {
        if (entry.name.toLowerCase() === '.git' && holdsHooks(`${from}/${place}`))
          into.object('shell.workspace.protected', source, `${source.value} (it holds ${place}/hooks)`);
        waiting.push(`${place}/`);
      } else if (!beside && entry.isSymbolicLink()) {
        const target = readlinkSync(`${from}/${place}`);
        if (staysIn(below, target) || leadsOut(`${from}/${place}`, into)) continue;
        links += 1;
        // Behind a name `..` depends on what the name is by then.
        if (/[^./][^/]*\/+\.\.(?:\/|$)/.test(target)) left = -1;
        else into.path(posix.resolve(to, below, target), source, 'any');
      }
    }
    if (left < 0 || links > mostLinks) {
      into.object('shell.workspace.links', source);
      return;
    }
  }
}

// What cannot be used where it is gains nothing by its move.
function leadsOut(link: string, { view }: Inspection): boolean {
  return refusePath({ value: link, span: [0, 0], access: 'read' }, view) !== undefined;
}

// An absolute target means the same from everywhere.
function staysIn(below: string, target: string): boolean {
  if (target.startsWith('/')) return true;
  return !/(?:^|\/)[^./][^/]*\/+\.\.(?:\/|$)/.test(target) && !posix.join(below, target).startsWith('..');
}

// What git puts there itself are samples, which never run.
function holdsHooks(repository: string): boolean {
  return entriesOf(`${repository}/hooks`).some(({ name }) => !name.endsWith('.sample'));
}

function entriesOf(directory: string): readonly Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}
