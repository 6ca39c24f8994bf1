import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BoundedOutput } from './bounded-output.js';

it('keeps everything that fits, and head and tail of what does not', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 50 }),
      fc.integer({ min: 2, max: 600 }),
      (chunks, limit) => {
        const output = new BoundedOutput(limit);
        // ASCII, so that bytes and characters are the same thing.
        const ascii = chunks.map((chunk) => Buffer.from(chunk.map((byte) => 97 + (byte % 26))));
        for (const chunk of ascii) output.add(chunk);
        const whole = Buffer.concat(ascii).toString();
        const half = Math.floor(limit / 2);
        const { text, totalBytes, truncated } = output.read();
        expect(totalBytes).toBe(whole.length);
        expect(truncated).toBe(whole.length > 2 * half);
        if (!truncated) expect(text).toBe(whole);
        else
          expect(text).toBe(
            `${whole.slice(0, half)}\n[${whole.length - 2 * half} bytes left out]\n${whole.slice(-half)}`,
          );
      },
    ),
  );
});

it('does not show half a character at the cut', () => {
  const output = new BoundedOutput(10);
  output.add(Buffer.from('äöü🎉äöü🎉äöü'));
  expect(output.read().text).not.toContain('\ufffd');
});
