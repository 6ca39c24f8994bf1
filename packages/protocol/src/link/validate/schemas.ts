import { LINK_LIMITS } from '../limits.js';
import { object, oneOf, text, union, type Schema } from './compile.js';

/** Schema of a short text that is never empty: an id, a name, a key. */
export const id = text(LINK_LIMITS.idChars, 1);
const short = text(LINK_LIMITS.idChars);
const sentence = text(8_192);

/** Schema of a sequence number or another count. */
export const count: Schema = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER };
/** Schema of an ISO 8601 instant. */
export const instant: Schema = {
  type: 'string',
  maxLength: 40,
  pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z$',
};
/** Schema of a secret of the link: printable ASCII, so that it fits into a header. */
export const secret: Schema = { type: 'string', pattern: '^[\\x21-\\x7e]{16,512}$' };
const effect = oneOf('allow', 'deny', 'ask');
/** Schema of tool arguments: any JSON object; the gate judges what is in it. */
export const args: Schema = { type: 'object' };

/** Schema of a policy decision. */
export const decision = object(
  {
    effect,
    layer: id,
    rule: id,
    reason: sentence,
    input: text(LINK_LIMITS.textChars),
    policyDigest: short,
    trace: {
      type: 'array',
      maxItems: 256,
      items: object({ layer: id, rule: id, effect }, { note: sentence }),
    },
  },
  {
    hint: sentence,
    span: { type: 'array', items: count, minItems: 2, maxItems: 2 },
  },
);

/** Schema of what the gate records of one call. */
export const gateRecord = object({
  id,
  agent_id: short,
  session_key: short,
  actor: id,
  tool: short,
  time: instant,
  decision,
});

const activityEvent = object(
  {
    event_type: oneOf(
      'agent_started',
      'agent_stopped',
      'message_received',
      'message_sent',
      'tool_call',
      'tool_result',
      'policy_decision',
      'approval_requested',
      'approval_decided',
      'subagent_started',
      'subagent_done',
      'error',
    ),
  },
  {
    session_key: short,
    turn_id: short,
    channel: short,
    chat_id: short,
    content: text(LINK_LIMITS.activityChars),
    tool_name: short,
    call_id: short,
    result_status: oneOf('ok', 'error', 'denied', 'cancelled'),
    duration_ms: { type: 'number', minimum: 0 },
    record: gateRecord,
  },
);

const toolCall = object({ id: short, name: short, arguments: text(LINK_LIMITS.textChars) });

/** Schema of one entry of a session. */
export const sessionEntry = object(
  {
    role: oneOf('user', 'assistant', 'tool'),
    content: text(LINK_LIMITS.textChars),
    turn_id: short,
    time: instant,
  },
  {
    tool_calls: { type: 'array', maxItems: 128, items: toolCall },
    tool_call_id: short,
    name: short,
    channel: short,
  },
);

const seq: Schema = { ...count, minimum: 1 };

/** Schema of one durable event. */
export const outboxItem = union(
  'type',
  object({ seq, time: instant, type: { const: 'activity' }, event: activityEvent }),
  object({ seq, time: instant, type: { const: 'session' }, session_key: id, entry: sessionEntry }),
);

/** Schema of a last frame. */
export const bye = object(
  { code: { enum: [1000, 4401, 4404, 4409, 4426, 4429, 4503] }, reason: text(1_000) },
  { retry_after_ms: { type: 'number', minimum: 0, maximum: 3_600_000 } },
);

const commandResult = union(
  'kind',
  object({
    kind: { const: 'message' },
    turn_id: short,
    text: text(LINK_LIMITS.textChars),
    stopped: oneOf('answered', 'cancelled', 'max_iterations'),
  }),
  object({ kind: { const: 'cancel' }, cancelled: { type: 'boolean' } }),
  object({
    kind: { const: 'tool' },
    status: oneOf('ok', 'error', 'denied'),
    output: text(LINK_LIMITS.textChars),
    record: gateRecord,
  }),
  object({ kind: { const: 'policy_test' }, decision }),
  object({ kind: { const: 'configure' }, digest: id }),
  object({ kind: { const: 'stop' } }),
);

/** Schema of where a command stands; a terminal state needs its result or its error. */
export const commandReport = union(
  'state',
  object({ id, state: { const: 'accepted' } }),
  object({ id, state: { const: 'done' }, result: commandResult }),
  object({ id, state: { const: 'failed' }, error: object({ code: id, message: text(4_000) }) }),
);
