import { randomUUID } from 'node:crypto';
import type { OutboxItem } from '@clawforce/protocol';
import { describe, expect, test } from 'vitest';
import type { TestStorage } from './test-storage.js';

/** What every database must do with the events of agents. */
export function eventCases(current: () => TestStorage): void {
  /** An agent with an open epoch. */
  const running = async (): Promise<{ readonly id: string; readonly epoch: number }> => {
    const { agents } = current().storage;
    const agent = await agents.create({ name: 'a', ownerUserId: null, mode: 'process', level: 'permissive' });
    const { epoch } = await agents.openEpoch(agent.id);
    return { id: agent.id, epoch };
  };
  const activity = (seq: number, content = `event ${seq}`): OutboxItem => ({
    seq,
    time: '2026-01-01T00:00:00.000Z',
    type: 'activity',
    event: { event_type: 'tool_call', session_key: 's', content },
  });
  const entry = (seq: number, content: string, key = 's'): OutboxItem => ({
    seq,
    time: '2026-01-01T00:00:00.000Z',
    type: 'session',
    session_key: key,
    entry: { role: 'user', content, turn_id: 't', time: '2026-01-01T00:00:00.000Z' },
  });
  const batch = (from: number, to: number): OutboxItem[] =>
    Array.from({ length: to - from + 1 }, (_, index) => activity(from + index));

  describe('events', () => {
    test('a batch is stored once, however often it is sent', async () => {
      const { events, agents } = current().storage;
      const { id, epoch } = await running();
      const first = await events.append(id, epoch, batch(1, 3));
      expect(first).toMatchObject({ status: 'stored', ack: 3 });
      const again = await events.append(id, epoch, batch(1, 5));
      expect(again).toMatchObject({ status: 'stored', ack: 5 });
      expect('stored' in again && again.stored.map(({ seq }) => seq)).toEqual([4, 5]);
      expect(await events.append(id, epoch, batch(1, 5))).toEqual({ status: 'stored', ack: 5, stored: [] });
      expect((await agents.get(id))?.ackSeq).toBe(5);
      const seqs = (await events.tail(id)).map(({ seq }) => seq);
      expect(seqs).toEqual([1, 2, 3, 4, 5]);
    });

    test('the page above one that is shown is read backwards', async () => {
      const { events } = current().storage;
      const { id, epoch } = await running();
      await events.append(id, epoch, batch(1, 7));
      const ids = (await events.tail(id)).map((event) => event.id);
      const above = await events.before(id, ids[5] ?? 0, 3);
      expect(above.map((event) => event.id)).toEqual(ids.slice(2, 5));
      expect(await events.before(id, ids[0] ?? 0, 3)).toEqual([]);
    });

    test('decisions since a time come from all agents, oldest first, the latest of too many', async () => {
      const { events } = current().storage;
      const [one, two] = [await running(), await running()];
      const at = (minute: number): Date => new Date(Date.UTC(2031, 0, 1, 0, minute));
      const decide = (id: string, minute: number): Promise<unknown> =>
        events.record(id, { event_type: 'policy_decision', content: String(minute) }, at(minute));
      await decide(one.id, 0);
      await decide(two.id, 2);
      await decide(one.id, 1);
      await events.record(one.id, { event_type: 'error', content: 'no decision' }, at(3));
      const contents = async (since: Date, limit: number): Promise<unknown[]> =>
        (await events.decisionsSince(since, limit)).map((event) => 'event' in event && event.event.content);
      expect(await contents(at(0), 10)).toEqual(['0', '1', '2']);
      expect(await contents(at(1), 10)).toEqual(['1', '2']);
      expect(await contents(at(0), 2)).toEqual(['1', '2']);
    });

    test('a gap is named, and what comes before it is stored', async () => {
      const { events } = current().storage;
      const { id, epoch } = await running();
      expect(await events.append(id, epoch, [activity(2)])).toMatchObject({
        status: 'gap',
        ack: 0,
        expected: 1,
      });
      const outcome = await events.append(id, epoch, [activity(1), activity(2), activity(4)]);
      expect(outcome).toMatchObject({ status: 'gap', ack: 2, expected: 3 });
      expect(await events.tail(id)).toHaveLength(2);
    });

    test('a worker of an earlier session that wants to write history is fenced', async () => {
      const { events, agents } = current().storage;
      const { id, epoch } = await running();
      await events.append(id, epoch, batch(1, 2));
      const next = await agents.openEpoch(id);
      expect(await events.append(id, epoch, batch(3, 4))).toEqual({ status: 'fenced', epoch: next.epoch });
      expect(await events.append(id, next.epoch + 1, batch(3, 4))).toMatchObject({ status: 'fenced' });
      expect(await events.tail(id)).toHaveLength(2);
      expect(await events.append(randomUUID(), 1, batch(1, 1))).toEqual({ status: 'unknown' });
    });

    test('of the same batch sent on several connections at once, every row is stored once', async () => {
      const { events } = current().storage;
      const { id, epoch } = await running();
      const outcomes = await Promise.all([1, 2, 3, 4].map(() => events.append(id, epoch, batch(1, 20))));
      expect(outcomes.map((outcome) => 'ack' in outcome && outcome.ack)).toEqual([20, 20, 20, 20]);
      expect(outcomes.flatMap((outcome) => ('stored' in outcome ? outcome.stored : []))).toHaveLength(20);
      expect(await events.tail(id, 200)).toHaveLength(20);
    });

    test('one cursor covers what the worker and what the control plane wrote, in order and without holes', async () => {
      const { events } = current().storage;
      const { id, epoch } = await running();
      await events.append(id, epoch, batch(1, 2));
      const own = await events.record(id, { event_type: 'agent_stopped', content: 'by the operator' });
      await events.append(id, epoch, [entry(3, 'not activity'), activity(4)]);
      await Promise.all([
        events.record(id, { event_type: 'error' }),
        events.append(id, epoch, batch(5, 6)),
        events.record(id, { event_type: 'error' }),
      ]);
      const all = await events.after(id, 0);
      expect(all.map((event) => event.id)).toEqual([1, 2, 3, 5, 6, 7, 8, 9]);
      expect(all[2]).toEqual(own);
      expect(own).toMatchObject({ source: 'control', seq: null, epoch: null });
      expect((await events.after(id, 6, 2)).map((event) => event.id)).toEqual([7, 8]);
      expect((await events.tail(id, 2)).map((event) => event.id)).toEqual([8, 9]);
      await expect(events.record(randomUUID(), { event_type: 'error' })).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
    });

    test('what comes back is what was sent: NUL, quotes, surrogates, emoji, a placeholder, 100 kB', async () => {
      const { events } = current().storage;
      const { id, epoch } = await running();
      const texts = [
        'a\0b',
        `'; DROP TABLE "AgentEvent"; --`,
        '\uD800 alone',
        '🦀 ünï',
        '$1 ? :x',
        'x'.repeat(100_000),
      ];
      await events.append(
        id,
        epoch,
        texts.map((text, index) => activity(index + 1, text)),
      );
      const back = (await events.tail(id)).map((row) => row.kind === 'activity' && row.event.content);
      expect(back).toEqual(texts);
    });

    test('a batch larger than one statement is stored whole', async () => {
      const { events } = current().storage;
      const { id, epoch } = await running();
      expect(await events.append(id, epoch, batch(1, 1201))).toMatchObject({ status: 'stored', ack: 1201 });
      expect((await events.after(id, 1199)).map(({ seq }) => seq)).toEqual([1200, 1201]);
    });

    test('a worker with a broken clock does not lose its batch', async () => {
      const { events } = current().storage;
      const { id, epoch } = await running();
      const odd = ['yesterday', '+099999-01-01T00:00:00Z', '-000001-01-01T00:00:00Z'].map((time, index) => ({
        ...activity(index + 1),
        time,
      }));
      expect(await events.append(id, epoch, odd)).toMatchObject({ status: 'stored', ack: 3 });
      expect((await events.tail(id)).map(({ time }) => time.getTime())).toEqual([0, 0, 0]);
    });

    test('a session comes back in order, the last entries only when limited', async () => {
      const { events } = current().storage;
      const { id, epoch } = await running();
      await events.append(id, epoch, [
        entry(1, 'one'),
        activity(2),
        entry(3, 'two'),
        entry(4, 'x', 'other\0'),
      ]);
      await events.recordSession(id, 's', {
        role: 'assistant',
        content: 'three',
        turn_id: 't',
        time: '2026-01-01T00:00:00.000Z',
      });
      const contents = async (key: string, limit?: number) =>
        (await events.history(id, key, limit)).map(({ content }) => content);
      expect(await contents('s')).toEqual(['one', 'two', 'three']);
      expect(await contents('s', 2)).toEqual(['two', 'three']);
      expect(await contents('other\0')).toEqual(['x']);
      expect(await events.sessions(id)).toMatchObject([
        { sessionKey: 's', entries: 3 },
        { sessionKey: 'other\uFFFD', entries: 1 },
      ]);
    });

    test('a worker that wants to fill memory with its own history gets the last part of it', async () => {
      const { events } = current().storage;
      const { id, epoch } = await running();
      for (let seq = 1; seq <= 40; seq += 1)
        await events.append(id, epoch, [entry(seq, `${seq} ${'x'.repeat(500_000)}`)]);
      const found = await events.history(id, 's', 1000);
      expect(found).toHaveLength(16);
      expect(found.at(0)?.content).toMatch(/^25 /);
      expect(found.at(-1)?.content).toMatch(/^40 /);
    });

    test('pruning removes old activity and keeps sessions', async () => {
      const { events } = current().storage;
      const { id, epoch } = await running();
      await events.append(id, epoch, [activity(1), entry(2, 'kept')]);
      await events.record(id, { event_type: 'error' }, new Date('2026-06-01T00:00:00Z'));
      expect(await events.prune(new Date('2026-02-01T00:00:00Z'))).toBeGreaterThanOrEqual(1);
      expect(await events.tail(id)).toHaveLength(1);
      expect(await events.history(id, 's')).toHaveLength(1);
      expect(await events.append(id, epoch, batch(1, 3))).toMatchObject({ status: 'stored', ack: 3 });
    });
  });
}
