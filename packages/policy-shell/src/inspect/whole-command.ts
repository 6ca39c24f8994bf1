import type { ShellRuleId } from '../rules/catalogue.js';
import type { Token } from '../rules/finding.js';
import { isHarmlessGitSetting } from '../scanners/git-values.js';
import type { Inspection } from './inspection.js';
import { inspectLink } from './links.js';

// Spellings that a grammar of options and operands does not cover.
const rules: readonly {
  programs: RegExp;
  argument: (value: string, index: number) => boolean;
  rule: ShellRuleId;
}[] = [
  // The old form `tar xIf …`: the first word is a cluster without a dash.
  {
    programs: /tar$/,
    argument: (value, index) => index === 0 && /^[A-Za-z]*[IFP]/.test(value),
    rule: 'shell.exec.option',
  },
  { programs: /^rustc$/, argument: (value) => /^(?:-C)?linker/.test(value), rule: 'shell.exec.option' },
  { programs: /^javac?$/, argument: (value) => value.startsWith('@'), rule: 'shell.exec.option' },
  { programs: /^hostname$/, argument: (value) => !value.startsWith('-'), rule: 'shell.program.system' },
];

// Every program that is named here.
const special = /(?:tar|^rustc|^javac?|^hostname|^nc|^ln|^link|^git (?:config|clean))$/;

/** Judges what only the arguments of a command together show. `name` is the program and, where it has one, its sub-command. */
export function inspectWholeCommand(
  name: string,
  args: readonly Token[],
  into: Inspection,
  token: Token,
): void {
  if (!special.test(name)) return;
  for (const { programs, argument, rule } of rules) {
    if (!programs.test(name)) continue;
    const found = args.find(({ value }, index) => argument(value, index));
    if (found) into.object(rule, found, `${name} ${found.value}`);
  }
  const some = (pattern: RegExp): boolean => args.some(({ value }) => pattern.test(value));
  if (name === 'nc' && !some(/^-[a-z]*z/)) into.object('shell.program.network', token, name);
  if (name === 'ln' || name === 'link') inspectLink(args, into);
  if (name === 'git config') inspectGitConfig(args, into);
  if (name === 'git clean' && !some(/^(?:-[a-z]*n|--dry-run$)/)) {
    into.object('shell.destructive.git', token, name);
  }
}

// Reading is harmless; writing is limited to keys that cannot make git run anything.
function inspectGitConfig(args: readonly Token[], into: Inspection): void {
  const operands = args.filter(({ value }) => !value.startsWith('-'));
  const [key] = operands;
  if (!key || args.some(({ value }) => /^--(?:get|list$)/.test(value))) return;
  const writes = operands.length > 1 || args.some(({ value }) => value.startsWith('--unset'));
  if (writes && !isHarmlessGitSetting(key.value)) into.object('shell.exec.config', key);
}
