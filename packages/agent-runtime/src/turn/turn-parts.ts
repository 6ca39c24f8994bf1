import type { AgentFS } from '@clawforce/policy-fs';
import type { Confiner } from '@clawforce/policy-shell/run';
import type { ActivityEvent, Delta, SessionEntry } from '@clawforce/protocol';
import type { BrokerClient } from '@clawforce/protocol/broker-client';
import type { OutboxEntry } from '@clawforce/protocol/link-client';
import type { Gate } from '../gate/create-gate.js';
import type { ToolRunner } from '../tools/tool-context.js';
import type { ModelRetry } from './model-call.js';
import type { SessionMemory } from './session-memory.js';

/** What turns and tool calls work with. */
export interface TurnParts {
  /** The gate in force; asked for every call, because a configuration may replace it at any time. */
  readonly gate: () => Gate;
  readonly fs: AgentFS;
  readonly broker: BrokerClient;
  readonly confiner: Confiner | undefined;
  /** See {@link ToolContext.egressSocket}. */
  readonly egressSocket: string | undefined;
  readonly runners: ReadonlyMap<string, ToolRunner>;
  readonly memory: SessionMemory;
  readonly retry: ModelRetry;
  /** Puts events into the outbox; resolves when they are on disk. @throws CommandError OUTBOX_FULL, OUTBOX_IO */
  readonly record: (entries: readonly OutboxEntry[]) => Promise<void>;
  readonly delta: (delta: Delta) => void;
  readonly log: (level: 'debug' | 'info' | 'warn' | 'error', message: string, cause?: unknown) => void;
}

/** Where a turn happens. */
export interface TurnPlace {
  readonly sessionKey: string;
  readonly turnId: string;
  readonly channel: string;
  readonly chatId: string;
}

/** Gives the fields that every activity event of a turn shares. */
export function placeOf({ sessionKey, turnId, channel, chatId }: TurnPlace): Partial<ActivityEvent> {
  return { session_key: sessionKey, turn_id: turnId, channel, chat_id: chatId };
}

/** Gives a session entry of a turn, made now. */
export function entryOf(
  place: TurnPlace,
  fields: Pick<SessionEntry, 'role' | 'content'> & Partial<SessionEntry>,
): SessionEntry {
  return { turn_id: place.turnId, time: new Date().toISOString(), channel: place.channel, ...fields };
}
