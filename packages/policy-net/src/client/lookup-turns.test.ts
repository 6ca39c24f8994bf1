import { describe, expect, test } from 'vitest';
import { LookupTurns } from './lookup-turns.js';

/** Turns whose lookups are settled by hand. */
function turnsOf(bounds: ConstructorParameters<typeof LookupTurns>[0]) {
  const turns = new LookupTurns(bounds);
  const started: string[] = [];
  const settle = new Map<string, () => void>();
  const take = (owner: string, name: string): (() => void) | undefined =>
    turns.take(owner, () => {
      started.push(name);
      return new Promise<void>((resolve, reject) =>
        settle.set(name, name.startsWith('bad') ? () => reject(new Error(name)) : resolve),
      );
    });
  const end = async (name: string): Promise<void> => {
    settle.get(name)?.();
    await new Promise(setImmediate);
  };
  return { turns, started, take, end };
}

describe('lookups in turns', () => {
  test('what was given up keeps its turn until it settles, and the others of its owner wait', async () => {
    const { turns, started, take, end } = turnsOf({ perOwner: 2, inAll: 4, waiting: 8 });
    const leave = ['a1', 'a2', 'a3', 'a4'].map((name) => take('a', name));
    for (const one of leave.slice(0, 3)) one?.();
    expect(started).toEqual(['a1', 'a2']);
    await end('a1');
    // The third has left while it waited: nobody looks it up any more.
    expect(started).toEqual(['a1', 'a2', 'a4']);
    await end('a2');
    await end('a4');
    expect(turns.owners).toBe(0);
  });

  test('an owner whose lookups hang takes no turn from another, and the fewest unsettled come first', async () => {
    const { started, take, end } = turnsOf({ perOwner: 2, inAll: 3, waiting: 8 });
    for (const name of ['evil1', 'evil2', 'evil3', 'evil4']) take('evil', name);
    take('good', 'good1');
    expect(started).toEqual(['evil1', 'evil2', 'good1']);
    take('good', 'good2');
    take('late', 'late1');
    await end('evil1');
    // Evil asked first, good has one under way, late has none.
    expect(started.at(-1)).toBe('late1');
    await end('good1');
    expect(started.at(-1)).toBe('good2');
  });

  test('owners with as many lookups as each other take turns', async () => {
    const { started, take, end } = turnsOf({ perOwner: 1, inAll: 1, waiting: 8 });
    for (const name of ['a1', 'a2', 'a3']) take('a', name);
    for (const name of ['b1', 'b2']) take('b', name);
    for (const name of ['a1', 'b1', 'a2', 'b2']) await end(name);
    expect(started).toEqual(['a1', 'b1', 'a2', 'b2', 'a3']);
  });

  test('beyond the bound of those that wait it says so at once; a lookup that fails ends its turn too', async () => {
    const { turns, started, take, end } = turnsOf({ perOwner: 1, inAll: 1, waiting: 2 });
    const taken = ['bad1', 'bad2', 'bad3', 'bad4'].map((name) => take('a', name));
    expect(taken.map((leave) => leave !== undefined)).toEqual([true, true, true, false]);
    for (const name of ['bad1', 'bad2', 'bad3']) await end(name);
    expect(started).toEqual(['bad1', 'bad2', 'bad3']);
    expect(turns.owners).toBe(0);
  });

  test('leaving twice, or after the turn, takes nothing from a later lookup of the same owner', async () => {
    const { turns, started, take, end } = turnsOf({ perOwner: 1, inAll: 1, waiting: 2 });
    const leave = take('a', 'a1');
    await end('a1');
    take('a', 'a2');
    leave?.();
    leave?.();
    expect(turns.owners).toBe(1);
    take('a', 'a3');
    expect(started).toEqual(['a1', 'a2']);
    await end('a2');
    expect(started.at(-1)).toBe('a3');
  });
});
