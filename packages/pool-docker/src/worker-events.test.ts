import { setTimeout as sleep } from 'node:timers/promises';
import { WORKER_LABELS } from '@clawforce/pool-core';
import type { PoolEvent } from '@clawforce/pool-core';
import { expect, it } from 'vitest';
import type { Containers } from './containers.js';
import type { Engine } from './engine.js';
import { WorkerEvents } from './worker-events.js';
import { WorkerMemory } from './worker-memory.js';

const OWNER = 'owner';

function message(action: 'start' | 'die', id: string, at: number): string {
  const Attributes = {
    [WORKER_LABELS.owner]: OWNER,
    [WORKER_LABELS.agent]: id,
    [WORKER_LABELS.generation]: '1',
    [WORKER_LABELS.specHash]: 'hash',
    exitCode: '1',
  };
  return `${JSON.stringify({ Action: action, id, timeNano: at * 1e6, Actor: { Attributes } })}\n`;
}

it('tells each start and end once, though an engine repeats itself, and remembers in what is bounded', async () => {
  const memory = new WorkerMemory();
  let streams = 0;
  const listening = new AbortController();
  const engine = {
    follow: () => {
      streams += 1;
      // After a break an engine tells again what came at the same time.
      return Promise.resolve(
        (async function* () {
          if (streams > 3)
            await sleep(60_000, undefined, { signal: listening.signal }).catch(() => undefined);
          yield Buffer.from(message('start', 'a', 1000) + message('die', 'a', 1001));
        })(),
      );
    },
  };
  const containers = {
    list: () => Promise.resolve([]),
    inspect: () => Promise.resolve(undefined),
  };
  const events = new WorkerEvents({
    engine: engine as unknown as Engine,
    containers: containers as unknown as Containers,
    memory,
    ownerId: OWNER,
  });
  const seen: PoolEvent[] = [];
  const heard = (async () => {
    for await (const event of events.hub.listen(listening.signal)) seen.push(event);
  })();
  events.follow();
  const deadline = Date.now() + 20_000;
  while (streams <= 3 && Date.now() < deadline) await sleep(20);
  listening.abort();
  await events.close();
  await heard;
  expect(streams).toBeGreaterThan(3);
  expect(seen.map(({ kind }) => kind)).toEqual(['started', 'exited']);
  expect(memory.of('a')).toMatchObject({ startTold: true, exitTold: true });
});

it('forgets the oldest of many workers, and nothing of those it heard of last', () => {
  const memory = new WorkerMemory();
  for (let worker = 0; worker < 10_000; worker += 1) memory.note(`w${worker}`, { exitTold: true });
  expect(memory.of('w0')).toEqual({});
  expect(memory.of('w9999')).toEqual({ exitTold: true });
});
