import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { afterEach, describe, expect, it } from 'vitest';
import { startEventStream, type EventStream } from './sse.js';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function open(signal: AbortSignal, use: (stream: EventStream) => void): Promise<IncomingMessage> {
  const app = express();
  app.get('/', (_request, response) => use(startEventStream(response, signal)));
  server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const [response] = (await once(request({ port, host: '127.0.0.1', agent: false }).end(), 'response')) as [
    IncomingMessage,
  ];
  return response;
}
async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of response as AsyncIterable<Buffer>) text += part.toString();
  return text;
}

describe('a stream of server-sent events', () => {
  it('is not cached, not buffered by a proxy, and begins before the first event', async () => {
    const controller = new AbortController();
    const response = await open(controller.signal, () => undefined);
    expect(response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    controller.abort();
    expect(await textOf(response)).toBe('');
  });

  it('carries name, id and data; text with line breaks cannot forge an event', async () => {
    const response = await open(new AbortController().signal, (stream) => {
      stream.send('activity', { text: 'a\n\nevent: admin\ndata: {}' }, 7);
      stream.send('plain', null);
      stream.end();
    });
    expect(await textOf(response)).toBe(
      `event: activity\nid: 7\ndata: ${JSON.stringify({ text: 'a\n\nevent: admin\ndata: {}' })}\n\nevent: plain\ndata: null\n\n`,
    );
  });

  it('ends with its signal, and sends nothing more', async () => {
    const controller = new AbortController();
    let stream: EventStream | undefined;
    const response = await open(controller.signal, (opened) => (stream = opened));
    stream!.send('one', 1);
    controller.abort();
    stream!.send('two', 2);
    expect(stream!.closed).toBe(true);
    expect(await textOf(response)).toBe('event: one\ndata: 1\n\n');
  });

  it('ends at once when its signal had ended before', async () => {
    const response = await open(AbortSignal.abort(), (stream) => stream.send('one', 1));
    expect(await textOf(response)).toBe('');
  });

  it('drops a reader that does not read, instead of keeping everything for it', async () => {
    let stream: EventStream | undefined;
    const response = await open(new AbortController().signal, (opened) => (stream = opened));
    response.pause();
    let sent = 0;
    for (; sent < 1000 && !stream!.closed; sent += 1) stream!.send('big', 'x'.repeat(64 * 1024));
    expect(stream!.closed).toBe(true);
    expect(sent).toBeLessThan(200);
  });
});
