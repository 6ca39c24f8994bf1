import type { Decision } from '@clawforce/policy-core';
import type { WorkerConfig } from '../config/worker-config.js';

/** Version of the link protocol; a peer with another major is refused with 4426. */
export const LINK_PROTOCOL = 1;

/** socket.io path of the control socket (CONTRACT section 2). */
export const LINK_PATH = '/api/control/ws';

/** Refusals and endings, in `connect_error.data.code` or a last `bye` frame. The first four are final. */
export const LINK_CODES = Object.freeze({
  token: 4401,
  deleted: 4404,
  fenced: 4409,
  upgrade: 4426,
  tooFast: 4429,
  retryLater: 4503,
});

/** One of {@link LINK_CODES}. */
export type LinkCode = (typeof LINK_CODES)[keyof typeof LINK_CODES];

/** How a worker proves who it is at the socket.io handshake (`auth` payload). The socket itself names the agent. */
export interface LinkAuth {
  readonly proto: number;
  readonly credential:
    | { readonly kind: 'join'; readonly secret: string }
    | { readonly kind: 'resume'; readonly secret: string }
    | { readonly kind: 'token'; readonly secret: string };
  /** Random id of this worker process. */
  readonly instance: string;
}

/** First frame of the worker after the handshake; answered by {@link Welcome}. */
export interface Hello {
  readonly instance: string;
  /** Sequence number that the next new event will get; 0 when the worker has no outbox yet. */
  readonly next_seq: number;
  /** Lowest sequence number the worker can still send again. */
  readonly low_seq: number;
  readonly software: { readonly name: string; readonly version: string };
  /** What the worker says about itself; advisory. */
  readonly capabilities: readonly string[];
}

/** Answer to {@link Hello}: the session is open. */
export interface Welcome {
  readonly epoch: number;
  /** Proof for every later connection and for the broker; replaces the one before. Kept in memory only. */
  readonly resume_secret: string;
  /** Highest contiguous sequence number that the control plane has stored. */
  readonly ack: number;
  /** Most events that may be unacknowledged. */
  readonly credit: number;
  readonly heartbeat_ms: number;
  /** A worker without a link for longer than this ends itself. */
  readonly orphan_ms: number;
  readonly config: WorkerConfig;
}

/** Names of the activity events (CONTRACT section 2). */
export type ActivityType =
  | 'agent_started'
  | 'agent_stopped'
  | 'message_received'
  | 'message_sent'
  | 'tool_call'
  | 'tool_result'
  | 'policy_decision'
  | 'approval_requested'
  | 'approval_decided'
  | 'subagent_started'
  | 'subagent_done'
  | 'error'
  /** Written by the control plane only. */
  | 'egress';

/** A {@link Decision} with what the gate adds. */
export interface GateRecord {
  readonly id: string;
  readonly agent_id: string;
  readonly session_key: string;
  /** Who asked: `model`, or `user:<id>` when an operator runs a tool. */
  readonly actor: string;
  readonly tool: string;
  /** ISO 8601. */
  readonly time: string;
  readonly decision: Decision;
}

/** A connection that left, or was not let out: what broker and egress proxy report. */
export interface EgressFacts {
  /** `web` for web_fetch, `command` for a command behind the egress proxy, `provider` for a model call. */
  readonly purpose: 'web' | 'command' | 'provider';
  readonly method: string;
  readonly host: string;
  readonly port: number;
  readonly verdict: 'allow' | 'deny' | 'limit' | 'error';
  readonly rule: string;
  /** What would be accepted instead, after a refusal. */
  readonly hint?: string;
  /** Status of the response, the limit or the error, where there is one. */
  readonly status?: number;
  readonly error?: string;
  readonly bytes: number;
  readonly bytes_out: number;
}

/** One line of the activity stream. */
export interface ActivityEvent {
  readonly event_type: ActivityType;
  readonly session_key?: string;
  readonly turn_id?: string;
  readonly channel?: string;
  readonly chat_id?: string;
  /** Text for a person; at most 4,000 characters. */
  readonly content?: string;
  readonly tool_name?: string;
  /** Id of the tool call, so that call, decision and result can be joined. */
  readonly call_id?: string;
  readonly result_status?: 'ok' | 'error' | 'denied' | 'cancelled';
  readonly duration_ms?: number;
  readonly record?: GateRecord;
  readonly egress?: EgressFacts;
}

/** One entry of a session file, in the shape of an OpenAI chat message. */
export interface SessionEntry {
  readonly role: 'user' | 'assistant' | 'tool';
  readonly content: string;
  readonly turn_id: string;
  /** ISO 8601. */
  readonly time: string;
  readonly tool_calls?: readonly ToolCall[];
  readonly tool_call_id?: string;
  /** Name of the tool that answered. */
  readonly name?: string;
  readonly channel?: string;
}

/** A tool call of the model. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON text, as the model wrote it. */
  readonly arguments: string;
}

/** One durable event, numbered per agent without gaps. */
export type OutboxItem = { readonly seq: number; readonly time: string } & (
  | { readonly type: 'activity'; readonly event: ActivityEvent }
  | { readonly type: 'session'; readonly session_key: string; readonly entry: SessionEntry }
);

/** Worker to control plane: consecutive durable events. */
export interface EventBatch {
  readonly items: readonly OutboxItem[];
}

/** Control plane to worker: everything up to `seq` is stored (after commit). */
export interface Ack {
  readonly seq: number;
}

/** Control plane to worker: the batch did not continue the sequence; send again from `expected`. */
export interface Nack {
  readonly expected: number;
}

/** Worker to control plane, not durable: text of a running turn. */
export interface Delta {
  readonly session_key: string;
  readonly turn_id: string;
  readonly text: string;
}

/** What the control plane asks of a worker. */
export type CommandBody =
  | {
      readonly kind: 'message';
      readonly session_key: string;
      readonly text: string;
      readonly channel: string;
      readonly chat_id: string;
      readonly actor: string;
    }
  | {
      readonly kind: 'cancel';
      readonly session_key: string;
      /** Id of one `tool` command: only that one is cancelled. */
      readonly call_id?: string;
    }
  | {
      readonly kind: 'tool';
      readonly session_key: string;
      readonly tool: string;
      readonly args: Readonly<Record<string, unknown>>;
      readonly actor: string;
    }
  | {
      readonly kind: 'policy_test';
      readonly tool: string;
      readonly args: Readonly<Record<string, unknown>>;
      readonly actor: string;
    }
  | { readonly kind: 'configure'; readonly config: WorkerConfig }
  | { readonly kind: 'stop'; readonly reason: string };

/** Control plane to worker: run once; a repeated id gets the same answer. */
export type Command = { readonly id: string } & CommandBody;

/** Worker to control plane: where a command stands. `accepted` may be followed by one terminal state. */
export interface CommandReport {
  readonly id: string;
  readonly state: 'accepted' | 'done' | 'failed';
  /** Present with `done`; its shape depends on the kind, see {@link CommandResult}. */
  readonly result?: CommandResult;
  /** Present with `failed`. */
  readonly error?: { readonly code: string; readonly message: string };
}

/** Results of commands, by kind. */
export type CommandResult =
  | {
      readonly kind: 'message';
      readonly turn_id: string;
      readonly text: string;
      readonly stopped: 'answered' | 'cancelled' | 'max_iterations';
    }
  | { readonly kind: 'cancel'; readonly cancelled: boolean }
  | {
      readonly kind: 'tool';
      readonly status: 'ok' | 'error' | 'denied';
      readonly output: string;
      readonly record: GateRecord;
    }
  | { readonly kind: 'policy_test'; readonly decision: Decision }
  | { readonly kind: 'configure'; readonly digest: string }
  | { readonly kind: 'stop' };

/** Worker to control plane, answered in the socket.io acknowledgement. */
export type LinkRequest = { readonly kind: 'history'; readonly session_key: string; readonly limit: number };

/** Answer to {@link LinkRequest}. */
export type LinkResponse =
  | { readonly ok: true; readonly kind: 'history'; readonly entries: readonly SessionEntry[] }
  | { readonly ok: false; readonly code: string; readonly message: string };

/** Last frame before a side closes. */
export interface Bye {
  readonly code: LinkCode | 1000;
  readonly reason: string;
  readonly retry_after_ms?: number;
}

/** Events that a worker emits. */
export interface WorkerToControlPlane {
  hello: (hello: Hello, reply: (welcome: Welcome | { readonly refused: Bye }) => void) => void;
  ev: (batch: EventBatch) => void;
  delta: (delta: Delta) => void;
  cmd_ack: (report: CommandReport) => void;
  req: (request: LinkRequest, reply: (response: LinkResponse) => void) => void;
  hb: (beat: { readonly t: number }) => void;
  bye: (bye: Bye) => void;
}

/** Events that the control plane emits. */
export interface ControlPlaneToWorker {
  ack: (ack: Ack) => void;
  nack: (nack: Nack) => void;
  cmd: (command: Command) => void;
  bye: (bye: Bye) => void;
}
