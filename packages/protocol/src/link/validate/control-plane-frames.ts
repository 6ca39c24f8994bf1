import type { WorkerConfig } from '../../config/worker-config.js';
import type { Ack, Bye, Command, LinkResponse, Nack, Welcome } from '../frames.js';
import { LINK_LIMITS } from '../limits.js';
import { object, reader, text, union, type Schema } from './compile.js';
import { args, bye, count, id, secret, sessionEntry } from './schemas.js';
import { workerConfigSchema } from './worker-config-schema.js';

const readOpen = reader<Welcome>(
  object({
    epoch: count,
    resume_secret: secret,
    ack: count,
    credit: { type: 'integer', minimum: 1, maximum: 100_000 },
    heartbeat_ms: { type: 'number', minimum: 10, maximum: 600_000 },
    orphan_ms: { type: 'number', minimum: 10, maximum: 86_400_000 },
    config: workerConfigSchema,
  }),
);
const readRefused = reader<{ readonly refused: Bye }>(object({ refused: bye }));

/** Gives the answer to a hello, or `undefined` when it breaks the contract. */
export function readWelcomeAnswer(raw: unknown): Welcome | { readonly refused: Bye } | undefined {
  const refused = typeof raw === 'object' && raw !== null && Object.hasOwn(raw, 'refused');
  return refused ? readRefused(raw) : readOpen(raw);
}

/** Gives a valid {@link WorkerConfig}, or `undefined`. */
export const readWorkerConfig: (raw: unknown) => WorkerConfig | undefined =
  reader<WorkerConfig>(workerConfigSchema);

/** Gives a valid {@link Ack}, or `undefined`. */
export const readAck: (raw: unknown) => Ack | undefined = reader<Ack>(object({ seq: count }));

/** Gives a valid {@link Nack}, or `undefined`. */
export const readNack: (raw: unknown) => Nack | undefined = reader<Nack>(
  object({ expected: { ...count, minimum: 1 } }),
);

/** Gives a valid {@link Bye}, or `undefined`. */
export const readBye: (raw: unknown) => Bye | undefined = reader<Bye>(bye);

/** Gives a valid {@link LinkResponse}, or `undefined`. */
export const readLinkResponse: (raw: unknown) => LinkResponse | undefined = (raw) =>
  (raw as { ok?: unknown } | null | undefined)?.ok === true ? readHistory(raw) : readFailure(raw);
const readHistory = reader<LinkResponse>(
  object({
    ok: { const: true },
    kind: { const: 'history' },
    entries: { type: 'array', maxItems: LINK_LIMITS.historyEntries, items: sessionEntry },
  }),
);
const readFailure = reader<LinkResponse>(object({ ok: { const: false }, code: id, message: text(4_000) }));

/** What {@link readCommand} answers: the command, or why it cannot be run. */
export type CommandReading =
  | { readonly ok: true; readonly command: Command }
  | {
      readonly ok: false;
      /** Present when the frame names its command, so that it can be answered. */
      readonly id?: string;
      readonly code: 'COMMAND_INVALID' | 'COMMAND_UNKNOWN' | 'MESSAGE_TOO_LARGE' | 'ARGUMENTS_TOO_LARGE';
      readonly message: string;
    };

/** Kind, members that it needs, members that it may have. */
const commandBranches: readonly (readonly [string, Schema, Schema?])[] = [
  [
    'message',
    {
      session_key: id,
      text: { type: 'string' },
      channel: text(LINK_LIMITS.idChars),
      chat_id: text(LINK_LIMITS.idChars),
      actor: id,
    },
  ],
  ['cancel', { session_key: id }, { call_id: id }],
  ['tool', { session_key: id, tool: id, args, actor: id }],
  ['policy_test', { tool: id, args, actor: id }],
  ['configure', { config: workerConfigSchema }],
  ['stop', { reason: text(1_000) }],
];
const knownKinds: ReadonlySet<unknown> = new Set(commandBranches.map(([kind]) => kind));
const readAnyCommand = reader<Command>(
  union(
    'kind',
    ...commandBranches.map(([kind, properties, optional]) =>
      object({ id, kind: { const: kind }, ...properties }, optional),
    ),
  ),
);

/** Gives a command, or the reason why it cannot be run, under the id that it names. */
export function readCommand(raw: unknown): CommandReading {
  const { id: claimed, kind } = (typeof raw === 'object' && raw !== null ? raw : {}) as {
    id?: unknown;
    kind?: unknown;
  };
  const named =
    typeof claimed === 'string' && claimed.length > 0 && claimed.length <= LINK_LIMITS.idChars
      ? { id: claimed }
      : {};
  const refuse = (code: Extract<CommandReading, { ok: false }>['code'], message: string): CommandReading => ({
    ok: false,
    ...named,
    code,
    message,
  });
  if (!knownKinds.has(kind))
    return refuse('COMMAND_UNKNOWN', 'This worker does not know commands of this kind.');
  const command = readAnyCommand(raw);
  if (!command) return refuse('COMMAND_INVALID', 'The command breaks the contract of the link.');
  if (command.kind === 'message' && command.text.length > LINK_LIMITS.messageChars) {
    return refuse(
      'MESSAGE_TOO_LARGE',
      `A message has at most ${LINK_LIMITS.messageChars} characters; this one has ${command.text.length}.`,
    );
  }
  if ('args' in command && Buffer.byteLength(JSON.stringify(command.args)) > LINK_LIMITS.argsBytes) {
    return refuse('ARGUMENTS_TOO_LARGE', `Tool arguments have at most ${LINK_LIMITS.argsBytes} bytes.`);
  }
  return { ok: true, command };
}
