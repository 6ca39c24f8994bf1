import { protectedNames } from '../path/workspace-paths.js';

// What may stand in front of a path inside of a word, and what ends one.
const before = '(?:^|[\\s"\'`(){}\\[\\]<>|&;=:,@!])';
const inside = '[^\\s"\'`(){}<>|&;,]';
// The directories that every system has; another `/name` in a text is as likely a pattern or a route.
const systemPath = new RegExp(
  `${before}((?:/(?:etc|usr|var|tmp|home|root|proc|sys|dev|opt|bin|sbin|lib(?:32|64)?|mnt|media|srv|run|boot|Users|private)(?=/|$|[^\\w.-])(?:/${inside}*)?)|(?:~[\\w-]*|\\.\\.)/${inside}*)`,
  'g',
);
const quoted = /(["'`])((?:\.{0,2}\/)?[\w@.+-]+(?:\/[\w@.+-]+)*)\1/g;
const source = /\b(?:from|join|into|to|copy|attach|database|table|using)\b\s*\(?\s*(["'])([^"']+)\1/gi;

/** Whether a word may hold paths and commands between quotes, brackets or blanks. */
export function isText(value: string): boolean {
  return value.length > 2 && /[\s"'`(){}<>|&;![\]]/.test(value);
}

/** Gives what inside of a text is plainly a path: one to a system directory, upwards or home, or a quoted one with a slash or dot in front. */
export function pathsInText(text: string): readonly string[] {
  const found: string[] = [];
  for (const [, path] of text.matchAll(systemPath)) if (path !== undefined) found.push(path);
  for (const [, , path = ''] of text.matchAll(quoted)) {
    if (path.includes('/') || path.startsWith('.') || protectedNames.includes(path)) found.push(path);
  }
  return found;
}

// A setting of a database may name a file or directory; so does what it lists.
const setting = /(?:^|;)\s*(?:set|pragma)\s+[\w.\s]*?(?:=|\bto\b)\s*(["'])([^"']*[./][^"']*)\1/gi;
const listing = /\bglob\s*\(\s*(["'])([^"']+)\1/gi;

/** Gives what a database query names as a file to read from or write to. */
export function pathsInQuery(query: string): readonly string[] {
  // A comment may stand between the two words; what looks like one may stand in a string.
  const block = query.replace(/\/\*[^]*?(?:\*\/|$)/g, ' ');
  const line = /(?:--|#)[^\n]*/g;
  const readings = new Set([query, block, query.replace(line, ' '), block.replace(line, ' ')]);
  const found = new Set<string>();
  for (const reading of readings)
    for (const pattern of [source, setting, listing])
      for (const [, , path = ''] of reading.matchAll(pattern)) found.add(path);
  return [...found];
}
