import { agentConfigSchema } from '@clawforce/protocol/config';
import { API_ERRORS } from '../errors/api-error.js';
import type { JsonSchema } from './route.js';
import { object, type } from './schemas.js';

const text = type('string');
const integer = type('integer');
const nullableText: JsonSchema = { type: ['string', 'null'] };
const time: JsonSchema = { type: 'string', format: 'date-time' };
const nullableTime: JsonSchema = { type: ['string', 'null'], format: 'date-time' };
const effect: JsonSchema = { enum: ['allow', 'deny', 'ask'] };
const list = (items: JsonSchema): JsonSchema => ({ type: 'array', items });
const orNull = (schema: JsonSchema): JsonSchema => ({ oneOf: [{ type: 'null' }, schema] });

const versionedPart = object({ name: text, version: text });
const STATUSES = ['stopped', 'provisioning', 'connecting', 'running', 'disconnected', 'failed'];
const refusal = {
  event_id: { type: 'integer', description: 'Id of the activity event, while that is kept.' },
  time,
  tool: text,
  effect: { enum: ['deny', 'ask'] },
  layer: text,
  rule: text,
  reason: text,
  hint: text,
};

/** Gives the reference to a schema of {@link COMPONENTS}. */
export function ref(name: ComponentName): JsonSchema {
  return { $ref: `#/components/schemas/${name}` };
}

const { $id: _id, ...agentConfig } = agentConfigSchema as JsonSchema & { $id?: string };

/** Schemas of answers that have a name, so that generated clients have types of that name. */
const schemas = {
  Error: object(
    {
      error: { type: 'string', description: 'One sentence for a person.' },
      code: { enum: Object.keys(API_ERRORS) },
      request_id: text,
      fix: { type: 'string', description: 'What to do about it.' },
      issues: list(
        object({ pointer: { type: 'string', description: 'JSON pointer into the request.' }, message: text }),
      ),
    },
    ['fix', 'issues'],
  ),
  Role: { enum: ['superadmin', 'admin', 'viewer'] },
  Me: object({
    id: text,
    username: text,
    role: { $ref: '#/components/schemas/Role' },
    session_id: nullableText,
    reauthenticated_until: {
      ...nullableTime,
      description: 'Until when changes that loosen safety need no password; null when they need it now.',
    },
    permissions: {
      type: 'array',
      items: text,
      description:
        'Actions of the role, on what the caller may see. The server decides again at every request.',
    },
  }),
  Session: object({
    id: text,
    current: type('boolean'),
    ip: text,
    user_agent: text,
    created_at: time,
    last_used_at: time,
    expires_at: time,
  }),
  Agent: object({
    id: text,
    name: text,
    description: text,
    color: nullableText,
    status: { enum: STATUSES },
    desired: { enum: ['stopped', 'running'] },
    reason: nullableText,
    since: time,
    mode: text,
    level: { type: 'string', description: 'The isolation level that the next start gets.' },
    running_level: {
      type: ['string', 'null'],
      description: 'The level of the present worker; null without one.',
    },
    attested: text,
    image: {
      ...orNull({ $ref: '#/components/schemas/WorkerImage' }),
      description: 'What the present worker is made from; null without one, and where workers are processes.',
    },
    epoch: integer,
    owner: orNull(object({ id: text, username: text })),
    is_demo: type('boolean'),
    created_at: time,
    updated_at: time,
    unsafe: { type: 'array', items: text, description: 'Settings that take protection away.' },
    last_refusal: orNull({ $ref: '#/components/schemas/Refusal' }),
    refusals_last_hour: integer,
  }),
  WorkerImage: object({
    name: text,
    custom: {
      type: 'boolean',
      description: 'Not an image of this version: what is in it, and what the worker says, is its own word.',
    },
    outdated: { type: 'boolean', description: 'The next start gets another one.' },
  }),
  Refusal: object(refusal, ['event_id', 'hint']),
  Now: object({
    agents: {
      ...object(Object.fromEntries(STATUSES.map((status) => [status, integer]))),
      description: 'How many agents are in each status.',
    },
    failed: {
      ...list({ $ref: '#/components/schemas/Agent' }),
      description: 'The newest 100; `agents` counts all.',
    },
    disconnected: {
      ...list({ $ref: '#/components/schemas/Agent' }),
      description: 'The newest 100; `agents` counts all.',
    },
    refusals: object({
      total: { type: 'integer', description: 'Within the last hour.' },
      items: {
        ...list(object({ agent_id: text, agent_name: text, ...refusal }, ['event_id', 'hint'])),
        description: 'The latest 100, newest first.',
      },
      counted: {
        type: 'integer',
        description: 'Refusals that `by_rule` counts: of each agent the latest 200 within the last hour.',
      },
      rules: { type: 'integer', description: 'How many different rules are among those that are counted.' },
      by_rule: {
        ...list(object({ rule: text, count: integer })),
        description: 'The 20 rules that refused most.',
      },
    }),
    unsafe: list({ $ref: '#/components/schemas/UnsafeSetting' }),
  }),
  UnsafeSetting: object(
    {
      scope: { enum: ['server', 'agent'] },
      agent_id: text,
      agent_name: text,
      setting: text,
      consequence: text,
      fix: text,
    },
    ['agent_id', 'agent_name'],
  ),
  Step: object({ layer: text, rule: text, effect, note: text }, ['note']),
  // Open: policies add fields of their own, such as the plan of a command.
  Decision: {
    type: 'object',
    required: ['effect', 'layer', 'rule', 'reason', 'input', 'policyDigest', 'trace'],
    properties: {
      effect,
      layer: text,
      rule: text,
      reason: text,
      hint: { type: 'string', description: 'What would be accepted instead.' },
      span: {
        type: 'array',
        items: integer,
        minItems: 2,
        maxItems: 2,
        description: 'Offsets [start, end) in the judged input, in UTF-16 code units.',
      },
      input: text,
      policyDigest: text,
      trace: list({ $ref: '#/components/schemas/Step' }),
    },
  },
  GateRecord: object({
    id: text,
    agent_id: text,
    session_key: text,
    actor: text,
    tool: text,
    time: text,
    decision: { $ref: '#/components/schemas/Decision' },
  }),
  Egress: object(
    {
      purpose: { enum: ['web', 'command', 'provider'] },
      method: text,
      host: text,
      port: integer,
      verdict: { enum: ['allow', 'deny', 'limit', 'error'] },
      rule: text,
      hint: text,
      status: integer,
      error: text,
      bytes: integer,
      bytes_out: integer,
    },
    ['hint', 'status', 'error'],
  ),
  ActivityEvent: object(
    {
      event_type: {
        enum: [
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
          'egress',
        ],
      },
      session_key: text,
      turn_id: text,
      channel: text,
      chat_id: text,
      content: text,
      tool_name: text,
      call_id: text,
      result_status: { enum: ['ok', 'error', 'denied', 'cancelled'] },
      duration_ms: type('number'),
      record: { $ref: '#/components/schemas/GateRecord' },
      egress: { $ref: '#/components/schemas/Egress' },
    },
    [
      'session_key',
      'turn_id',
      'channel',
      'chat_id',
      'content',
      'tool_name',
      'call_id',
      'result_status',
      'duration_ms',
      'record',
      'egress',
    ],
  ),
  Activity: object({
    id: { type: 'integer', description: 'Cursor of the activity of this agent.' },
    time,
    source: { enum: ['worker', 'control'], description: 'Whose word it is.' },
    event: { $ref: '#/components/schemas/ActivityEvent' },
  }),
  Message: object({
    id: text,
    session_key: text,
    state: { enum: ['queued', 'delivered', 'done', 'failed', 'interrupted'] },
    text,
    error: orNull(object({ code: text, message: text })),
    result: nullableText,
    created_at: time,
  }),
  ChatSession: object({ session_key: text, entries: integer, last_at: time }),
  SessionEntry: object(
    {
      role: { enum: ['user', 'assistant', 'tool'] },
      content: text,
      turn_id: text,
      time: text,
      tool_calls: list(object({ id: text, name: text, arguments: text })),
      tool_call_id: text,
      name: text,
      channel: text,
    },
    ['tool_calls', 'tool_call_id', 'name', 'channel'],
  ),
  TreeEntry: object(
    {
      name: text,
      path: text,
      type: { enum: ['file', 'directory', 'symlink', 'other'] },
      size: integer,
      children: list({ $ref: '#/components/schemas/TreeEntry' }),
    },
    ['children'],
  ),
  DirectoryEntry: object({
    name: text,
    type: { enum: ['file', 'directory', 'symlink', 'other'] },
    size: integer,
    mtimeMs: { type: 'number', description: 'Milliseconds since the epoch.' },
  }),
  TextFile: object({ path: text, content: text, size: integer, truncated: type('boolean') }),
  Directory: object({
    path: text,
    items: list({ $ref: '#/components/schemas/DirectoryEntry' }),
    truncated: { type: 'boolean', description: 'Whether there are more entries than are listed.' },
  }),
  AuditRow: object({
    seq: integer,
    time,
    kind: text,
    agent_id: nullableText,
    agent_name: { ...nullableText, description: 'Null when the agent is gone.' },
    actor_id: { ...nullableText, description: '`user:<id>`, `model` or who else acted.' },
    actor_name: { ...nullableText, description: 'Of an actor that is a user.' },
    effect: nullableText,
    rule: nullableText,
    event: { type: 'object', description: 'As it was hashed: its fields depend on `kind`.' },
    hash: text,
  }),
  LogLine: object({ time: text, stream: text, text }),
  RuntimeInfo: object(
    {
      version: text,
      backend: nullableText,
      max_level: text,
      unconfined_exec: type('boolean'),
      backend_source: text,
      backend_reason: text,
      image: text,
      custom_image: type('boolean'),
      uid_mode: text,
      engine: text,
      available: type('boolean'),
      levels: list(text),
      enforced: list(text),
      not_enforced: list(text),
    },
    [
      'backend_source',
      'backend_reason',
      'image',
      'custom_image',
      'uid_mode',
      'engine',
      'available',
      'levels',
      'enforced',
      'not_enforced',
    ],
  ),
  Drill: object(
    {
      id: text,
      state: { enum: ['running', 'done'] },
      verdict: { enum: ['pass', 'fail', 'pending'] },
      level: text,
      backend: text,
      engine: text,
      versions: orNull(object({ engine: versionedPart, runtime: versionedPart, kernel: versionedPart })),
      node: text,
      image: nullableText,
      agent_id: nullableText,
      worker_agent_id: nullableText,
      started_at: text,
      ended_at: nullableText,
      actor: text,
      attested: text,
      reason: text,
      passed: type('integer'),
      failed: type('integer'),
      informed: type('integer'),
      planned: type('integer'),
      rows: list(
        object({
          id: text,
          group: text,
          action: text,
          layer: { enum: ['container', 'command', 'policy'] },
          expected: { enum: ['blocked', 'allowed', 'any'] },
          actual: { enum: ['blocked', 'allowed', 'not-run'] },
          verdict: { enum: ['pass', 'fail', 'info'] },
          control: type('boolean'),
          detail: text,
          tookMs: type('integer'),
        }),
      ),
    },
    ['reason'],
  ),
  BackendChoice: object({ backend: text, active: nullableText, restart_required: type('boolean') }),
  AgentConfig: agentConfig,
  ConfigReview: object({
    changed: list(text),
    loosens: list(text),
    needs_password: type('boolean'),
    refused: orNull(object({ code: text, error: text })),
    unsafe: list(text),
  }),
  SecurityPreset: object(
    {
      level: { enum: ['sandboxed', 'permissive', 'privileged'] },
      name: { enum: ['Safe', 'Standard', 'Power'] },
      summary: text,
      protections: list(text),
      consequences: list(text),
      available: type('boolean'),
      unavailable_reason: text,
    },
    ['unavailable_reason'],
  ),
} as const satisfies Record<string, JsonSchema>;

/** Name of a schema in the OpenAPI document. */
export type ComponentName = keyof typeof schemas;

/** The named schemas, by name. */
export const COMPONENTS: Readonly<Record<ComponentName, JsonSchema>> = Object.freeze(schemas);
