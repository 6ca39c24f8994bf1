import { describe, expect, it } from 'vitest';
import { TokenBucket } from './token-bucket.js';

describe('TokenBucket', () => {
  it('lets a burst through and holds what lasts to its rate', () => {
    let now = 0;
    const bucket = new TokenBucket(1000, 100, () => now);
    expect(bucket.spend(1000)).toBe(0);
    expect(bucket.spend(50)).toBe(500);
    now += 1000;
    expect(bucket.spend(50)).toBe(0);
    now += 3_600_000;
    expect(bucket.spend(1100)).toBe(1000);
  });

  it('gives one at a time until none is left, and again when time has passed', () => {
    let now = 0;
    const bucket = new TokenBucket(2, 1, () => now);
    expect([bucket.tryTake(), bucket.tryTake(), bucket.tryTake()]).toEqual([true, true, false]);
    now += 1000;
    expect([bucket.tryTake(), bucket.tryTake()]).toEqual([true, false]);
  });
});
