import { expect, test } from 'vitest';
import type { Caller } from '../http/route.js';
import type { FeedItem } from '../events/activity-feed.js';
import { AgentWatch, type AgentWatchParts } from './agent-watch.js';

const CALLER: Caller = {
  userId: 'u1',
  username: 'admin',
  role: 'superadmin',
  ip: '127.0.0.1',
  userAgent: '',
};

/** A watch whose views of the agent come when the test gives them, as a database answers one query before another. */
async function watching() {
  let tell: (item: FeedItem) => void = () => undefined;
  const asked: { readonly status: string; readonly give: () => void; readonly fail: () => void }[] = [];
  const sent: unknown[] = [];
  const parts = {
    storage: {
      agents: { get: () => Promise.resolve({ id: 'a1', ownerUserId: 'u1' }) },
      events: { tail: () => Promise.resolve([]) },
    },
    feed: {
      subscribe: (_id: string, listener: (item: FeedItem) => void) => {
        tell = listener;
        return () => undefined;
      },
    },
    agents: {
      view: ({ status }: { readonly status: string }) =>
        new Promise((resolve, reject) => {
          asked.push({ status, give: () => resolve({ status }), fail: () => reject(new Error('away')) });
        }),
    },
  } as unknown as AgentWatchParts;
  const watch = new AgentWatch(parts, (name, body) => sent.push([name, body]), CALLER, 'a1');
  await watch.begin(undefined);
  const become = (status: string): void =>
    tell({ kind: 'status', agent: { id: 'a1', ownerUserId: 'u1', status } } as unknown as FeedItem);
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  };
  return { watch, become, asked, sent, settle };
}

test('a later state is sent behind an earlier one, however long the earlier one takes to read', async () => {
  const { become, asked, sent, settle } = await watching();
  become('connecting');
  become('running');
  await settle();
  // Whatever is asked by now may be answered in any order: the later first.
  for (const { give } of asked.toReversed()) give();
  await settle();
  for (const { give } of asked) give();
  await settle();
  expect(sent).toEqual([
    ['status', { status: 'connecting' }],
    ['status', { status: 'running' }],
  ]);
});

test('a state that cannot be read holds up none behind it, and nothing is sent after the end', async () => {
  const { watch, become, asked, sent, settle } = await watching();
  become('connecting');
  become('running');
  await settle();
  asked[0]?.fail();
  await settle();
  asked[1]?.give();
  await settle();
  expect(sent).toEqual([['status', { status: 'running' }]]);
  become('stopped');
  await settle();
  watch.end();
  asked[2]?.give();
  await settle();
  expect(sent).toHaveLength(1);
});
