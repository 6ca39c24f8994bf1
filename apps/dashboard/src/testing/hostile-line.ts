import { expect } from 'vitest';

const PIECE =
  '<img src=x onerror=alert(1)><script>alert(2)</script> [x](javascript:alert(3)) ' +
  '![beacon](https://evil.example/p.gif) a\u202Eb\u200B\u001b[2J\u001b]0;title\u0007 ';

/** One line of a megabyte, all of it hostile: markup, script addresses, image beacons, bidi and control characters. */
export const HOSTILE_LINE = PIECE.repeat(Math.ceil((1024 * 1024) / PIECE.length));

/** Most elements that one hostile line may make: each marked character is one. */
const MOST_ELEMENTS = 2500;

/** Holds that what an element shows of {@link HOSTILE_LINE} is text, is a part of it that says so, and does nothing. */
export function expectInert(element: Element): void {
  const text = element.textContent;
  expect(text).toContain('<img src=x onerror=alert(1)>');
  expect(text).toContain('more characters');
  expect(text.length).toBeLessThan(400_000);
  expect(text).not.toMatch(/[\u202E\u200B\u001b\u0007]/u);
  expect(element.querySelectorAll('img, script, iframe, style, object, embed, [onerror]')).toHaveLength(0);
  for (const link of element.querySelectorAll('a')) expect(link.protocol).not.toBe('javascript:');
  expect(element.querySelectorAll('*').length).toBeLessThan(MOST_ELEMENTS);
}
