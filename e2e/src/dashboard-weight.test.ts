import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { FIRST_LOAD_BYTES, firstLoad } from './support/first-load.js';

const dist = fileURLToPath(new URL('../../apps/dashboard/dist', import.meta.url));

test('the first page of the dashboard weighs at most 250 kB compressed, fonts included', () => {
  const files = firstLoad(dist);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  console.log(`first load: ${(bytes / 1000).toFixed(1)} kB in ${files.length} files`);
  // An empty list would be light, too.
  expect(files.filter(({ file }) => file.endsWith('.woff2'))).toHaveLength(2);
  expect(files.some(({ file, bytes: size }) => file.endsWith('.js') && size > 50_000)).toBe(true);
  expect(bytes).toBeLessThanOrEqual(FIRST_LOAD_BYTES);
});
