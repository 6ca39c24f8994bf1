import type { Token } from '../rules/finding.js';
import type { Inspection } from './inspection.js';
import { resolvePath } from '../path/resolve-path.js';
import { addBase } from './value-roles.js';
import { recordPossiblePaths } from './possible-paths.js';

// Programs whose appearance in the arguments of an unknown program means: that program starts them.
const startable =
  /^(?:(?:ba|da|z|k|mk|a|fi|c|tc)?sh|busybox|toybox|sudo|doas|su|env|printenv|xargs|rm|dd|shred|mkfs[\w.]*|reboot|shutdown|poweroff|halt|chroot|nsenter|unshare|eval|exec)$/;

const codeOption =
  /^(?:-[ceExr]|--?(?:[a-z]+-)*(?:hook|pager|editor|interpreter|launcher|wrapper|bin|binary|program|cmd|command|exec|script)|--?(?:eval|exec|execute|command|cmd|run|script|shell|batch-string|init-script|code|expression|load|require|plugin|preload|call))$/;

// What usually makes a tool read its words from another directory.
const entersDirectory = /^(?:-C|--?(?:cwd|chdir|directory|dir|prefix|root|work(?:ing)?-?dir(?:ectory)?))$/;

/**
 * Judges a program without a profile: every word may be a path, options that usually carry code ask, and a shell or
 * remover among the words is judged as the command it would be.
 */
export function inspectUnknownProgram(
  name: string,
  args: readonly Token[],
  into: Inspection,
  inspectNested: (words: readonly Token[], into: Inspection) => void,
): void {
  for (const [index, token] of args.entries()) {
    const { value } = token;
    recordPossiblePaths(token, 'any', into);
    // Most tools read more words from such a file; where there is none it is a name (`@scope/package`).
    if (value.startsWith('@') && isThere(value.slice(1), into)) into.object('shell.workspace.list', token);
    const base = value.slice(value.lastIndexOf('/') + 1);
    if (startable.test(base)) inspectNested(args.slice(index), into);
    const equals = value.indexOf('=');
    const option = equals > 0 ? value.slice(0, equals) : value;
    if (entersDirectory.test(option)) {
      const directory = equals > 0 ? value.slice(equals + 1) : args[index + 1]?.value;
      if (directory) addBase({ value: directory, span: token.span }, 'any', into);
    }
    if (!codeOption.test(option)) continue;
    const code = equals > 0 ? value.slice(equals + 1) : (args[index + 1]?.value ?? '');
    if (!/^(?:-.*|[\w@%+-]*[./][\w./@%+-]*|[\d,]*)$/.test(code)) {
      into.object('shell.program.unknown-code-option', token, `${name} ${option}`);
    }
  }
}

function isThere(path: string, { view }: Inspection): boolean {
  const found = path === '' ? undefined : resolvePath(view.realCwd, path);
  return found?.ok === true && found.exists;
}
