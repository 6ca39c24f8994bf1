import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { AgentFS } from '@clawforce/policy-fs';
import {
  SOCKET_NAMES,
  type Command,
  type CommandResult,
  type Welcome,
  type WorkerConfig,
} from '@clawforce/protocol';
import { createBrokerClient } from '@clawforce/protocol/broker-client';
import {
  CommandError,
  connectLink,
  OutboxError,
  type Link,
  type LinkEnd,
  type OutboxEntry,
} from '@clawforce/protocol/link-client';
import { createGate, type Gate } from '../gate/create-gate.js';
import type { FileOutbox } from '../journal/file-outbox.js';
import { BUILT_IN_RUNNERS } from '../tools/built-in-runners.js';
import { activity } from '../turn/activity.js';
import { MODEL_RETRY } from '../turn/model-call.js';
import { runTurn } from '../turn/run-turn.js';
import { SessionMemory } from '../turn/session-memory.js';
import { SessionQueue } from '../turn/session-queue.js';
import type { TurnParts } from '../turn/turn-parts.js';
import { OperatorTools } from './operator-tools.js';
import type { WorkerEnd, WorkerOptions } from './worker-options.js';
import { lackingFeatures } from './lacking-feature.js';

const SOFTWARE = { name: '@clawforce/agent-runtime', version: '0.1.0' };

/** One run of a worker: wires link, broker, gate and turns together and answers commands. */
export class AgentRuntime {
  readonly #options: WorkerOptions;
  readonly #fs: AgentFS;
  readonly #outbox: FileOutbox;
  readonly #link: Link;
  readonly #parts: TurnParts;
  readonly #turns = new SessionQueue();
  readonly #operator: OperatorTools;
  #gate: Gate | undefined;
  #ending: Promise<void> | undefined;
  #end: WorkerEnd | undefined;

  constructor(options: WorkerOptions, fs: AgentFS, outbox: FileOutbox) {
    this.#options = options;
    this.#fs = fs;
    this.#outbox = outbox;
    const { connection, confiner } = options;
    this.#link = connectLink(connection, {
      outbox,
      software: options.software ?? SOFTWARE,
      capabilities:
        'confined' in confiner && confiner.confined
          ? ['exec.confined', `exec.confiner.${confiner.backend}`]
          : ['exec.unconfined', ...('unavailable' in confiner ? lackingFeatures(confiner.unavailable) : [])],
      ...(options.timing ? { timing: options.timing } : {}),
      handlers: {
        onWelcome: (welcome, first) => this.#welcomed(welcome, first),
        onCommand: (command) => this.#command(command),
        onNotice: ({ kind, message }) => {
          const level = kind === 'open' ? 'info' : kind === 'unknown_frame' ? 'debug' : 'warn';
          this.#log(level, `link ${kind}: ${message}`);
        },
      },
    });
    this.#parts = {
      gate: () => this.#requireGate(),
      fs,
      broker: createBrokerClient({
        target:
          'socketDir' in connection
            ? { socketPath: join(connection.socketDir, SOCKET_NAMES.broker) }
            : { url: connection.url },
        secret: () => this.#link.secret,
      }),
      confiner: 'unavailable' in confiner ? undefined : confiner,
      egressSocket: 'socketDir' in connection ? join(connection.socketDir, SOCKET_NAMES.egress) : undefined,
      runners: new Map([
        ...BUILT_IN_RUNNERS,
        ...(options.tools ?? []).map(({ name, run }) => [name, run] as const),
      ]),
      memory: new SessionMemory((key, limit, signal) => this.#history(key, limit, signal)),
      retry: options.modelRetry ?? MODEL_RETRY,
      record: (entries) => this.#record(entries),
      delta: (delta) => this.#link.delta(delta),
      log: (level, message, cause) => this.#log(level, message, cause),
    };
    this.#operator = new OperatorTools(this.#parts);
  }

  async run(signal?: AbortSignal): Promise<WorkerEnd> {
    const onAbort = (): void =>
      this.#shutDown({ reason: 'signal', message: 'The worker was asked to stop.' });
    if (signal?.aborted) onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    const linkEnd: LinkEnd = await this.#link.ended;
    signal?.removeEventListener('abort', onAbort);
    // Whatever still runs has nobody to report to.
    await Promise.all([this.#turns.close(), this.#operator.close()]);
    await this.#ending;
    return this.#end ?? linkEnd;
  }

  async #welcomed(welcome: Welcome, first: boolean): Promise<void> {
    this.#apply(welcome.config);
    if (!first) return;
    const events = [activity({ event_type: 'agent_started', content: 'The worker is connected.' })];
    if (this.#outbox.damagedLines > 0) {
      events.push(
        activity({
          event_type: 'error',
          content: `OUTBOX_DAMAGED: ${this.#outbox.damagedLines} events of an earlier run could not be read from disk.`,
        }),
      );
    }
    await this.#link.append(events);
  }

  /** Puts a configuration in force for every call that begins from now on. @throws TypeError */
  #apply(config: WorkerConfig): void {
    const { confiner, tools, agentRoot } = this.#options;
    this.#gate = createGate({
      config,
      workspace: join(agentRoot, 'workspace'),
      fs: this.#fs,
      ...(tools ? { tools } : {}),
      confinement:
        'unavailable' in confiner ? { available: false, reason: confiner.unavailable } : { available: true },
    });
  }

  async #command(command: Command): Promise<CommandResult> {
    switch (command.kind) {
      case 'message': {
        const turnId = randomUUID();
        const { session_key: sessionKey, channel, chat_id: chatId, text, actor } = command;
        const place = { sessionKey, turnId, channel, chatId };
        const end = await this.#turns.run(sessionKey, (signal) =>
          runTurn({ text, actor }, place, this.#parts, signal),
        );
        return { kind: 'message', turn_id: turnId, ...end };
      }
      case 'cancel': {
        const { session_key: sessionKey, call_id: callId } = command;
        const turn = callId === undefined && this.#turns.cancel(sessionKey);
        const tool = this.#operator.cancel(sessionKey, callId);
        return { kind: 'cancel', cancelled: turn || tool };
      }
      case 'tool':
        return this.#operator.run(command);
      case 'policy_test': {
        const { record } = this.#requireGate().judge(command.tool, command.args, {
          sessionKey: 'policy-test',
          actor: command.actor,
        });
        return { kind: 'policy_test', decision: record.decision };
      }
      case 'configure':
        try {
          this.#apply(command.config);
        } catch (cause) {
          const why = cause instanceof Error ? cause.message : 'unknown error';
          throw new CommandError('CONFIG_INVALID', `The configuration makes no policy: ${why}.`, { cause });
        }
        return { kind: 'configure', digest: command.config.digest };
      case 'stop':
        // Behind the answer to this command.
        setImmediate(() => this.#shutDown({ reason: 'stopped', message: command.reason }));
        return { kind: 'stop' };
    }
  }

  #shutDown(end: WorkerEnd): void {
    this.#end ??= end;
    this.#ending ??= this.#stop(end).catch((error: unknown) =>
      this.#log('error', 'the end was not graceful', error),
    );
  }

  async #stop(end: WorkerEnd): Promise<void> {
    await Promise.all([this.#turns.close(), this.#operator.close()]);
    if (this.#gate) {
      await this.#link
        .append([activity({ event_type: 'agent_stopped', content: end.message })])
        .catch((error: unknown) => this.#log('warn', 'the end could not be recorded', error));
    }
    await this.#link.close(end.message);
  }

  async #record(entries: readonly OutboxEntry[]): Promise<void> {
    try {
      await this.#link.append(entries);
    } catch (error) {
      if (!(error instanceof OutboxError)) throw error;
      throw new CommandError(error.code, error.message, { cause: error });
    }
  }

  async #history(sessionKey: string, limit: number, signal: AbortSignal): ReturnType<Link['request']> {
    // Entries of an earlier run may still be on their way; asked too early, the control plane would not know them.
    await this.#link.stored(this.#outbox.nextSeq - 1, 15_000);
    return this.#link.request({ kind: 'history', session_key: sessionKey, limit }, { signal });
  }

  #requireGate(): Gate {
    if (!this.#gate) throw new CommandError('NOT_CONFIGURED', 'The worker has no configuration yet.');
    return this.#gate;
  }

  #log(level: 'debug' | 'info' | 'warn' | 'error', message: string, cause?: unknown): void {
    this.#options.onLog?.({ level, message, ...(cause === undefined ? {} : { cause }) });
  }
}
