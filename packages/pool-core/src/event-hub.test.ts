import type { PoolEvent } from './agent-pool.js';
import { expect, test } from 'vitest';
import { EventHub } from './event-hub.js';

const event = (agentId: string, time = '2026-01-01T00:00:00.000Z'): PoolEvent => ({
  kind: 'started',
  agentId,
  generation: 1,
  time,
  engineId: '1',
});

async function agents(events: AsyncIterable<PoolEvent>): Promise<string[]> {
  const seen: string[] = [];
  for await (const { agentId } of events) seen.push(agentId);
  return seen;
}

test('an event between the call and the first read is not lost', async () => {
  const hub = new EventHub();
  const events = hub.listen(new AbortController().signal);
  hub.emit(event('a'));
  hub.close();
  expect(await agents(events)).toEqual(['a']);
});

test('a listener without since hears nothing of the past, one with since hears what is not older', async () => {
  const hub = new EventHub();
  hub.emit(event('old', '2026-01-01T00:00:00.000Z'));
  hub.emit(event('new', '2026-01-01T00:00:01.000Z'));
  const present = hub.listen(new AbortController().signal);
  const past = hub.listen(new AbortController().signal, '2026-01-01T00:00:01.000Z');
  hub.close();
  expect(await agents(present)).toEqual([]);
  expect(await agents(past)).toEqual(['new']);
});

test('a waiting listener ends when its signal aborts', async () => {
  const hub = new EventHub();
  const controller = new AbortController();
  const seen = agents(hub.listen(controller.signal));
  await Promise.resolve();
  controller.abort();
  expect(await seen).toEqual([]);
});

test('a since that is no time is a TypeError that names it', () => {
  expect(() => new EventHub().listen(new AbortController().signal, 'yesterday')).toThrow(/^since: /);
});
