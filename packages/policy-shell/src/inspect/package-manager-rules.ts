import type { ArgumentRule } from './argument-rule.js';

/** The programs that {@link packageManagerRules} speak of. */
export const packageManagerTools = /^(?:npm|pnpm|yarn|yarnpkg|bun|swc|babel|rollup|nx|lerna)$/;

const isPlace = (value: string): boolean => /^\.{0,2}(?:\/|$)/.test(value);
const usualOutput = /^(?:\.\/)?(?:[\w-]+\/)*(?:dist|build|lib|out|output|es|esm|cjs|public)[\w-]*\/?$/;

/** Rules over the arguments of package managers and builders of JavaScript. */
export const packageManagerRules: readonly ArgumentRule[] = [
  // Where the packages of a scope come from, or with which token.
  {
    programs: /^(?:npm|pnpm|yarn|bun)(?: .+)?$/,
    argument: (value) => /^--?(?:@[\w.-]+:|\/\/)/.test(value),
    rule: 'shell.fetch.source',
  },
  // npm reads one dash before a long name as two.
  {
    programs: /^npm(?: .+)?$/,
    argument: (value) => /^-(?:script-shell|node-options|shell|editor|git|viewer|browser)(?:=|$)/.test(value),
    rule: 'shell.exec.option',
  },
  {
    programs: /^npm(?: .+)?$/,
    argument: (value) => /^-(?:registry|proxy|https-proxy)(?:=|$)/.test(value),
    rule: 'shell.fetch.source',
  },
  {
    programs: /^npm(?: .+)?$/,
    argument: (value) => /^-(?:global|location)(?:=|$)/.test(value),
    rule: 'shell.fetch.system',
  },
  // Commands for a shell.
  { programs: /^rollup$/, argument: (value) => /^--watch\.on/.test(value), rule: 'shell.exec.option' },
  // Any setting at all.
  { programs: /^pnpm(?: .+)?$/, argument: (value) => /^--config\./.test(value), rule: 'shell.exec.config' },
  // By a name it is the packages of the user that are linked, or installed there.
  {
    programs: /^(?:npm|pnpm|yarn|bun) (?:link|ln)$/,
    argument: (value) => !value.startsWith('-') && !isPlace(value),
    rule: 'shell.fetch.system',
  },
  // Without a key all settings are told.
  {
    programs: /^(?:npm|pnpm|yarn) (?:config|c)$/,
    argument: (value, _index, all) =>
      value === 'get' && all.filter((word) => !word.value.startsWith('-')).length === 1,
    rule: 'shell.secret.read',
  },
  {
    programs: /^(?:swc|babel)$/,
    argument: (value, _index, all) =>
      value === '--delete-dir-on-start' &&
      all.some(
        (word, at) => /^(?:-d|--out-dir)$/.test(all[at - 1]?.value ?? '') && !usualOutput.test(word.value),
      ),
    rule: 'shell.destructive.remove',
  },
  {
    programs: /^(?:nx|lerna)(?: .+)?$/,
    argument: (value) => /(?:^|[:=,])nx-release-publish(?:$|,)/.test(value),
    rule: 'shell.destructive.remote',
  },
];
