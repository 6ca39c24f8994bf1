import type { ShellRuleId } from '../rules/catalogue.js';
import type { ArgumentRule } from './argument-rule.js';

/** The commands that run Maven: itself, its wrapper, its daemon, and the forms that debug and profile it. */
const programs = /^mvn(?:[wd]|Debug|yjp)?$/;

// Plug-ins by every name they have, with the goals that do more than build.
const refusedGoals: readonly { plugin: string; goals: string; rule: ShellRuleId }[] = [
  { plugin: 'exec(?:-maven-plugin)?', goals: 'exec|java', rule: 'shell.exec.option' },
  {
    plugin: '(?:groovy|gmaven|gmavenplus|gplus)(?:-maven)?(?:-plugin)?',
    goals: 'execute|console|shell',
    rule: 'shell.exec.option',
  },
  { plugin: '(?:maven-)?antrun(?:-plugin)?', goals: 'run', rule: 'shell.exec.option' },
  { plugin: '(?:maven-)?dependency(?:-plugin)?', goals: 'get', rule: 'shell.exec.option' },
  {
    plugin: '(?:maven-)?(?:deploy|site)(?:-plugin)?',
    goals: 'deploy(?:-file)?',
    rule: 'shell.destructive.remote',
  },
  { plugin: '(?:maven-)?release(?:-plugin)?', goals: 'perform', rule: 'shell.destructive.remote' },
  { plugin: '(?:maven-)?help(?:-plugin)?', goals: 'system|effective-settings', rule: 'shell.env.dump' },
];

// Phases that carry what was built to a server.
const publishes = /^(?:site-)?deploy$/;

// Maven drops empty parts between colons (`exec::exec`).
const readGoal = (value: string): string => value.replace(/:{2,}/g, ':').replace(/^:|:(?=@|$)/g, '');

/** Rules over the goals and properties of Maven. A goal carries the version of its plug-in or its whole name: `exec:3.0.0:exec`. */
export const mavenRules: readonly ArgumentRule[] = [
  ...refusedGoals.map(({ plugin, goals, rule }) => {
    const goal = new RegExp(`(?:^|:)${plugin}(?::[\\w.-]+)?:(?:${goals})(?:@[\\w.-]+)?$`);
    return { programs, argument: (value: string) => goal.test(readGoal(value)), rule };
  }),
  { programs, argument: (value) => publishes.test(readGoal(value)), rule: 'shell.destructive.remote' },
  { programs, argument: (value) => /scm:\w+[:|]\w+::/.test(value), rule: 'shell.exec.option' },
  {
    programs,
    argument: (value) => {
      const [, name = '', setting = ''] = /^(?:-D\s*)?([\w.]+)=(.*)$/s.exec(value) ?? [];
      return /(?:distributionUrl|archetypeCatalog$|repo)/i.test(name) && /[a-z]:\/\//i.test(setting);
    },
    rule: 'shell.fetch.source',
  },
  // `help:evaluate` prints one value, or everything that begins with a name.
  {
    programs,
    argument: (value) => /^(?:-D\s*)?expression=(?:\$\{)?(?:env|settings)\b/.test(value),
    rule: 'shell.env.dump',
  },
];
