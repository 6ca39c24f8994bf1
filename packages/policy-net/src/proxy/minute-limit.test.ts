import { describe, expect, test } from 'vitest';
import { MinuteLimit } from './minute-limit.js';

describe('a limit per minute', () => {
  test('keeps a lock whatever other keys come, and lifts it after a minute', () => {
    let now = 0;
    const limit = new MinuteLimit(2, 10, () => now);
    limit.add('locked');
    limit.add('locked');
    for (let i = 0; i < 100; i += 1) limit.add(`other ${i}`);
    expect(limit.isPassed('locked')).toBe(true);
    expect(limit.isPassed('other 99')).toBe(false);
    expect(limit.size).toBeLessThanOrEqual(20);
    now = 59_999;
    expect(limit.isPassed('locked')).toBe(true);
    now = 60_000;
    expect(limit.isPassed('locked')).toBe(false);
    limit.add('locked');
    expect(limit.isPassed('locked')).toBe(false);
    limit.add('locked');
    expect(limit.isPassed('locked')).toBe(true);
  });

  test('refuses every key while as many are locked as are held', () => {
    let now = 0;
    const limit = new MinuteLimit(1, 3, () => now);
    for (const key of ['a', 'b', 'c', 'd', 'e']) limit.add(key);
    expect(['a', 'b', 'c', 'd', 'never seen'].map((key) => limit.isPassed(key))).toEqual(Array(5).fill(true));
    now = 60_000;
    expect(['a', 'd', 'never seen'].map((key) => limit.isPassed(key))).toEqual([false, false, false]);
  });

  test('forgets what is over, and tells long keys apart', () => {
    let now = 0;
    const limit = new MinuteLimit(2, 100, () => now);
    const long = 'x'.repeat(10_000);
    for (const key of [`${long}1`, `${long}1`, `${long}2`]) limit.add(key);
    expect([limit.isPassed(`${long}1`), limit.isPassed(`${long}2`)]).toEqual([true, false]);
    now = 60_000;
    limit.add('one more');
    expect(limit.size).toBe(1);
  });
});
