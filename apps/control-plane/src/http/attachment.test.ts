import { expect, test } from 'vitest';
import { attachment } from './attachment.js';

test.each([
  ['report.txt', 'report.txt'],
  ['Größe "1";x=.txt', 'Gr%C3%B6%C3%9Fe%20%221%22%3Bx%3D.txt'],
  ["it's (1)*.txt", 'it%27s%20%281%29%2A.txt'],
  ['a\r\nset-cookie: x', 'a%0D%0Aset-cookie%3A%20x'],
  ['pair \u{1F600}', 'pair%20%F0%9F%98%80'],
  ['half \ud800 of a pair', 'half%20%EF%BF%BD%20of%20a%20pair'],
  ['\udc00', '%EF%BF%BD'],
])('a download may be named %j', (name, encoded) => {
  expect(attachment(name)).toBe(`attachment; filename*=UTF-8''${encoded}`);
});
