import { posix } from 'node:path';
import { hasOption, type ArgumentRule } from './argument-rule.js';

const isEverything = (value: string): boolean => /^(?:[./*]+|:\/?|:\(top\).*)$/.test(posix.normalize(value));

/** Rules over the forms in which git discards commits, or the work of a whole tree. */
export const gitRules: readonly ArgumentRule[] = [
  {
    programs: /^git read-tree$/,
    argument: (value) => /^(?:-u|--reset)$/.test(value),
    rule: 'shell.destructive.git',
  },
  {
    programs: /^git hash-object$/,
    argument: (value) => value.startsWith('--stdin-p'),
    rule: 'shell.workspace.list',
  },
  {
    programs: /^git push$/,
    argument: (value, index) => index > 0 && /^(?:\+|:.)/.test(value),
    rule: 'shell.destructive.git',
  },
  { programs: /^git checkout$/, argument: (value) => isEverything(value), rule: 'shell.destructive.git' },
  {
    programs: /^git restore$/,
    argument: (value, _index, all) =>
      isEverything(value) &&
      (!hasOption(all, /^(?:-[A-Za-z]*S|--staged)/) || hasOption(all, /^(?:-[A-Za-z]*W|--worktree)/)),
    rule: 'shell.destructive.git',
  },
  {
    programs: /^git (?:rm|restore|checkout)$/,
    argument: (value, _index, all) =>
      (/^:[!^(/]|^(?!-)[^:]*[*?[]/.test(value) || /^--pathspec-f[rom-]*/.test(value)) &&
      !hasOption(all, /^--cached$/) &&
      (!hasOption(all, /^(?:-[A-Za-z]*S|--staged)/) || hasOption(all, /^(?:-[A-Za-z]*W|--worktree)/)),
    rule: 'shell.destructive.git',
  },
  {
    programs: /^git rm$/,
    argument: (value, _index, all) =>
      (/^-[A-Za-z]*r/.test(value) || isEverything(value)) && !hasOption(all, /^--cached$/),
    rule: 'shell.destructive.git',
  },
  {
    programs: /^git reflog$/,
    argument: (value) => /^(?:expire|delete)$/.test(value),
    rule: 'shell.destructive.git',
  },
  {
    programs: /^git (?:gc|prune)$/,
    argument: (value) =>
      /^(?:now|all)$|^--(?:p[a-z]*|e[a-z]*)=(?!(?:never|false|\d+\.(?:week|month|year)s?(?:\.ago)?)$)/.test(
        value,
      ),
    rule: 'shell.destructive.git',
  },
  {
    programs: /^git submodule$/,
    argument: (value, _index, all) => value === 'deinit' && hasOption(all, /^(?:-[A-Za-z]*f|--f)/),
    rule: 'shell.destructive.git',
  },
  {
    programs: /^git update-ref$/,
    argument: (value) => /^(?:-d|--delete|--stdin|0{40}|0{64}|refs\/heads\/.*)$/.test(value),
    rule: 'shell.destructive.git',
  },
  {
    programs: /^git init$/,
    argument: (value, index, all) =>
      /^--sh[ared]*=0?\d*[2367]$/.test(value) ||
      (/^--sh[ared]*$/.test(all[index - 1]?.value ?? '') && /^0?\d*[2367]$/.test(value)),
    rule: 'shell.destructive.mode',
  },
];
