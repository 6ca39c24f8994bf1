import { expect, test } from 'vitest';
import { timeGrowth } from '../../../../tools/testing/time-growth.js';
import { compileContentTypes } from './content-type-gate.js';

test.each([
  ['text/html; charset="utf-8, or not"', true],
  ['text/html; charset="a\\", b"', true],
  ['text/html, application/json', false],
  ['text/html; charset="utf-8, application/json', false],
  [`text/html; a="${'x'.repeat(1_000)}"`, true],
  [`text/html; a="${'x'.repeat(1_024)}"`, false],
])('of %s it says %s', (header, admitted) => {
  expect(compileContentTypes(['text/*'])(header)).toBe(admitted);
});

test.each(['text/*', 'application/*+json'])(
  'a head full of quotes takes no time, against %s',
  async (type) => {
    const admits = compileContentTypes([type]);
    const growth = await timeGrowth(2_000, (signs) => {
      for (const header of [
        `"${'\\"'.repeat(signs)}`,
        `text/html;"${'\\"'.repeat(signs)}`,
        'a/'.repeat(signs),
      ])
        expect(admits(header)).toBe(false);
    });
    expect(growth).toBeLessThan(27);
  },
);
