import { protectedNames } from '../path/workspace-paths.js';

// Words of Perl that act on the name at hand without being told (`rename unlink a.txt`), or that quote what stands behind them in
// any sign: `qx -id-` runs it, and `s -x-.-` is an edit.
const acting =
  /(?:^|\W)(unlink|rmdir|mkdir|require|use|do|eval|evalbytes|chroot|readpipe|exec|system|dump|fork|kill|chdir|exit|die|glob|lstat|stat|readlink|wait|sleep|reset|chop|chomp|no|syscall|s|y|tr|m|q|qq|qw|qx|qr)(?:\W|$)/;
// A substitution or a transliteration in one of the usual delimiters, and the flags that do not evaluate.
const edit = /^(s|y|tr)([/|,#!:])((?:(?!\2)[^\\]|\\[^])*)\2((?:(?!\2)[^\\]|\\[^])*)\2([gimscdrx]*)$/;
// Code inside of a pattern, variables other than groups, and what calls.
const evaluated = /\(\?\??[{p]|\(\*|@|`|\$(?![\d&)|]|$)/i;
const plainText = /^[\w.+ -]*$/;

const statementsOf = (expression: string): string[] =>
  expression
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '');

/**
 * Gives what an expression of Perl's `rename` does beyond renaming in place, or `undefined`. It is evaluated for each name, so only
 * plain edits pass, and the plain text that the `rename` of util-linux takes in this place.
 */
export function riskyRename(expression: string): string | undefined {
  if (plainText.test(expression)) return acting.exec(expression)?.[1];
  for (const statement of statementsOf(expression)) {
    const [, , , pattern = '', replacement = ''] = edit.exec(statement) ?? [];
    if (!edit.test(statement)) return 'code';
    if (evaluated.test(pattern) || evaluated.test(replacement)) return 'an expression inside of a pattern';
    if (replacement.includes('/')) return 'a name in another directory';
    const name = replacement.toLowerCase();
    if (protectedNames.some((known) => name.includes(known))) return 'a protected name';
  }
  return undefined;
}

// What means the same to Perl and to JavaScript for a name in ASCII. A group that is repeated keeps other text in each of them.
const escape = String.raw`\\[dDwWsSb.\-+*?()[\]{}|^$/ _=,]`;
const sharedPattern = new RegExp(
  String.raw`^(?:[\w .,=%~<>"&!:#'/-]|${escape}|\((?!\?)|\(\?:|\)(?![*+{])|[*+?^|]|\{\d+(?:,\d*)?\}|\$(?=$|[)|])|\[\^?(?:[\w .,=%~<>"&!:#'()+*?/-]|${escape})+\])+$`,
);
const sharedReplacement = /^(?:[\w .,=%~+!"&()^#<>*?|-]|[$\\][1-9](?!\d)|\$&|\\[.\-+_ =,LUElu])*$/;
const sharedList = /^(?:[\w .,=%~+!:#'"&()^<>*?|[\]{}-]|\\[-.])*$/;
const caseMark = /\\[LUElu]/;
// Ways to match that a pattern may have for one name: they are tried by this policy.
const mostWays = 1_000_000;
const longestPath = 4096;
const mostMade = 1_000_000;

/** Whether a text that is put into a name, once for each letter of it, makes more than any system takes for a path. */
export const growsTooLong = (name: string, text: string): boolean =>
  name.length > longestPath || (name.length + 1) * text.length > mostMade;

type Change = (name: string) => string | undefined;

/**
 * Gives the name that an expression of Perl's `rename` makes of another, its letters in the case they happen to have; or `undefined`
 * where that is not computed here.
 */
export function renamedBy(expression: string, name: string): string | undefined {
  if (plainText.test(expression)) return name;
  let made: string | undefined = name;
  const statements = statementsOf(expression);
  for (const [at, statement] of statements.entries()) {
    // What comes behind it heeds the case.
    if (caseMark.test(statement) && at < statements.length - 1) return undefined;
    made = /^[\x20-\x7e]*$/.test(made) ? changeOf(statement)?.(made) : undefined;
    if (made === undefined) return undefined;
  }
  return made;
}

function changeOf(statement: string): Change | undefined {
  const [, kind, delimiter = '/', pattern = '', replacement = '', flags = ''] = edit.exec(statement) ?? [];
  // What an escaped delimiter means besides depends on the sign.
  if (kind === undefined || (delimiter !== '/' && `${pattern}${replacement}`.includes(`\\${delimiter}`)))
    return undefined;
  return kind === 's'
    ? substitution(pattern, replacement, flags)
    : transliteration(pattern, replacement, flags);
}

function substitution(pattern: string, replacement: string, flags: string): Change | undefined {
  if (!/^[gims]*$/.test(flags) || !sharedPattern.test(pattern) || !sharedReplacement.test(replacement))
    return undefined;
  let matcher: RegExp;
  try {
    matcher = new RegExp(pattern, `${flags.includes('g') ? 'g' : ''}${flags.includes('i') ? 'i' : ''}`);
  } catch {
    return undefined;
  }
  return (name) =>
    growsTooLong(name, replacement) || waysToMatch(pattern, name.length) > mostWays
      ? undefined
      : name.replace(matcher, (...found: unknown[]) =>
          // Names are compared without their case.
          replacement.replace(/\\[LUElu]|[$\\]([1-9&])|\\(.)/g, (_mark, group?: string, literal?: string) => {
            if (literal !== undefined) return literal;
            const at = group === '&' ? 0 : Number(group);
            const value = at < found.length - 2 ? found[at] : undefined;
            return typeof value === 'string' ? value : '';
          }),
        );
}

// No group is repeated, so each quantifier ends at or behind the one before it.
function waysToMatch(pattern: string, length: number): number {
  const count = (signs: RegExp): number => (pattern.match(signs) ?? []).length;
  let ways = 2 ** count(/[?|]/g);
  for (let at = 1; at <= count(/[*+{]/g); at++) ways *= (length + at) / at;
  return pattern.startsWith('^') && !pattern.includes('|') ? ways : ways * (length + 1);
}

function transliteration(from: string, to: string, flags: string): Change | undefined {
  const before = charactersOf(from);
  const after = to === '' && flags === '' ? before : charactersOf(to);
  if (!/^d?$/.test(flags) || !before || !after) return undefined;
  return (name) =>
    name.replace(/[^]/g, (character) => {
      const at = before.indexOf(character);
      if (at < 0) return character;
      return after[at] ?? (flags === 'd' ? '' : (after.at(-1) ?? character));
    });
}

function charactersOf(list: string): readonly string[] | undefined {
  if (!sharedList.test(list)) return undefined;
  const characters: string[] = [];
  const parts = list.match(/\\.|[^\\]/g) ?? [];
  for (let at = 0; at < parts.length; at++) {
    const first = (parts[at] ?? '').slice(-1);
    const last = parts[at + 1] === '-' ? parts[at + 2]?.slice(-1) : undefined;
    if (last === undefined) {
      characters.push(first);
      continue;
    }
    at += 2;
    for (let code = first.charCodeAt(0); code <= last.charCodeAt(0); code++)
      characters.push(String.fromCharCode(code));
  }
  return characters;
}
