import type { Argv } from 'yargs';
import { allPages } from '../all-pages.js';
import type { RunVerb } from './agent-commands.js';
import { UsageError } from '../usage-error.js';

interface UserShape {
  readonly username: string;
  readonly role: string;
  readonly disabled: boolean;
  readonly claimed: boolean;
  readonly created_at: string;
}

/** The option of every verb that sets a password. */
export const passwordStdin = {
  type: 'boolean',
  default: false,
  describe: 'Read the password from standard input instead of asking',
} as const;

const username = { type: 'string', demandOption: true, describe: 'Name to sign in with' } as const;

/** `clawforce user …`: users are managed here and nowhere else. */
export function userCommands(parent: Argv, run: RunVerb): Argv {
  return parent
    .command('list', 'List users', {}, (argv) =>
      run(argv, async ({ client, output }) => {
        const items = await allPages<UserShape>(client, '/api/admin/users');
        output.result(items);
        if (items.length === 0) output.line('There are no users yet. Run: clawforce setup');
        else {
          output.table(
            ['username', 'role', 'password', 'created'],
            items.map((user) => [
              user.username,
              user.disabled ? `${user.role} (disabled)` : user.role,
              user.claimed ? 'set' : 'not set yet',
              user.created_at,
            ]),
          );
        }
        return undefined;
      }),
    )
    .command(
      'create <username>',
      'Create a user',
      (y) =>
        y
          .positional('username', username)
          .option('role', {
            alias: 'r',
            choices: ['admin', 'superadmin', 'viewer'] as const,
            requiresArg: true,
            describe: 'What the user may do',
            default: 'admin' as const,
          })
          .option('password-stdin', passwordStdin),
      ({ username, role, passwordStdin: fromStdin, ...argv }) =>
        run(argv, async (context) => {
          const password = await readPassword(fromStdin);
          const user = (await context.client.call('POST', '/api/admin/users', {
            username,
            role,
            password,
          })) as UserShape;
          context.output.result(user);
          context.output.line(`Created ${user.username} (${user.role}).`);
          return undefined;
        }),
    )
    .command(
      ['reset <username>', 'set-password <username>'],
      'Set a new password; every session of the user ends',
      (y) => y.positional('username', username).option('password-stdin', passwordStdin),
      ({ username, passwordStdin: fromStdin, ...argv }) =>
        run(argv, async (context) => {
          const password = await readPassword(fromStdin);
          const answer = (await context.client.call(
            'POST',
            `/api/admin/users/${encodeURIComponent(username)}/password`,
            { password },
          )) as {
            sessions_ended: number;
          };
          context.output.result(answer);
          context.output.line(
            `The password of ${username} is set; ${answer.sessions_ended} sessions were ended.`,
          );
          return undefined;
        }),
    )
    .demandCommand(1, 'Name a verb: create, list or reset.');
}

/** Gives the password from standard input or from two hidden prompts. @throws UsageError without a terminal, and when the two differ */
export async function readPassword(fromStdin: boolean): Promise<string> {
  if (fromStdin) {
    const chunks: Buffer[] = [];
    for await (const chunk of process.stdin as AsyncIterable<Buffer>) chunks.push(chunk);
    return Buffer.concat(chunks)
      .toString('utf8')
      .replace(/\r?\n$/, '');
  }
  if (!process.stdin.isTTY) {
    throw new UsageError('There is no terminal to ask for the password on; use --password-stdin.');
  }
  const { password: ask } = await import('@inquirer/prompts');
  const first = await ask({ message: 'Password (at least 12 characters):', mask: true });
  const second = await ask({ message: 'The same again:', mask: true });
  if (first === second) return first;
  throw new UsageError('The two passwords differ.');
}
