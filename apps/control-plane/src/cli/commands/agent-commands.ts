import { formatDistanceToNowStrict } from 'date-fns';
import type { Argv } from 'yargs';
import type { Verb } from '../context.js';
import { EXIT_CODES } from '../exit-codes.js';
import { allAgents, findAgent } from '../find-agent.js';
import { numberOption } from '../number-option.js';
import { requireServer } from '../require-server.js';
import { safeText } from '../safe-text.js';
import { sendMessage } from '../send-message.js';
import type { AgentShape } from '../shapes.js';
import { showActivity, showOutput } from '../show-logs.js';
import { startAgent } from '../start-agent.js';
import { UsageError } from '../usage-error.js';

/** Runs a verb of the command line; the exit code becomes the process's. */
export type RunVerb = (flags: object, verb: Verb) => Promise<void>;

/** What the server gives in one answer. */
const MOST_EVENTS = 200;
const MOST_LINES = 2000;

const id = { type: 'string', demandOption: true, describe: 'Id, beginning of an id, or name' } as const;

/** `clawforce agent …` */
export function agentCommands(parent: Argv, run: RunVerb): Argv {
  return parent
    .command('list', 'List agents', {}, (argv) =>
      run(argv, async ({ client, output }) => {
        const agents = await allAgents(client);
        output.result(agents);
        if (agents.length === 0)
          output.line('There are no agents yet. Create one: clawforce agent create --name my-agent');
        else {
          output.table(
            ['id', 'name', 'status', 'since', 'level', 'owner'],
            agents.map((agent) => [
              agent.id,
              agent.name,
              agent.status,
              ago(agent.since),
              agent.level,
              agent.owner?.username ?? '-',
            ]),
          );
        }
        return undefined;
      }),
    )
    .command(
      'create',
      'Create an agent',
      (y) =>
        y
          .option('name', {
            alias: 'n',
            type: 'string',
            requiresArg: true,
            demandOption: true,
            describe: 'Name for people',
          })
          .option('mode', {
            choices: ['docker', 'process'] as const,
            requiresArg: true,
            describe: 'Backend; the active one by default',
          })
          .option('description', { type: 'string', requiresArg: true, describe: 'What it is for' }),
      ({ name, mode, description, ...argv }) =>
        run(argv, async ({ client, output }) => {
          const agent = (await client.call('POST', '/api/agents', {
            name,
            ...(mode ? { mode } : {}),
            ...(description ? { description } : {}),
          })) as AgentShape;
          output.result(agent);
          output.line(`Created ${safeText(agent.name)}: ${agent.id}`);
          output.line(
            `Next: give it a model (PUT /api/agents/${agent.id}/config), then clawforce agent start ${agent.id.slice(0, 8)}`,
          );
          return undefined;
        }),
    )
    .command(
      'show <id>',
      'Show an agent',
      (y) => y.positional('id', id),
      ({ id: wanted, ...argv }) =>
        run(argv, async ({ client, output }) => {
          const agent = await findAgent(client, wanted);
          output.result(agent);
          output.table(
            ['field', 'value'],
            [
              ['id', agent.id],
              ['name', agent.name],
              ['description', agent.description || '-'],
              ['status', `${agent.status} (wanted: ${agent.desired}) since ${ago(agent.since)}`],
              ['reason', agent.reason ?? '-'],
              ['backend', agent.mode],
              ['level', `${agent.level}, attested: ${agent.attested}`],
              ['image', imageText(agent)],
              ['owner', agent.owner?.username ?? 'nobody (superadmins only)'],
              ['created', agent.created_at],
            ],
          );
          return undefined;
        }),
    )
    .command(
      'start <id>',
      'Start an agent and wait until it runs',
      (y) =>
        y
          .positional('id', id)
          .option('wait', {
            type: 'boolean',
            default: true,
            describe: 'Wait until it runs; --no-wait comes back at once',
          })
          .option(
            'timeout',
            numberOption('timeout', {
              min: 1,
              max: 86_400,
              default: 120,
              describe: 'Seconds to wait; the start goes on behind them',
            }),
          ),
      ({ id: wanted, wait, timeout, ...argv }) =>
        run(argv, async (context) =>
          startAgent(context, await findAgent(context.client, wanted), wait ? timeout : undefined),
        ),
    )
    .command(
      'stop <id>',
      'Stop an agent',
      (y) => y.positional('id', id),
      ({ id: wanted, ...argv }) =>
        run(argv, async ({ client, output }) => {
          const agent = await findAgent(client, wanted);
          const stopped = (await client.call('POST', `/api/agents/${agent.id}/stop`)) as AgentShape;
          output.result(stopped);
          output.line(`${safeText(stopped.name)} is ${stopped.status}.`);
          return undefined;
        }),
    )
    .command(
      'delete <id>',
      'Delete an agent with its files',
      (y) =>
        y
          .positional('id', id)
          .option('yes', { alias: 'y', type: 'boolean', default: false, describe: 'Do not ask' }),
      ({ id: wanted, yes, ...argv }) =>
        run(argv, async ({ client, output }) => {
          const agent = await findAgent(client, wanted);
          if (!yes && (output.json || !process.stdin.isTTY)) {
            throw new UsageError('Nobody can be asked here; --yes deletes the agent with its files.');
          }
          if (!yes) {
            const { confirm } = await import('@inquirer/prompts');
            const sure = await confirm({
              message: `Delete "${safeText(agent.name)}" with its workspace, sessions and logs?`,
              default: false,
            });
            if (!sure) return EXIT_CODES.failed;
          }
          await client.call('DELETE', `/api/agents/${agent.id}`);
          output.result({ deleted: agent.id });
          output.line(`Deleted ${agent.id}.`);
          return undefined;
        }),
    )
    .command(
      'logs <id>',
      'Show what an agent does',
      (y) =>
        y
          .positional('id', id)
          .option('follow', { alias: 'f', type: 'boolean', default: false, describe: 'Keep watching' })
          .option(
            'tail',
            numberOption('tail', {
              min: 0,
              max: MOST_LINES,
              default: 50,
              describe: `How many of the latest events, at most ${MOST_EVENTS}, or lines with --process`,
            }),
          )
          .option('process', {
            type: 'boolean',
            default: false,
            describe: "The worker's own output instead",
          }),
      ({ id: wanted, follow, tail, process: worker, ...argv }) =>
        run(argv, async ({ client, output }) => {
          if (!worker && tail > MOST_EVENTS)
            throw new UsageError(
              `--tail: at most ${MOST_EVENTS} events; ${MOST_LINES} lines with --process.`,
            );
          if (follow) requireServer(client, 'There is nothing to follow while the server does not run.');
          const agent = await findAgent(client, wanted);
          if (worker) await showOutput(client, output, agent, { follow, tail });
          else await showActivity(client, output, agent, { follow, tail });
          return undefined;
        }),
    )
    .command(
      'send <id> [text]',
      'Send a message and stream the answer',
      (y) =>
        y
          .positional('id', id)
          .positional('text', { type: 'string', describe: 'The message' })
          .option('stdin', {
            type: 'boolean',
            default: false,
            describe: 'Read the message from standard input',
          })
          .option('session', {
            alias: 's',
            type: 'string',
            requiresArg: true,
            default: 'cli:direct',
            describe: 'Conversation',
          }),
      ({ id: wanted, text, stdin, session, ...argv }) =>
        run(argv, async (context) => {
          if ((text === undefined) !== stdin) {
            throw new UsageError('Give the message as a word, or --stdin and write it to standard input.');
          }
          const agent = await findAgent(context.client, wanted);
          return sendMessage(context, agent, text ?? (await readStdin()), session);
        }),
    )
    .command(
      'exec <id> <tool> [args]',
      'Run one tool of an agent through its gate',
      (y) =>
        y
          .positional('id', id)
          .positional('tool', { type: 'string', demandOption: true, describe: 'For example read_file' })
          .positional('args', { type: 'string', default: '{}', describe: 'Arguments as JSON' }),
      ({ id: wanted, tool, args, ...argv }) =>
        run(argv, async ({ client, output }) => {
          const parsed = parseArguments(args);
          if (parsed === undefined) {
            throw new UsageError(`The arguments are not a JSON object. Example: '{"path":"report.md"}'`);
          }
          const agent = await findAgent(client, wanted);
          const answer = (await client.call(
            'POST',
            `/api/agents/${agent.id}/tools/${encodeURIComponent(tool)}`,
            { args: parsed },
          )) as {
            status: string;
            output: string;
          };
          output.result(answer);
          output.line(safeText(answer.output));
          return answer.status === 'ok' ? undefined : EXIT_CODES.failed;
        }),
    )
    .demandCommand(1, 'Name a verb: list, create, show, start, stop, delete, logs, send or exec.');
}

function imageText({ image }: AgentShape): string {
  if (!image) return '-';
  const custom = image.custom
    ? ', a custom one: what is in it, and what the worker says, is its own word'
    : '';
  return `${safeText(image.name)}${custom}${image.outdated ? ', older than that of the next start' : ''}`;
}

function ago(time: string): string {
  return `${formatDistanceToNowStrict(new Date(time))} ago`;
}

function parseArguments(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
