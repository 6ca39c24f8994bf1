import { posix } from 'node:path';
import type { Token } from '../rules/finding.js';
import type { Inspection } from './inspection.js';

/**
 * Records the paths of `ln`. The target of a symbolic link counts from the directory of the link, so `ln -s ../a src/a`
 * stays inside where the same words for `cp` would not.
 */
export function inspectLink(args: readonly Token[], into: Inspection): void {
  const symbolic = args.some(({ value }) => /^-[a-zA-Z]*s/.test(value) || /^--s(?!uffix)/.test(value));
  const plain = args.filter(({ value }) => !value.startsWith('-'));
  const directory = args.some(({ value }) => /^(?:-[a-zA-Z]*t|--t)/.test(value));
  const place = plain.length > 1 && !directory ? plain.at(-1) : undefined;
  if (place) into.path(place.value, place, 'write');
  for (const target of plain) {
    if (target === place) continue;
    if (!symbolic || target.value.startsWith('/') || !place) {
      into.path(target.value, target, 'write');
      continue;
    }
    // The link is made at the place, or inside it where that is a directory.
    if (!place.value.endsWith('/'))
      into.path(`${posix.dirname(place.value)}/${target.value}`, target, 'write');
    into.path(`${place.value}/${target.value}`, target, 'write');
  }
}
