import type { Token } from '../rules/finding.js';
import { characterSet, isMadeOf } from '../parse/character-set.js';
import { type PathAccess, protectedNames } from '../path/workspace-paths.js';
import { isText, pathsInText } from './embedded-paths.js';
import type { Inspection } from './inspection.js';
import { isMetadataAddress } from './metadata-address.js';

const usual = characterSet(/[\w./+%-]/);
const inOption = characterSet(/[\w-]/);
const dash = 0x2d;
// `+`, `-` and `%`, which may make an option or a format of a word.
const isMark = (code: number): boolean => code === 0x2b || code === dash || code === 0x25;

/**
 * Records every part of a word that may be a path: the whole, what follows `=` `:` `,` `@`, and in an option what
 * follows its letters (`-o/etc/x`). What a word means to its tool is not known here: behind `--` an option is a file, and
 * an address is one to `cat`, which finds `http://../x` in a directory called `http:`.
 */
export function recordPossiblePaths(token: Token, access: PathAccess, into: Inspection): void {
  const { value } = token;
  if (value === '') return;
  // The usual word: nothing in it that could hide a second path.
  if (isMadeOf(value, usual) && !isMark(value.charCodeAt(0))) {
    into.path(value, token, access);
    return;
  }
  // The usual option: the whole, and what is joined to its letter (`-oname`).
  if (value.charCodeAt(0) === dash && isMadeOf(value, inOption, 1)) {
    into.path(value, token, access);
    recordJoined(token, access, into);
    return;
  }
  into.path(value, token, access);
  if (recordAddress(token, into)) return;
  // Many tools read a name that begins so as a command to pipe from or to.
  if (/^(?:[\w-]+:)?(?:\|\s*[\w./]|!\s*[\w./]+\s+-)/.test(value)) into.object('shell.exec.option', token);
  if (isText(value)) {
    into.text(token);
    const equals = /^[\w:.-]+=(?=.)/.exec(value);
    if (equals) into.text({ value: value.slice(equals[0].length), span: token.span });
    recordPathsInText(token, access, into);
  }
  const parts = /[=:,@<>|]/.test(value) || value.startsWith('-') ? partsOf(value) : [];
  // Each part costs a look at the file system, and an honest word has a handful of them.
  if (parts.length > mostCandidates) {
    into.object('shell.workspace.unreadable', token, `${value.slice(0, 40)}...`);
    return;
  }
  for (const part of parts) {
    if (/^(?:file|unix):/i.test(part))
      into.path(part.replace(/^(?:file|unix):(?:\/\/[^/]*)?/i, ''), token, access);
    else into.path(part, token, access);
  }
  if (value.startsWith('~') || parts.some((part) => part.startsWith('~'))) {
    into.findings.push({ rule: 'shell.workspace.outside', span: token.span, detail: value });
  }
}

/** The same for a word that its tool takes for an option, which is no file as a whole unless it could climb. */
export function recordUnknownOption(token: Token, into: Inspection): void {
  if (isMadeOf(token.value, inOption, 1)) recordJoined(token, 'any', into);
  else recordPossiblePaths(token, 'any', into);
}

function recordJoined(token: Token, access: PathAccess, into: Inspection): void {
  const { value } = token;
  if (value.length > 2 && value.charCodeAt(1) !== dash) into.path(value.slice(2), token, access);
}

// What inside of a text is plainly a path.
function recordPathsInText(token: Token, access: PathAccess, into: Inspection): void {
  const found = pathsInText(token.value);
  if (found.length > mostCandidates)
    into.object('shell.workspace.unreadable', token, `${token.value.slice(0, 40)}...`);
  else {
    for (const path of found) {
      if (path.startsWith('~'))
        into.findings.push({ rule: 'shell.workspace.outside', span: token.span, detail: path });
      else into.path(path, token, access);
    }
  }
}

// Text such as JSON is full of separators; only its beginning can be `name=relative/path`.
const mostParts = 8;
// What no file of a commit and no value is called.
const namesProtected = new RegExp(
  `^(?:\\./)*(?:${['.git', ...protectedNames].map((name) => name.replaceAll('.', '\\.')).join('|')})(?=[/:,|;]|$)`,
  'i',
);
const mostCandidates = 64;

function partsOf(value: string): string[] {
  const parts: string[] = [];
  for (const match of value.matchAll(/[=:,@<>|]/g)) {
    if (parts.length > mostCandidates) break;
    const part = value.slice(match.index + 1);
    // Behind `:` only what is plainly a path: `HEAD:src/a.ts` and `host:port` are not.
    const plain = match[0] !== ':' && match[0] !== '|' && parts.length < mostParts;
    if (part === '' || !(plain || /^(?:\/(?!\/)|\.\.?(?:\/|$)|~)/.test(part) || namesProtected.test(part)))
      continue;
    parts.push(part);
    const cut = part.search(/[:,|]/);
    if (cut > 0) parts.push(part.slice(0, cut));
  }
  if (value.startsWith('-') && !value.startsWith('--')) {
    const start = value.search(/\/|\.\.|~/);
    if (start > 0) parts.push(value.slice(start));
    if (value.length > 2) parts.push(value.slice(2));
  }
  return parts;
}

function recordAddress(token: Token, into: Inspection): boolean {
  const found = /^([a-z][a-z0-9+.-]*):(?:\/\/)?(?=\S)/i.exec(token.value);
  const scheme = found?.[1]?.toLowerCase();
  if (scheme === 'file' || scheme === 'unix') {
    // `file:read-text("…")` is a call, not an address.
    if (isText(token.value)) recordPathsInText(token, 'any', into);
    into.path(token.value.replace(/^(?:file|unix):(?:\/\/[^/]*)?/i, ''), token, 'any');
    return true;
  }
  if ((scheme === 'http' || scheme === 'https') && token.value.includes(':/')) {
    refuseMetadata(token, into);
    return true;
  }
  return false;
}

/** Judges an address argument: http(s) only, no metadata service. A scheme-less word counts as http, as in curl. */
export function inspectUrl(token: Token, into: Inspection): void {
  const { value } = token;
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(value)?.[1]?.toLowerCase();
  if (scheme === 'file' || /^file:/i.test(value)) {
    into.path(value.replace(/^file:(?:\/\/[^/]*)?/i, ''), token, 'any');
  } else if (scheme !== undefined && scheme !== 'http' && scheme !== 'https') {
    into.object('shell.fetch.scheme', token);
  } else if (/^(?:\/|\.\.?\/|~)/.test(value)) {
    into.path(value, token, 'any');
  }
  refuseMetadata(token, into);
}

function refuseMetadata(token: Token, into: Inspection): void {
  if (isMetadataAddress(token.value)) into.object('shell.fetch.metadata', token);
}
