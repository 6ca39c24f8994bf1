import { beforeAll, describe, expect, test } from 'vitest';
import { timeGrowth } from '../../../../tools/testing/time-growth.js';
import { opensslHello } from '../testing/openssl-hello.js';
import { readClientHello } from './client-hello.js';

/** The same message in records of other sizes. */
function inRecords(hello: Buffer, sizes: readonly number[]): Buffer {
  const message = hello.subarray(5);
  const records: Buffer[] = [];
  let at = 0;
  for (const size of [...sizes, message.length]) {
    const fragment = message.subarray(at, at + size);
    if (fragment.length === 0) break;
    records.push(Buffer.from([0x16, 3, 1, fragment.length >> 8, fragment.length & 0xff]), fragment);
    at += fragment.length;
  }
  return Buffer.concat(records);
}

let hello: Buffer;
beforeAll(async () => {
  hello = await opensslHello('a.example.org');
});

describe('a ClientHello', () => {
  const found = { kind: 'hello', serverName: 'a.example.org' };

  test('is read with its name, and without one', async () => {
    expect(readClientHello(hello)).toEqual(found);
    expect(readClientHello(await opensslHello(undefined))).toEqual({ kind: 'hello', serverName: undefined });
  });

  test('needs more until its last byte, wherever it is cut', () => {
    for (let end = 0; end < hello.length; end += 1)
      expect(readClientHello(hello.subarray(0, end)), `cut at ${end}`).toEqual({ kind: 'more' });
    expect(readClientHello(Buffer.concat([hello, Buffer.from('more')]))).toEqual(found);
  });

  test.each([
    ['two', [100]],
    ['five, the head in single bytes', [1, 1, 1, 1]],
    ['sixteen', [1, 1, 1, ...Array<number>(12).fill(7)]],
  ])('is read out of several records: %s', (_name, sizes) => {
    const spread = inRecords(hello, sizes);
    expect(readClientHello(spread)).toEqual(found);
    for (let end = 0; end < spread.length; end += 1)
      expect(readClientHello(spread.subarray(0, end)), `cut at ${end}`).toEqual({ kind: 'more' });
  });

  test('in more records than any client sends is none', () => {
    expect(readClientHello(inRecords(hello, Array<number>(16).fill(7)))).toEqual({ kind: 'not-tls' });
  });

  test('of 16 KiB in records of one byte costs no time, however often it is looked at', async () => {
    const message = Buffer.alloc(2_730, 1);
    Buffer.from([1, 0, 0x3f, 0xff]).copy(message);
    const hostile = inRecords(Buffer.concat([Buffer.alloc(5), message]), Array<number>(2_730).fill(1));
    expect(hostile.length).toBeGreaterThan(16_000);
    const growth = await timeGrowth(hostile.length / 8, (size) => {
      for (let i = 0; i < 50; i += 1)
        expect(readClientHello(hostile.subarray(0, size))).toEqual({ kind: 'not-tls' });
    });
    expect(growth).toBeLessThan(27);
  });

  test.each([
    ['another message', (bytes: Buffer) => bytes.writeUInt8(2, 5)],
    ['another record', (bytes: Buffer) => bytes.writeUInt8(0x17, 0)],
    ['another version', (bytes: Buffer) => bytes.writeUInt8(2, 1)],
    ['an empty record', (bytes: Buffer) => bytes.writeUInt16BE(0, 3)],
    ['a record that is too long', (bytes: Buffer) => bytes.writeUInt16BE(16_385, 3)],
  ])('is not what begins with %s', (_name, change) => {
    const other = Buffer.from(hello);
    change(other);
    expect(readClientHello(other)).toEqual({ kind: 'not-tls' });
  });

  test('with two names is refused: readers differ in which they take', () => {
    const name = (text: string): Buffer =>
      Buffer.concat([Buffer.from([0, 0, text.length]), Buffer.from(text)]);
    const extension = (...names: Buffer[]): Buffer => {
      const list = Buffer.concat(names);
      const head = Buffer.alloc(6);
      head.writeUInt16BE(list.length + 2, 2);
      head.writeUInt16BE(list.length, 4);
      return Buffer.concat([head, list]);
    };
    const helloOf = (...extensions: Buffer[]): Buffer => {
      const all = Buffer.concat(extensions);
      const body = Buffer.concat([
        Buffer.alloc(34),
        Buffer.from([0, 0, 2, 0x13, 1, 1, 0, 0, all.length]),
        all,
      ]);
      const message = Buffer.concat([Buffer.from([1, 0, 0, body.length]), body]);
      return Buffer.concat([Buffer.from([0x16, 3, 1, 0, message.length]), message]);
    };
    const one = name('a.example.org');
    const two = name('b.example.org');
    expect(readClientHello(helloOf(extension(one)))).toEqual(found);
    expect(readClientHello(helloOf(extension(one, two)))).toEqual({ kind: 'not-tls' });
    expect(readClientHello(helloOf(extension(one), extension(two)))).toEqual({ kind: 'not-tls' });
  });
});
