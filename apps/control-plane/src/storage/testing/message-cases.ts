import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { MESSAGE_TRANSITIONS, type MessageState } from '../messages/message-store.js';
import type { TestStorage } from './test-storage.js';

/** What every database must do with messages. */
export function messageCases(current: () => TestStorage): void {
  const agent = async (): Promise<string> => {
    const { agents } = current().storage;
    return (await agents.create({ name: 'a', ownerUserId: null, mode: 'process', level: 'permissive' })).id;
  };
  const message = (agentId: string, text = 'hello', id?: string) =>
    current().storage.messages.enqueue({
      agentId,
      sessionKey: 's',
      text,
      actor: 'user:1',
      channel: 'api',
      chatId: 'c',
      ...(id === undefined ? {} : { id }),
    });

  describe('messages', () => {
    test('messages of one instant keep the order of arrival', async () => {
      const { messages } = current().storage;
      const agentId = await agent();
      for (const text of ['1', '2', '3', '4', '5']) await message(agentId, text);
      const texts = (rows: readonly { readonly text: string }[]) => rows.map(({ text }) => text);
      expect(texts(await messages.inState(agentId, 'queued'))).toEqual(['1', '2', '3', '4', '5']);
      const page = await messages.list(agentId, { limit: 3 });
      expect(texts(page.items)).toEqual(['5', '4', '3']);
      const rest = await messages.list(agentId, { limit: 3, cursor: page.next_cursor! });
      expect(texts(rest.items)).toEqual(['2', '1']);
      expect(rest.next_cursor).toBeUndefined();
      expect((await messages.list(agentId, { sessionKey: 'none' })).items).toEqual([]);
      await expect(messages.list(await agent(), { cursor: page.next_cursor! })).rejects.toMatchObject({
        code: 'CURSOR_INVALID',
      });
    });

    test('a repeated request enqueues once; the id of someone else is refused', async () => {
      const { messages } = current().storage;
      const agentId = await agent();
      const id = randomUUID();
      const first = await message(agentId, 'once', id);
      expect(await message(agentId, 'once', id)).toEqual(first);
      expect(await messages.inState(agentId, 'queued')).toHaveLength(1);
      await expect(message(agentId, 'other text', id)).rejects.toMatchObject({ code: 'CONFLICT' });
      await expect(message(await agent(), 'once', id)).rejects.toMatchObject({ code: 'CONFLICT' });
      await expect(message(randomUUID())).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });

    const states = Object.keys(MESSAGE_TRANSITIONS) as MessageState[];
    test.each(states.flatMap((from) => states.map((to) => [from, to] as const)))(
      'from %s to %s only as the table says',
      async (from, to) => {
        const { messages } = current().storage;
        const { id } = await message(await agent());
        if (from !== 'queued') {
          if (from !== 'delivered') await messages.transition(id, 'delivered');
          await messages.transition(id, from);
        }
        if (MESSAGE_TRANSITIONS[from].includes(to)) {
          expect((await messages.transition(id, to)).state).toBe(to);
        } else {
          await expect(messages.transition(id, to)).rejects.toMatchObject({ code: 'TRANSITION' });
          expect((await messages.get(id))?.state).toBe(from);
        }
      },
    );

    test('of several that finish a message at once, one does', async () => {
      const { messages } = current().storage;
      const { id } = await message(await agent());
      await messages.transition(id, 'delivered');
      const outcomes = await Promise.allSettled([
        messages.transition(id, 'done', { result: 'answer' }),
        messages.transition(id, 'failed', { error: { code: 'X', message: 'x' } }),
        messages.transition(id, 'interrupted', { error: { code: 'Y', message: 'y' } }),
      ]);
      const won = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
      expect(won).toHaveLength(1);
      expect(await messages.get(id)).toEqual(won[0]);
    });

    test('an outcome is kept with its time', async () => {
      const { messages } = current().storage;
      const { id } = await message(await agent());
      current().clock += 5;
      const delivered = await messages.transition(id, 'delivered');
      expect(delivered.deliveredAt?.getTime()).toBe(current().clock);
      const error = { code: 'MODEL_DOWN', message: 'with \0 in it' };
      const failed = await messages.transition(id, 'failed', { error });
      expect(failed).toMatchObject({ error, result: null, finishedAt: new Date(current().clock) });
      await expect(messages.transition(randomUUID(), 'done')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });

    test('a killed worker ends what was delivered and leaves what waits', async () => {
      const { messages } = current().storage;
      const agentId = await agent();
      const [first, second] = [await message(agentId, '1'), await message(agentId, '2')];
      await messages.transition(first.id, 'delivered');
      const error = { code: 'WORKER_GONE', message: 'the worker ended' };
      const ended = await messages.endAll(agentId, ['delivered'], 'interrupted', error);
      expect(ended.map(({ id, state }) => [id, state])).toEqual([[first.id, 'interrupted']]);
      expect((await messages.get(second.id))?.state).toBe('queued');
    });
  });
}
