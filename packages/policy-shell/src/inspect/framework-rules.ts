import { isBeginning } from '../profiles/is-beginning.js';
import type { ArgumentRule } from './argument-rule.js';

/** Rules over the tasks that frameworks offer through a script of the project (`manage.py`, `artisan`), and over their settings. */
export const frameworkRules: readonly ArgumentRule[] = [
  {
    programs: /^python[\d.]*$/,
    argument: (value, _index, all) =>
      /^(?:flush|reset_db|sqlflush|delete_squashed_migrations)$/.test(value) &&
      /(?:^|\/)manage\.py$/.test(all[0]?.value ?? ''),
    rule: 'shell.destructive.remote',
  },
  {
    programs: /^php$/,
    argument: (value) => /^doctrine:(?:database:drop|schema:drop|mongodb:schema:drop)$/.test(value),
    rule: 'shell.destructive.remote',
  },
  {
    programs: /^php$/,
    argument: (value, _index, all) =>
      ['migrate:fresh', 'migrate:refresh', 'migrate:reset', 'db:wipe'].some((task) =>
        isBeginning(value, task),
      ) && /(?:^|\/)artisan$/.test(all[0]?.value ?? ''),
    rule: 'shell.destructive.remote',
  },
  // Consoles that scripts of a project offer under these names.
  {
    programs: /^php$/,
    argument: (value, _index, all) =>
      value.length > 1 && isBeginning(value, 'tinker') && /(?:^|\/)artisan$/.test(all[0]?.value ?? ''),
    rule: 'shell.program.code-runner',
  },
  {
    programs: /^python[\d.]*$/,
    argument: (value, _index, all) =>
      /^(?:shell|shell_plus|dbshell)$/.test(value) && /(?:^|\/)manage\.py$/.test(all[0]?.value ?? ''),
    rule: 'shell.program.code-runner',
  },
  // Options of its own as the value of a setting.
  {
    programs: /^(?:pytest|py\.test)$/,
    argument: (value) => /addopts\s*=/.test(value),
    rule: 'shell.exec.config',
  },
  {
    programs: /^python[\d.]*$/,
    argument: (value, index, all) =>
      (/^--te[a-z]*=[a-z+]+:/.test(value) ||
        (/^--te[a-z]*$/.test(all[index - 1]?.value ?? '') && /^[a-z+]+:/.test(value))) &&
      /(?:^|\/)manage\.py$/.test(all[0]?.value ?? ''),
    rule: 'shell.fetch.source',
  },
];
