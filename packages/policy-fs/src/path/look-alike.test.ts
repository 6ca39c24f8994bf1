import { describe, expect, test } from 'vitest';
import { LookAlikes } from './look-alike.js';

const lookAlikes = new LookAlikes(['workspace', 'profiles', '.config', '.sessions']);

describe('names that some file system takes for a protected one', () => {
  test.each([
    ['.CONFIG', 'case'],
    ['.con\u200bfig', 'a zero-width space, as in CVE-2014-9390'],
    ['.config\ufe0f', 'a variation selector'],
    ['.config.', 'a trailing dot'],
    ['.config ', 'a trailing blank'],
    ['.config::$INDEX_ALLOCATION', 'a stream'],
    ['\uff0econfig', 'a full-width dot'],
    ['profile\u017f', 'a long s'],
    ['.se\u017f\u017fions', 'two long s'],
    ['WORKSP~1', 'a short name'],
    ['CONFIG~1', 'a short name without the dot'],
  ])('%j is one (%s)', (name) => {
    expect(lookAlikes.has(name)).toBe(true);
  });

  test.each(['workspace2', 'config', '.configs', 'my.config', 'profile', 'con~1x', 'a~1', '.github'])(
    '%j is none',
    (name) => {
      expect(lookAlikes.has(name)).toBe(false);
    },
  );
});
