import { shellRules, type ShellLayer, type ShellRuleId } from '../rules/catalogue.js';
import { ShellCommandPolicy } from '../shell-command-policy.js';
import { buildFixture, readCorpus, readLines } from './corpus.js';

const layers: Readonly<Record<ShellLayer, string>> = {
  syntax: 'Layer 1: syntax',
  'deny-rule': 'Layer 2: deny rules',
  workspace: 'Layer 3: workspace',
  confiner: 'Confiner',
  policy: 'The policy itself',
};

const cell = (text: string): string => text.replaceAll('|', '\\|');

// A command of one line without characters that a reader cannot see, the shortest first.
const showable = (command: string): boolean => /^[\x20-\x7e]{1,60}$/.test(command) && !command.includes('`');

/** Gives the page of all rules, each with a command of the test vectors that it decides about. */
export function renderRulesPage(): string {
  const examples = findExamples();
  const parts = [
    '# Rules of @clawforce/policy-shell',
    'Generated from `src/rules/catalogue.ts` by `npm run rules -w @clawforce/policy-shell`; a test compares both. Ids are stable.',
    '`{}` stands for the offending text. The example is a command of the test vectors that the rule decides about.',
  ];
  for (const [layer, title] of Object.entries(layers)) {
    const rows = Object.entries(shellRules)
      .filter(([, rule]) => rule.layer === layer)
      .map(([id, { effect, reason, hint }]) => {
        const example = examples.get(id as ShellRuleId);
        const shown = example === undefined ? '' : `\`${cell(example)}\``;
        return `| \`${id}\` | ${effect} | ${cell(reason)} | ${cell(hint ?? '')} | ${shown} |`;
      });
    parts.push(
      `## ${title}`,
      ['| Rule | Answer | Reason | Hint | Example |', '| --- | --- | --- | --- | --- |', ...rows].join('\n'),
    );
  }
  return `${parts.join('\n\n')}\n`;
}

/** Gives for each rule the shortest command of the vectors, in strict mode, that it decides about. */
export function findExamples(): Map<ShellRuleId, string> {
  const fixture = buildFixture();
  try {
    const policy = new ShellCommandPolicy({ workspace: fixture.workspace });
    const commands = [
      ...readCorpus(fixture.workspace).map(({ cmd }) => cmd),
      ...readLines('attacks.txt', fixture.workspace),
      ...readLines('daily.txt', fixture.workspace),
    ].filter((command) => showable(command) && !command.includes(fixture.workspace));
    const found = new Map<ShellRuleId, string>();
    for (const command of commands.sort((a, b) => a.length - b.length || (a < b ? -1 : 1))) {
      const { rule } = policy.check(command);
      if (!found.has(rule)) found.set(rule, command);
    }
    return found;
  } finally {
    fixture.remove();
  }
}
