import { expect, it } from 'vitest';
import { boundLines } from './bound-lines.js';

async function handedOn(...chunks: readonly string[]): Promise<string[]> {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(Buffer.from(chunk));
      controller.close();
    },
  });
  const parts: string[] = [];
  for await (const part of boundLines(new Response(body)).body ?? [])
    parts.push(Buffer.from(part).toString());
  return parts;
}

it('hands on whole lines, and at the end what is left', async () => {
  expect(await handedOn('a', 'b\nc', 'd\r', '\ne', 'f')).toEqual(['ab\n', 'cd\r', '\n', 'ef']);
});

it('hands a line on in one piece that comes byte by byte, for the decoder copies what it has with each', async () => {
  expect(await handedOn(...Array<string>(20_000).fill('x'), '\n')).toEqual([`${'x'.repeat(20_000)}\n`]);
});

it('fails at a line without end, and at no number of lines', async () => {
  const half = 'x'.repeat(600_000);
  await expect(handedOn(half, half)).rejects.toMatchObject({ code: 'UPSTREAM_NONSENSE' });
  expect((await handedOn(half, `\n${half}`, '\n')).join('')).toHaveLength(1_200_002);
});
