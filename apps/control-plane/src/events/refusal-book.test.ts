import type { Decision } from '@clawforce/policy-core';
import { describe, expect, it } from 'vitest';
import type { StoredEvent } from '../storage/events/event-store.js';
import type { Storage } from '../storage/storage.js';
import { RefusalBook } from './refusal-book.js';

const HOUR = 60 * 60 * 1000;
let now = Date.UTC(2026, 5, 1, 12);
let id = 0;

function decided(
  effect: Decision['effect'],
  at: number,
  rule = 'shell.syntax.pipe',
  agentId = 'a',
): StoredEvent {
  id += 1;
  return {
    id,
    agentId,
    source: 'worker',
    seq: id,
    epoch: 1,
    time: new Date(at),
    kind: 'activity',
    event: {
      event_type: 'policy_decision',
      record: {
        id: `d${id}`,
        agent_id: agentId,
        session_key: 's',
        actor: 'model',
        tool: 'exec',
        time: '',
        decision: {
          effect,
          layer: 'syntax',
          rule,
          reason: 'No pipes.',
          input: 'a | b',
          policyDigest: 'x',
          trace: [],
        },
      },
    },
  };
}

function book(stored: readonly StoredEvent[] = [], audited?: object): RefusalBook & { asked: () => number } {
  let asked = 0;
  const storage = {
    events: { decisionsSince: async (since: Date) => stored.filter(({ time }) => time >= since) },
    auditQuery: {
      lastRefusal: async () => {
        asked += 1;
        return audited;
      },
    },
  } as unknown as Storage;
  return Object.assign(new RefusalBook(storage, () => now), { asked: () => asked });
}
const hear = (to: RefusalBook, event: StoredEvent): void => to.hear(event.agentId, { kind: 'event', event });

describe('the book of refusals', () => {
  it('counts what was refused within the last hour, and not what was allowed', () => {
    const refusals = book();
    hear(refusals, decided('deny', now - 10));
    hear(refusals, decided('ask', now - 10));
    hear(refusals, decided('allow', now - 10));
    hear(refusals, decided('deny', now - 10, 'r', 'b'));
    expect([refusals.count('a'), refusals.count('b'), refusals.count('c')]).toEqual([2, 1, 0]);
    now += HOUR + 60_000;
    expect(refusals.count('a')).toBe(0);
    expect(refusals.recent('a')).toEqual([]);
  });

  it('reads the last hour at the start', async () => {
    const refusals = book([
      decided('deny', now - 2 * HOUR),
      decided('deny', now - 1000),
      decided('allow', now - 1000),
    ]);
    await refusals.open();
    expect(refusals.count('a')).toBe(1);
    expect(await refusals.last('a')).toMatchObject({ time: new Date(now - 1000).toISOString() });
  });

  it('holds a flood of one agent to the latest, and still counts all', () => {
    const refusals = book();
    for (let number = 0; number < 1000; number += 1) hear(refusals, decided('deny', now, `rule.${number}`));
    expect(refusals.recent('a')).toHaveLength(200);
    expect(refusals.recent('a').at(-1)?.rule).toBe('rule.999');
    expect(refusals.count('a')).toBe(1000);
  });

  it('does not let a worker date its refusals into the future', () => {
    const refusals = book();
    hear(refusals, decided('deny', now + 5 * HOUR));
    expect(refusals.recent('a')[0]?.time).toBe(new Date(now).toISOString());
    now += HOUR + 60_000;
    expect(refusals.count('a')).toBe(0);
  });

  it('looks an old one up once, and never over a newer one', async () => {
    const audited = { time: '2026-01-01T00:00:00.000Z', rule: 'old' };
    const refusals = book([], audited);
    expect(await refusals.last('a')).toEqual(audited);
    await refusals.last('a');
    expect(refusals.asked()).toBe(1);
    const racing = refusals.last('b');
    hear(refusals, decided('deny', now, 'new', 'b'));
    expect(await racing).toMatchObject({ rule: 'new' });
    refusals.hear('a', { kind: 'removed' });
    expect(refusals.count('a')).toBe(0);
  });
});
