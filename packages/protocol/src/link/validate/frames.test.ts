import { describe, expect, it } from 'vitest';
import { testConfig } from '../../testing/worker-config.js';
import {
  LINK_LIMITS,
  readCommand,
  readCommandReport,
  readDelta,
  readEventBatch,
  readHello,
  readLinkAuth,
  readLinkRequest,
  readWelcomeAnswer,
  readWorkerConfig,
} from '../index.js';

const time = '2026-01-01T00:00:00.000Z';
const item = (seq: number, more: object = {}) => ({
  seq,
  time,
  type: 'activity',
  event: { event_type: 'error', content: 'x' },
  ...more,
});
const secret = 's'.repeat(32);
const decision = {
  effect: 'deny',
  layer: 'l',
  rule: 'r',
  reason: 'x',
  input: '',
  policyDigest: '',
  trace: [],
};
const record = { id: 'i', agent_id: 'a', session_key: 's', actor: 'model', tool: 't', time, decision };

describe('frames of a worker', () => {
  it('are read without the fields that this version does not know', () => {
    expect(readEventBatch({ items: [item(7, { agent_id: 'victim' })], agent: 'victim' })).toEqual({
      items: [item(7)],
    });
    const withPlan = { ...record, decision: { ...decision, plan: { argv: ['rm'] } } };
    const batch = readEventBatch({
      items: [item(1, { event: { event_type: 'policy_decision', record: withPlan } })],
    });
    expect(JSON.stringify(batch)).not.toContain('argv');
  });

  it('lose a __proto__ key, and no prototype changes', () => {
    const raw: unknown = JSON.parse(
      `{"session_key":"s","turn_id":"t","text":"x","__proto__":{"polluted":1}}`,
    );
    expect(Object.keys(readDelta(raw) ?? {})).toEqual(['session_key', 'turn_id', 'text']);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['an array', []],
    ['no items', { items: [] }],
    ['a gap', { items: [item(1), item(3)] }],
    ['a repetition', { items: [item(1), item(1)] }],
    ['number 0', { items: [item(0)] }],
    ['a number beyond safe integers', { items: [item(2 ** 60)] }],
    ['an unknown type', { items: [item(1, { type: 'gossip' })] }],
    ['an unknown event', { items: [item(1, { event: { event_type: 'party' } })] }],
    ['a date that is none', { items: [item(1, { time: 'yesterday' })] }],
    ['too long a text', { items: [item(1, { event: { event_type: 'error', content: 'x'.repeat(4_001) } })] }],
    [
      'too many items',
      { items: Array.from({ length: LINK_LIMITS.batchItems + 1 }, (_, at) => item(at + 1)) },
    ],
    [
      'an unknown effect',
      {
        items: [
          item(1, {
            event: {
              event_type: 'policy_decision',
              record: { ...record, decision: { ...decision, effect: 'maybe' } },
            },
          }),
        ],
      },
    ],
  ])('are refused as a batch with %s', (_what, raw) => {
    expect(readEventBatch(raw)).toBeUndefined();
  });

  it('need a credential of a known kind, and the same protocol version', () => {
    const auth = { proto: 1, credential: { kind: 'join', secret }, instance: 'i' };
    expect(readLinkAuth({ ...auth })).toEqual(auth);
    expect(readLinkAuth({ ...auth, proto: 2 })).toBe('upgrade');
    expect(readLinkAuth({ ...auth, proto: '1' })).toBeUndefined();
    expect(readLinkAuth({ ...auth, credential: { kind: 'admin', secret } })).toBeUndefined();
    expect(readLinkAuth({ ...auth, credential: { kind: 'join', secret: 'short' } })).toBeUndefined();
    expect(readLinkAuth({ ...auth, credential: { kind: 'join', secret: `${secret}\r\nx` } })).toBeUndefined();
    expect(readLinkAuth(null)).toBeUndefined();
  });

  it('are refused when a report lacks what its state needs', () => {
    const result = { kind: 'cancel', cancelled: true };
    expect(readCommandReport({ id: 'c', state: 'done', result })).toEqual({ id: 'c', state: 'done', result });
    expect(readCommandReport({ id: 'c', state: 'done' })).toBeUndefined();
    expect(readCommandReport({ id: 'c', state: 'failed' })).toBeUndefined();
    expect(readCommandReport({ id: 'c', state: 'done', result: { kind: 'cancel' } })).toBeUndefined();
    expect(
      readHello({ instance: 'i', next_seq: -1, low_seq: 0, software: {}, capabilities: [] }),
    ).toBeUndefined();
    expect(readLinkRequest({ kind: 'history', session_key: 's', limit: 1e9 })).toBeUndefined();
  });
});

describe('frames of a control plane', () => {
  const welcome = {
    epoch: 1,
    resume_secret: secret,
    ack: 0,
    credit: 1,
    heartbeat_ms: 1_000,
    orphan_ms: 1_000,
  };

  it('are a welcome with a whole configuration, or a refusal', () => {
    expect(readWelcomeAnswer({ ...welcome, config: structuredClone(testConfig) })).toEqual({
      ...welcome,
      config: testConfig,
    });
    expect(readWelcomeAnswer({ refused: { code: 4401, reason: 'x' } })).toEqual({
      refused: { code: 4401, reason: 'x' },
    });
    expect(readWelcomeAnswer({ refused: { code: 1, reason: 'x' } })).toBeUndefined();
    expect(readWelcomeAnswer(welcome)).toBeUndefined();
  });

  it.each<[string, object]>([
    [
      'an unknown mode of exec',
      { exec: { ...testConfig.exec, policy: { ...testConfig.exec.policy, mode: 'most' } } },
    ],
    ['an unknown confinement', { exec: { ...testConfig.exec, confinement: 'maybe' } }],
    ['an unknown approval', { approval: { default_mode: 'always_run', per_tool: { exec: 'sometimes' } } }],
    ['a missing switch', { ssrf_protection: undefined }],
    ['a switch of another type', { restrict_to_workspace: 'false' }],
  ])('are refused as a configuration with %s', (_what, change) => {
    const changed = JSON.parse(JSON.stringify({ ...testConfig, ...change })) as unknown;
    expect(readWorkerConfig(changed)).toBeUndefined();
  });

  it('give a code for a command that cannot be run', () => {
    const tool = { id: 'c', kind: 'tool', session_key: 's', tool: 'exec', actor: 'user:1' };
    expect(readCommand({ ...tool, args: { command: 'ls' } })).toMatchObject({ ok: true });
    expect(readCommand({ ...tool, args: { command: 'x'.repeat(600_000) } })).toMatchObject({
      code: 'ARGUMENTS_TOO_LARGE',
      id: 'c',
    });
    expect(readCommand({ ...tool, args: 'ls' })).toMatchObject({ code: 'COMMAND_INVALID', id: 'c' });
    expect(readCommand({ id: 'c', kind: 'constructor' })).toMatchObject({ code: 'COMMAND_UNKNOWN', id: 'c' });
    expect(readCommand('stop')).not.toHaveProperty('id');
  });
});
