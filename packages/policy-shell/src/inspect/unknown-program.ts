import type { Token } from '../rules/finding.js';
import type { Inspection } from './inspection.js';
import { resolvePath } from '../path/resolve-path.js';
import { isStartable, namesProgram } from '../scanners/startable.js';
import { addBase } from './value-roles.js';
import { recordPossiblePaths } from './possible-paths.js';

// What a program that nobody knows would run or load.
const remoteCode =
  /^(?:-[\w-]+=)?(?:https?|ftp):\/\/\S+\.(?:py|ipynb|[cm]?[jt]s|sh|rb|lua|pl|groovy|scala|sc|kts?|java|jar|wasm|nix)(?:[?#].*)?$/i;

const codeOption =
  /^(?:-[ceExr]|--?(?:[a-z]+-)*(?:hook|pager|editor|interpreter|launcher|wrapper|bin|binary|program|cmd|command|exec|script)|--?(?:eval|exec|execute|command|cmd|run|script|shell|batch-string|init-script|code|expression|load|require|plugin|preload|call))$/;

// What a tool of any kind calls it to bring the work of a project to where others take it from; a script of the project may be called like that.
const publishes = /^(?:publish|unpublish|deploy|yank)$/;

// What usually makes a tool read its words from another directory.
const entersDirectory = /^(?:-C|--?(?:cwd|chdir|directory|dir|prefix|root|work(?:ing)?-?dir(?:ectory)?))$/;

/**
 * Judges a program without a profile: every word may be a path, options that usually carry code ask, and a shell or
 * remover among the words is judged as the command it would be.
 */
export function inspectUnknownProgram(
  name: string,
  args: readonly Token[],
  system: boolean,
  into: Inspection,
  inspectNested: (words: readonly Token[], into: Inspection) => void,
): void {
  const [first] = args;
  if (first && system && publishes.test(first.value))
    into.object('shell.destructive.remote', first, `${name} ${first.value}`);
  for (const [index, token] of args.entries()) {
    const { value } = token;
    recordPossiblePaths(token, 'any', into);
    if (value.includes('://') && remoteCode.test(value)) into.object('shell.fetch.source', token);
    // Most tools read more words from such a file; where there is none it is a name (`@scope/package`).
    if (value.startsWith('@') && isThere(value.slice(1), into)) into.object('shell.workspace.list', token);
    if (namesProgram(value)) into.object('shell.exec.option', token);
    if (isStartable(value)) inspectNested(args.slice(index), into);
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
