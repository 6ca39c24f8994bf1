import yargs, { type Argv } from 'yargs';
import { ApiFailure } from './admin-client.js';
import { agentCommands, type RunVerb } from './commands/agent-commands.js';
import { auditCommands } from './commands/audit-commands.js';
import { drillCommands } from './commands/drill-commands.js';
import { policyCommands } from './commands/policy-commands.js';
import { passwordStdin, readPassword, userCommands } from './commands/user-commands.js';
import { withClient, type GlobalFlags, type Verb } from './context.js';
import { EXIT_CODES } from './exit-codes.js';
import { numberOption } from './number-option.js';
import { createOutput } from './output.js';
import { UsageError } from './usage-error.js';
import { VERSION } from '../version.js';

/** Runs the command line and gives the exit code of {@link EXIT_CODES}. */
export async function runCli(args: readonly string[]): Promise<number> {
  let exitCode: number = EXIT_CODES.ok;
  // For what is wrong before the options are read; yargs may find several things wrong.
  const wantsJson = args.includes('--json');
  const wrong: string[] = [];
  const run: RunVerb = async (argv, verb) => {
    exitCode = await guarded(flagsOf(argv), verb);
  };
  const parser = yargs([...args])
    .scriptName('clawforce')
    // An option that is given twice is what was said last, as with most commands; never a list.
    .parserConfiguration({ 'duplicate-arguments-array': false })
    .usage('$0 <command>\n\nRuns and watches fleets of AI agents in isolated workers.')
    .option('data-dir', {
      alias: 'd',
      type: 'string',
      requiresArg: true,
      describe: 'Where everything is kept (ADMIN_STORAGE_ROOT)',
      global: true,
    })
    .option('json', { type: 'boolean', default: false, describe: 'Print JSON for programs', global: true })
    .command(
      'serve',
      'Run the control plane',
      (y: Argv) =>
        y
          .option(
            'port',
            numberOption('port', {
              alias: 'p',
              min: 0,
              max: 65_535,
              describe: 'Port (8080); 0 takes a free one',
            }),
          )
          .option('host', {
            type: 'string',
            requiresArg: true,
            describe: 'Address to listen on (127.0.0.1)',
          })
          .option('log-level', {
            choices: ['error', 'warn', 'info', 'debug'] as const,
            requiresArg: true,
            describe: 'How much the server prints (info)',
          })
          // For "npm start": a server that is installed uses what it is told to.
          .option('choose-backend', { type: 'boolean', hidden: true })
          .option('backend-reason', { type: 'string', hidden: true }),
      async (argv) => {
        const { serve } = await import('../server/serve.js');
        const flags = {
          ...(argv.port === undefined ? {} : { port: argv.port }),
          ...(argv.host === undefined ? {} : { host: argv.host }),
          ...(argv['log-level'] === undefined ? {} : { logLevel: argv['log-level'] }),
          ...(argv['choose-backend'] === undefined ? {} : { chooseBackend: argv['choose-backend'] }),
          ...(argv['backend-reason'] === undefined ? {} : { backendReason: argv['backend-reason'] }),
          ...(flagsOf(argv).dataDir === undefined ? {} : { dataDir: flagsOf(argv).dataDir as string }),
        };
        exitCode = await serve(flags, { json: flagsOf(argv).json });
      },
    )
    .command(
      'setup',
      'Prepare the data directory and set the first password',
      (y: Argv) => y.option('password-stdin', passwordStdin),
      (argv) =>
        run(argv, async (context) => {
          const { client, output, setupPassword } = context;
          const state = (await client.call('GET', '/api/admin/setup')) as {
            claimed: boolean;
            username: string;
          };
          if (state.claimed) {
            output.result(state);
            output.line(`Everything is set up; the first user is "${state.username}".`);
            return undefined;
          }
          const asked = argv['password-stdin'] || setupPassword === undefined;
          const password = asked ? await readPassword(argv['password-stdin']) : setupPassword;
          await client.call('POST', '/api/admin/setup', { password });
          output.result({ ...state, claimed: true });
          output.line(`The superadmin "${state.username}" has a password. Next: clawforce serve`);
          return undefined;
        }),
    )
    .command('version', 'Print the version', {}, (argv) => {
      const output = createOutput(flagsOf(argv).json);
      output.result({ version: VERSION, node: process.version });
      output.line(`clawforce ${VERSION} (Node ${process.version})`);
    })
    .command('openapi', 'Print the description of the API (OpenAPI 3.1), without a server', {}, async () => {
      const { publicApiDocument } = await import('../server/public-api-document.js');
      process.stdout.write(`${JSON.stringify(publicApiDocument(), null, 2)}\n`);
    })
    .command('user', 'Manage users', (y: Argv) => userCommands(y, run))
    .command('agent', 'Manage agents and talk to them', (y: Argv) => agentCommands(y, run))
    .command('policy', 'Ask the policy', (y: Argv) => policyCommands(y, run))
    .command('drill', 'Prove what holds on this host', (y: Argv) => drillCommands(y, run))
    .command('audit', 'Read the audit log', (y: Argv) => auditCommands(y, run))
    .demandCommand(1, 'Name a command.')
    .strict()
    .recommendCommands()
    .version(false)
    .help()
    .alias('help', 'h')
    .wrap(Math.min(110, process.stdout.columns || 100))
    .epilogue(
      'Exit codes: 0 done, 1 refused or failed, 2 "ask" (policy test), 3 the server does not run, 64 wrong usage.',
    )
    .exitProcess(false)
    .fail((message: string | null, error: Error | undefined, self) => {
      // What yargs itself finds wrong is the caller's matter; everything else is ours.
      if (error && error.name !== 'YError') throw error;
      if (wrong.length === 0) self.showHelp('error');
      wrong.push(message ?? error?.message ?? '');
    });
  try {
    await parser.parseAsync();
    if (wrong.length > 0) throw new UsageError(wrong.join('\n'));
  } catch (error) {
    return report(error, wantsJson);
  }
  return exitCode;
}

async function guarded(flags: GlobalFlags, verb: Verb): Promise<number> {
  try {
    return await withClient(flags, verb);
  } catch (error) {
    return report(error, flags.json);
  }
}

function report(error: unknown, json: boolean): number {
  const output = createOutput(json);
  if (error instanceof ApiFailure) {
    output.each({
      error: error.message,
      code: error.code,
      ...(error.fix ? { fix: error.fix } : {}),
      issues: error.issues,
    });
    output.problem(`${error.message} (${error.code})`);
    for (const issue of error.issues) output.problem(`  ${issue.pointer}: ${issue.message}`);
    if (error.fix) output.problem(`Fix: ${error.fix}`);
    return error.code === 'SERVER_NOT_RUNNING' ? EXIT_CODES.serverNotRunning : EXIT_CODES.failed;
  }
  if (error instanceof UsageError) {
    output.each({ error: error.message, code: 'USAGE', issues: [] });
    output.problem(`${error.message} (USAGE)`);
    return EXIT_CODES.usage;
  }
  const { name, code, message } = error as { name?: string; code?: string; message?: string };
  if (name === 'ExitPromptError') return EXIT_CODES.failed;
  output.each({ error: message ?? 'unknown', code: code ?? 'INTERNAL', issues: [] });
  output.problem(`${message ?? 'Something failed.'}${code ? ` (${code})` : ''}`);
  return name === 'SettingsError' ? EXIT_CODES.usage : EXIT_CODES.failed;
}

function flagsOf(argv: object): GlobalFlags {
  const { dataDir, json } = argv as { dataDir?: string; json?: boolean };
  return { dataDir, json: json ?? false };
}
