import { expect, test } from 'vitest';
import { freeChunk } from './free-chunk.js';

test('gives back memory that belongs to one chunk alone', () => {
  const chunk = Buffer.allocUnsafeSlow(64 * 1024);
  const { external } = process.memoryUsage();
  for (let i = 0; i < 2_000; i += 1) freeChunk(Buffer.allocUnsafeSlow(64 * 1024));
  freeChunk(chunk);
  expect([chunk.byteLength, chunk.buffer.byteLength]).toEqual([0, 0]);
  // 125 MiB have come and gone.
  expect(process.memoryUsage().external - external).toBeLessThan(16 * 2 ** 20);
});

test('leaves alone what has neighbours or is small', () => {
  const whole = Buffer.alloc(128 * 1024, 1);
  freeChunk(whole.subarray(0, 64 * 1024));
  freeChunk(whole.subarray(1));
  expect(whole.every((byte) => byte === 1)).toBe(true);
  const pooled = Buffer.from('pooled');
  freeChunk(pooled);
  expect(pooled.toString()).toBe('pooled');
  const shared = new Uint8Array(new SharedArrayBuffer(64 * 1024)).fill(1);
  freeChunk(shared);
  expect(shared.every((byte) => byte === 1)).toBe(true);
});
