import { commandWithin } from '../hub/command-within.js';
import type { LinkHub } from '../hub/link-hub.js';
import { CommandInterruptedError } from '../hub/pending-commands.js';
import { ApiError } from '../errors/api-error.js';
import type { ActivityFeed } from '../events/activity-feed.js';
import type { MessageOutcome, MessageRecord, MessageState } from '../storage/messages/message-store.js';
import { StorageError } from '../storage/storage-error.js';
import type { Storage } from '../storage/storage.js';

/** Most characters of one message; a longer text belongs into a file of the workspace. */
export const MAX_MESSAGE_CHARS = 256 * 1024;

/** How long a worker may take to end a turn; it needs no model and no tool for that. */
const CANCEL_MS = 10_000;

/** What a person or a channel sends to an agent. */
export interface OutgoingMessage {
  readonly text: string;
  readonly sessionKey: string;
  readonly actor: string;
  readonly channel: string;
  readonly chatId: string;
}

/**
 * Carries messages to agents: each is stored before it is sent, is handed to one worker at most once, and ends as
 * done, failed or interrupted. A message for an agent that is still starting waits for its worker.
 */
export class MessageService {
  readonly #storage: Storage;
  readonly #hub: LinkHub;
  readonly #feed: ActivityFeed;
  readonly #log: (message: string, cause: unknown) => void;
  readonly #cancelMs: number;

  constructor(parts: {
    readonly storage: Storage;
    readonly hub: LinkHub;
    readonly feed: ActivityFeed;
    readonly log: (message: string, cause: unknown) => void;
    /** How long a cancel waits for the worker. */
    readonly cancelMs?: number;
  }) {
    this.#storage = parts.storage;
    this.#hub = parts.hub;
    this.#feed = parts.feed;
    this.#log = parts.log;
    this.#cancelMs = parts.cancelMs ?? CANCEL_MS;
  }

  /**
   * Ends the turn that a session of the agent is in; false when there was none.
   * @throws NotConnectedError, ApiError AGENT_TIMEOUT when the worker does not answer
   */
  async cancel(agentId: string, sessionKey: string): Promise<boolean> {
    // A caller who leaves still wants the turn to end, so only the deadline gives this up.
    const report = await commandWithin(
      this.#hub,
      agentId,
      { kind: 'cancel', session_key: sessionKey },
      { withinMs: this.#cancelMs },
    );
    return report.result?.kind === 'cancel' && report.result.cancelled;
  }

  /** Stores a message and hands it to the worker. @throws ApiError AGENT_NOT_RUNNING, MESSAGE_TOO_LARGE */
  async send(agentId: string, message: OutgoingMessage): Promise<MessageRecord> {
    if (message.text.length > MAX_MESSAGE_CHARS) {
      throw new ApiError('MESSAGE_TOO_LARGE', `A message has at most ${MAX_MESSAGE_CHARS} characters.`, {
        fix: 'Put the text into a file of the workspace and tell the agent to read it.',
      });
    }
    const agent = await this.#storage.agents.get(agentId);
    if (!agent) throw new ApiError('NOT_FOUND', 'There is no such agent.');
    if (agent.desired !== 'running' || agent.status === 'failed' || agent.status === 'stopped') {
      throw new ApiError('AGENT_NOT_RUNNING', `The agent is ${agent.status}.`, {
        fix: 'Start the agent, then send again.',
      });
    }
    const record = await this.#storage.messages.enqueue({ agentId, ...message });
    this.#feed.publish(agentId, { kind: 'message', message: record });
    if (this.#hub.session(agentId)) this.#dispatch(record);
    return record;
  }

  /**
   * Hands to a worker that has just been welcomed what waits for it, and asks again about what it had taken when an earlier
   * control plane died: the worker knows each message by its id and answers without doing it twice.
   */
  async dispatchWaiting(agentId: string): Promise<void> {
    for (const state of ['delivered', 'queued'] as const)
      for (const record of await this.#storage.messages.inState(agentId, state)) this.#dispatch(record);
  }

  /** Ends what a former worker had taken, and with `queued` also what still waits. */
  async interrupt(agentId: string, from: readonly ('queued' | 'delivered')[], reason: string): Promise<void> {
    const ended = await this.#storage.messages.endAll(agentId, from, 'interrupted', {
      code: 'INTERRUPTED',
      message: reason,
    });
    for (const message of ended) this.#feed.publish(agentId, { kind: 'message', message });
  }

  #dispatch(record: MessageRecord): void {
    this.#deliver(record).catch((error: unknown) =>
      this.#log(`message ${record.id} could not be followed`, error),
    );
  }

  async #deliver(record: MessageRecord): Promise<void> {
    const { id, agentId } = record;
    let delivered: Promise<void> | undefined;
    try {
      const report = await this.#hub.command(
        agentId,
        {
          kind: 'message',
          session_key: record.sessionKey,
          text: record.text,
          channel: record.channel,
          chat_id: record.chatId,
          actor: record.actor,
        },
        {
          id,
          onAccepted: () => {
            delivered = this.#move(agentId, id, 'delivered');
          },
        },
      );
      await delivered;
      if (report.state === 'done' && report.result?.kind === 'message') {
        await this.#move(agentId, id, 'done', { result: report.result.text });
      } else {
        await this.#move(agentId, id, 'failed', {
          error: report.error ?? { code: 'INTERNAL', message: 'The worker gave no reason.' },
        });
      }
    } catch (error) {
      await delivered;
      if (!(error instanceof CommandInterruptedError)) throw error;
      await this.#move(agentId, id, 'interrupted', { error: { code: error.code, message: error.message } });
    }
  }

  async #move(agentId: string, id: string, to: MessageState, outcome?: MessageOutcome): Promise<void> {
    try {
      const message = await this.#storage.messages.transition(id, to, outcome);
      this.#feed.publish(agentId, { kind: 'message', message });
    } catch (error) {
      // The lifecycle may have ended the message first; whoever came first has said how it ended.
      if (error instanceof StorageError && error.code === 'TRANSITION') return;
      throw error;
    }
  }
}
