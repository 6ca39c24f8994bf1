import { lstatSync } from '../path/file-system.js';
import { resolvePath } from '../path/resolve-path.js';
import type { Token } from '../rules/finding.js';
import type { Inspection } from './inspection.js';
import { inspectRenames, renames } from './renames.js';

const unpacks =
  /^(?:gzip|gunzip|bzip2|bunzip2|xz|unxz|zstd|unzstd|lz4|unlz4|lzma|unlzma|lzip|lunzip|plzip|pixz|unpigz|compress|uncompress|pigz|brotli)$/;
const others = /^(?:truncate|[gs]?sed|tee|git clone|wget2?)$/;

/** Whether {@link inspectNamesMade} has anything to say about a program. */
export const makesNames = (name: string): boolean =>
  others.test(name) || unpacks.test(name) || renames.test(name);

/** Judges the names that a tool makes out of those it is given, and what becomes of the files that are there. */
export function inspectNamesMade(
  name: string,
  args: readonly Token[],
  operands: readonly Token[],
  into: Inspection,
  token: Token,
): void {
  if (name === 'git clone') {
    const [address] = operands;
    const made = /([^/:]+?)(?:\.git)?\/*$/.exec(address?.value ?? '')?.[1];
    if (address && made !== undefined && operands.length === 1) into.path(made, address, 'write');
  } else if (/^[gs]?sed$/.test(name)) {
    for (const { value } of args) {
      const suffix = /^(?:-[nErsuzb]*i|--i[a-z-]*=)(.+)$/s.exec(value)?.[1];
      if (suffix !== undefined) inspectBackups(suffix, operands, into);
    }
  } else if (name === 'tee') {
    // Without input it empties what it names.
    if (into.feed !== undefined || args.some(({ value }) => /^-[a-z]*a|^--a/.test(value))) return;
    for (const operand of operands) {
      const place = resolvePath(into.view.realCwd, operand.value);
      if (place.ok && (lstatSync(place.path, { throwIfNoEntry: false })?.size ?? 0) > 0)
        into.object('shell.destructive.truncate', operand, `tee ${operand.value}`);
    }
  } else if (unpacks.test(name)) {
    inspectUnpacked(args, operands, into);
  } else if (renames.test(name)) {
    inspectRenames(args, operands, into);
  } else if (name === 'truncate') {
    inspectTruncation(args, operands, into);
  } else if (/^wget2?$/.test(name)) {
    inspectMirror(args, into, token);
  }
}

function inspectBackups(suffix: string, operands: readonly Token[], into: Inspection): void {
  for (const operand of operands) {
    const [, directory = '', base = ''] = /^(.*\/)?([^/]*)$/s.exec(operand.value) ?? [];
    const saved = suffix.includes('*') ? suffix.replaceAll('*', () => base) : base + suffix;
    into.path(saved.includes('/') ? saved : directory + saved, operand, 'write');
  }
}

// Unpackers take the suffix away, and packers add the one that is given.
function inspectUnpacked(args: readonly Token[], operands: readonly Token[], into: Inspection): void {
  const suffixes = args.flatMap(({ value }, at) => {
    const joined = /^(?:-[a-zA-Z0-9]*?S|--su[a-z]*(?:=|$))(.*)$/s.exec(value)?.[1];
    return joined === '' ? (args[at + 1]?.value ?? '') : (joined ?? []);
  });
  for (const operand of operands) {
    const { value } = operand;
    const made = [value.replace(/\.[^./]+$/, ''), value.replace(/[-_]g?z$/i, '')];
    for (const suffix of suffixes)
      made.push(value + suffix, value.slice(0, Math.max(value.length - suffix.length, 0)));
    for (const name of new Set(made)) if (name !== value && name !== '') into.path(name, operand, 'write');
  }
}

// A size that is not above the present one takes something away; what only grows a file is harmless.
function inspectTruncation(args: readonly Token[], operands: readonly Token[], into: Inspection): void {
  for (const [at, word] of args.entries()) {
    const size = /^(?:-[a-z]*s|--s[a-z]*=?)(.*)$/.exec(word.value)?.[1];
    const taken = size === '' ? (args[at + 1]?.value ?? '') : size;
    const byReference = /^(?:-[a-z]*r|--r)/.test(word.value);
    if (!byReference && (taken === undefined || /^[+>%]/.test(taken.trim()))) continue;
    // With a unit it is larger than it looks, so the comparison is on the safe side.
    const wanted = byReference || taken === undefined ? NaN : Number(/^\d+/.exec(taken)?.[0] ?? NaN);
    for (const operand of operands) {
      const place = resolvePath(into.view.realCwd, operand.value);
      const present = place.ok ? (lstatSync(place.path, { throwIfNoEntry: false })?.size ?? 0) : Infinity;
      if (present > 0 && !(wanted >= present))
        into.object('shell.destructive.truncate', operand, `truncate ${operand.value}`);
    }
  }
}

// With directories the host comes first and the path behind it; without, the pages that are fetched name the files.
function inspectMirror(args: readonly Token[], into: Inspection, token: Token): void {
  const some = (pattern: RegExp): boolean => args.some(({ value }) => pattern.test(value));
  const follows = some(/^-(?:n[a-zA-Z])*[a-oq-zA-OQ-Z]*[rmp](?![a-z]*=)|^--(?:rec|mi|page)/);
  if (!follows && !some(/^-(?:n[a-zA-Z])*[a-zA-OQ-Z]*x|^--force-d/)) return;
  if (some(/^-[a-zA-Z]*n[Hd]|^--(?:no-h|no-d|cut)/)) {
    into.object('shell.fetch.names', token, 'this combination of options');
    return;
  }
  for (const word of args) {
    const place = /^(?:[a-z]+:\/\/)?(?:[^/@]*@)?([^/:?#]+)(?::\d+)?([^?#]*)/i.exec(word.value);
    if (word.value.startsWith('-') || !place) continue;
    into.path(place[1] ?? '', word, 'fill');
    if (place[2]) into.path(`${place[1] ?? ''}${place[2]}`, word, 'write');
  }
}
