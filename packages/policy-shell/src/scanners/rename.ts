import { protectedNames } from '../path/workspace-paths.js';

// Functions of Perl that act on the name at hand without being told: `rename unlink a.txt`.
const acting =
  /^(?:unlink|rmdir|mkdir|require|do|eval|evalbytes|chroot|readpipe|exec|system|dump|fork|kill|chdir|exit|die|glob|lstat|stat|readlink|wait|sleep|reset)(?:$| )/;
// A substitution or a transliteration in one of the usual delimiters, and the flags that do not evaluate.
const edit = /^(?:(s)|y|tr)([/|,#!:])((?:(?!\2)[^\\]|\\[^])*)\2((?:(?!\2)[^\\]|\\[^])*)\2[gimscdrx]*$/;
// Code inside of a pattern, variables other than groups, and what calls.
const evaluated = /\(\?\??[{p]|\(\*|@|`|\$(?![\d&)|]|$)/i;

/**
 * Gives what an expression of Perl's `rename` does beyond renaming in place, or `undefined`. It is evaluated for each name, so only
 * plain edits pass, and the plain text that the `rename` of util-linux takes in this place.
 */
export function riskyRename(expression: string): string | undefined {
  if (/^[\w.+ -]*$/.test(expression)) return acting.exec(expression.trim())?.[0];
  for (const statement of expression.split(';').map((part) => part.trim())) {
    if (statement === '') continue;
    const [, , , pattern = '', replacement = ''] = edit.exec(statement) ?? [];
    if (!edit.test(statement)) return 'code';
    if (evaluated.test(pattern) || evaluated.test(replacement)) return 'an expression inside of a pattern';
    if (replacement.includes('/')) return 'a name in another directory';
    const name = replacement.toLowerCase();
    if (protectedNames.some((known) => name.includes(known))) return 'a protected name';
  }
  return undefined;
}
