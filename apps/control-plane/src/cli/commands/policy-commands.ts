import type { Argv } from 'yargs';
import { EXIT_CODES } from '../exit-codes.js';
import { findAgent } from '../find-agent.js';
import { safeText } from '../safe-text.js';
import type { DecisionShape } from '../shapes.js';
import { UsageError } from '../usage-error.js';
import type { RunVerb } from './agent-commands.js';

/** The argument that `--input` fills, by tool. */
const MAIN_ARGUMENT: Readonly<Record<string, string>> = {
  exec: 'command',
  read_file: 'path',
  write_file: 'path',
  edit_file: 'path',
  list_dir: 'path',
  workspace_tree: 'root',
  web_fetch: 'url',
  message: 'content',
};

/** Arguments that a tool cannot do without, besides the main one. */
const FILLERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  write_file: { content: '' },
  edit_file: { old_text: 'a', new_text: 'b' },
};

/** `clawforce policy …` */
export function policyCommands(parent: Argv, run: RunVerb): Argv {
  return parent
    .command(
      'test <id>',
      'Ask the gate about a tool call without running it',
      (y) =>
        y
          .positional('id', { type: 'string', demandOption: true, describe: 'Agent' })
          .option('tool', {
            alias: 't',
            choices: Object.keys(MAIN_ARGUMENT),
            requiresArg: true,
            default: 'exec',
            describe: 'What would be called',
          })
          .option('input', {
            alias: 'i',
            type: 'string',
            requiresArg: true,
            demandOption: true,
            describe: "The tool's main argument: a command, path or URL",
          })
          .example(`$0 policy test my-agent --tool exec --input 'rm -rf x'`, 'What happens to a command'),
      ({ id, tool, input, ...argv }) =>
        run(argv, async ({ client, output }) => {
          const name = MAIN_ARGUMENT[tool];
          if (name === undefined) throw new UsageError(`--tool: --input is not known for ${tool}.`);
          const agent = await findAgent(client, id);
          const answer = (await client.call('POST', `/api/agents/${agent.id}/policy/test`, {
            tool,
            args: { ...FILLERS[tool], [name]: input },
          })) as { decision: DecisionShape; judged_by: string };
          const { decision } = answer;
          output.result(answer);
          const style = decision.effect === 'allow' ? 'green' : decision.effect === 'ask' ? 'yellow' : 'red';
          output.line(`${output.color(style, decision.effect.toUpperCase())}  ${decision.rule}`);
          output.line(safeText(decision.reason));
          if (decision.hint) output.line(`Hint: ${safeText(decision.hint)}`);
          output.table(
            ['layer', 'rule', 'effect', 'note'],
            decision.trace.map((step) => [step.layer, step.rule, step.effect, step.note ?? '']),
          );
          output.line(output.color('dim', `Judged by the ${answer.judged_by}.`));
          return decision.effect === 'allow'
            ? EXIT_CODES.ok
            : decision.effect === 'ask'
              ? EXIT_CODES.ask
              : EXIT_CODES.failed;
        }),
    )
    .demandCommand(1, 'Name a verb: test.');
}
