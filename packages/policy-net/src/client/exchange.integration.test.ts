import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:net';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { dialTo, harness, listen, origin, rejection, type Harness, type Opened } from '../testing/harness.js';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

async function serve(handler: Parameters<typeof origin>[0]): Promise<Harness> {
  return clientOf(await origin(handler));
}
async function clientOf(opened: Opened): Promise<Harness> {
  const client = harness({ dial: dialTo(opened.port) });
  closers.push(
    () => opened.close(),
    () => client.fetch.close(),
  );
  return client;
}
/** Answers a raw text to each connection's first bytes. */
const raw = async (answer: string): Promise<Harness> =>
  clientOf(await listen(createServer((socket) => socket.once('data', () => socket.end(answer)))));

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('latin1');
}

test.each([
  ['text', 'grüße', /^text\/plain;charset=UTF-8$/, 'grüße'],
  ['parameters', new URLSearchParams({ a: '1 2' }), /^application\/x-www-form-urlencoded/, 'a=1+2'],
  ['bytes', new Uint8Array([104, 105]), /^$/, 'hi'],
  ['a part of a buffer', new Uint8Array(new TextEncoder().encode('xhix').buffer, 1, 2), /^$/, 'hi'],
  ['a blob', new Blob(['hi'], { type: 'text/x' }), /^text\/x$/, 'hi'],
])('%s as a body arrives with its type and length', async (_what, body, type, expected) => {
  const seen: (string | undefined)[] = [];
  const { fetch } = await serve((request, response) => {
    void bodyOf(request).then((text) => {
      seen.push(text, request.headers['content-type'], request.headers['content-length']);
      response.end();
    });
  });
  await fetch('http://one.example.org/', { method: 'POST', body });
  const bytes = Buffer.from(expected);
  expect(seen[0]).toBe(bytes.toString('latin1'));
  expect(seen[1] ?? '').toMatch(type);
  expect(seen[2]).toBe(String(bytes.length));
});

test('form data arrives as multipart with a length, a stream in chunks', async () => {
  const seen: [string, string | undefined, string | undefined][] = [];
  const { fetch } = await serve((request, response) => {
    void bodyOf(request).then((text) => {
      seen.push([text, request.headers['content-type'], request.headers['content-length']]);
      response.end();
    });
  });
  const form = new FormData();
  form.append('name', 'value');
  await fetch('http://one.example.org/', { method: 'POST', body: form });
  const stream = new Blob(['streamed']).stream();
  await fetch('http://one.example.org/', { method: 'POST', body: stream, duplex: 'half' });
  const [multipart, streamed] = seen;
  expect(multipart?.[0]).toMatch(/name="name"\r\n\r\nvalue/);
  expect(multipart?.[1]).toMatch(/^multipart\/form-data; boundary=/);
  expect(multipart?.[2]).toBe(String(multipart?.[0].length));
  expect(streamed).toEqual(['streamed', undefined, undefined]);
});

test('an object as a body, a body with GET and forbidden methods are refused before anything is sent', async () => {
  const { fetch, lookups } = await serve((_request, response) => response.end());
  const url = 'http://one.example.org/';
  const wrong = [
    { method: 'POST', body: { a: 1 } },
    { body: 'x' },
    { method: 'HEAD', body: 'x' },
    { method: 'CONNECT' },
    { method: 'TRACE' },
    { method: 'GET / HTTP/1.1\r\nX: y' },
  ];
  for (const init of wrong)
    expect(await rejection(fetch(url, init as RequestInit))).toBeInstanceOf(TypeError);
  expect(lookups).toEqual([]);
});

test.each([
  ['gzip', gzipSync],
  ['x-gzip', gzipSync],
  ['deflate', deflateSync],
  ['deflate', deflateRawSync],
  ['br', brotliCompressSync],
  ['gzip, br', (text: string) => brotliCompressSync(gzipSync(text))],
])('%s is decoded, also into a buffer of the reader', async (coding, encode) => {
  const text = 'hello '.repeat(20_000);
  const { fetch, events } = await serve((_request, response) => {
    response.writeHead(200, { 'content-encoding': coding }).end(encode(text));
  });
  expect(await (await fetch('http://one.example.org/')).text()).toBe(text);
  const { body } = await fetch('http://one.example.org/');
  const reader = body?.getReader({ mode: 'byob' });
  let read = '';
  for (;;) {
    const part = await reader?.read(new Uint8Array(1_000));
    if (part?.done !== false) break;
    read += Buffer.from(part.value).toString();
  }
  expect(read).toBe(text);
  expect(events.map(({ verdict }) => verdict)).toEqual(['allow', 'allow']);
});

test('a plain body can be read into a buffer of the reader, cloned, and piped', async () => {
  const { fetch } = await serve((_request, response) => {
    response.setHeader('set-cookie', ['a=1', 'b=2']);
    response.end('x'.repeat(300_000));
  });
  const first = await fetch('http://one.example.org/a');
  const copy = first.clone();
  expect([first.url, copy.url, first.headers.getSetCookie()]).toEqual([
    'http://one.example.org/a',
    'http://one.example.org/a',
    ['a=1', 'b=2'],
  ]);
  expect((await Promise.all([first.text(), copy.text()])).map(({ length }) => length)).toEqual([
    300_000, 300_000,
  ]);
  const second = await fetch('http://one.example.org/b');
  const reader = second.body?.getReader({ mode: 'byob' });
  let size = 0;
  for (;;) {
    const part = await reader?.read(new Uint8Array(10_000));
    if (part?.done !== false) break;
    size += part.value.length;
  }
  expect(size).toBe(300_000);
});

test('odd answers are answers: no body where there can be none, and a status that the constructor would not take', async () => {
  const empty = await raw('HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n');
  expect((await empty.fetch('http://one.example.org/')).body).toBeNull();
  const strange = await raw('HTTP/1.1 999 Strange\r\nContent-Length: 2\r\n\r\nhi');
  const response = await strange.fetch('http://one.example.org/');
  expect([response.status, response.ok, await response.text()]).toEqual([999, false, 'hi']);
});

test('an abort during the body is what the reader gets, and the connection ends', async () => {
  let closed: Promise<unknown> | undefined;
  const { fetch, events } = await serve((request, response) => {
    closed = once(request.socket, 'close');
    response.write('first');
  });
  const controller = new AbortController();
  const response = await fetch('http://one.example.org/', { signal: controller.signal });
  const reason = new Error('enough');
  const reading = rejection(response.text());
  controller.abort(reason);
  expect(await reading).toBe(reason);
  await closed;
  expect(events).toHaveLength(1);
});

test('a reader that cancels ends the connection and is no failure', async () => {
  let closed: Promise<unknown> | undefined;
  const { fetch, events } = await serve((request, response) => {
    closed = once(request.socket, 'close');
    response.write('first');
  });
  const response = await fetch('http://one.example.org/');
  await response.body?.cancel();
  await closed;
  expect(events).toMatchObject([{ verdict: 'allow', status: 200 }]);
});

test('the audit says when an exception admitted the address behind a name', async () => {
  const web = await origin((_request, response) => response.end('inside'));
  const client = harness({
    policy: { exceptions: [{ address: '10.1.2.3', port: 8443 }], allowlist: ['inside.example.org'] },
    dns: { 'inside.example.org': ['10.1.2.3'] },
    dial: dialTo(web.port),
  });
  closers.push(web.close, () => client.fetch.close());
  expect(await (await client.fetch('http://inside.example.org:8443/')).text()).toBe('inside');
  expect(await (await client.fetch('http://inside.example.org:8443/again')).text()).toBe('inside');
  expect(client.events).toMatchObject([
    { rule: 'net.exception.allow', chosen: '10.1.2.3' },
    { rule: 'net.exception.allow', chosen: '10.1.2.3' },
  ]);
});

/** A server that answers this text, leaves the connection open, and tells when each one was closed. */
async function leftOpen(answer: string): Promise<{ client: Harness; closed: Promise<unknown> }> {
  let seen: (value: unknown) => void = () => undefined;
  const closed = new Promise((resolve) => (seen = resolve));
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.write(answer));
    socket.once('close', seen);
  });
  return { client: await clientOf(await listen(server)), closed };
}

test.each([
  ['a status without a body sends one', 205, 'HTTP/1.1 205 Reset Content\r\ncontent-length: 5\r\n\r\nhello'],
  ['a status without a body promises one', 205, 'HTTP/1.1 205 Reset Content\r\ncontent-length: 9999\r\n\r\n'],
])('a server that wants to keep our sockets open: %s', async (_what, status, answer) => {
  const { client, closed } = await leftOpen(answer);
  expect((await client.fetch('http://one.example.org/')).status).toBe(status);
  await closed;
});

test('a server that wants to keep our sockets open: a redirect that is not followed, with half a body', async () => {
  const { client, closed } = await leftOpen(
    'HTTP/1.1 302 Found\r\nlocation: /next\r\ncontent-length: 9999\r\n\r\nhalf',
  );
  await rejection(client.fetch('http://one.example.org/', { redirect: 'error' }));
  await closed;
});

test('a reason phrase in Latin-1 is no failure', async () => {
  const server = createServer((socket) =>
    socket.once('data', () =>
      socket.end(Buffer.from('HTTP/1.1 404 Objet non trouv\u00e9\r\ncontent-length: 2\r\n\r\nno', 'latin1')),
    ),
  );
  const client = await clientOf(await listen(server));
  const response = await client.fetch('http://one.example.org/');
  expect([response.status, await response.text()]).toEqual([404, 'no']);
});
