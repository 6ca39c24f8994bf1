import { describe, expect, test } from 'vitest';
import { textFinder } from './find-text.js';

describe('finding a text', () => {
  test('gives what indexOf gives, wherever and however often it is there', () => {
    let seed = 1;
    const next = (below: number): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    const word = (length: number): string => Array.from({ length }, () => 'ab'[next(2)]).join('');
    for (let round = 0; round < 300; round += 1) {
      const unit = word(1 + next(6));
      const wanted = unit.repeat(Math.ceil((251 + next(100)) / unit.length)) + word(next(4));
      const text = [word(next(50)), wanted.slice(next(30)), wanted, word(next(9)), wanted, unit].join('');
      const find = textFinder(wanted);
      for (const from of [0, next(60), text.length]) {
        expect(find(text, from)).toBe(text.indexOf(wanted, from));
      }
    }
    expect(textFinder('b')('abab', 2)).toBe(3);
  });

  test('ends soon where most of a long text is found everywhere', () => {
    // indexOf takes minutes for this.
    const half = 'a'.repeat(50_000);
    expect(textFinder(`${half}b${half}`)('a'.repeat(2_000_000), 0)).toBe(-1);
  }, 30_000);
});
