import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { EgressDeniedError, EgressLimitError } from '../errors.js';
import { dialTo, harness, listen, origin, rejection, type Harness, type Opened } from '../testing/harness.js';
import type { GuardedFetchOptions } from './fetch-options.js';
import { until } from '../testing/proxy-harness.js';

const opened: Opened[] = [];
const clients: Harness[] = [];

afterEach(async () => {
  for (const { fetch } of clients.splice(0)) await fetch.close();
  for (const server of opened.splice(0)) await server.close();
});

async function serve(
  handler: Parameters<typeof origin>[0],
  options: GuardedFetchOptions = {},
): Promise<Harness> {
  const server = await origin(handler);
  opened.push(server);
  const client = harness({ dial: dialTo(server.port), ...options });
  clients.push(client);
  return client;
}

async function serveRaw(
  handler: (socket: Socket) => void,
  options: GuardedFetchOptions = {},
): Promise<Harness> {
  const server = await listen(createServer((socket) => socket.once('data', () => handler(socket))));
  opened.push(server);
  const client = harness({ dial: dialTo(server.port), ...options });
  clients.push(client);
  return client;
}

/** An origin in a process of its own, so that its memory is not counted. */
async function floodServer(kind: string): Promise<{ port: number; stop: () => void }> {
  const script = `
    const { createGzip } = require('node:zlib');
    const zeros = Buffer.alloc(1 << 20);
    require('node:http').createServer((q, r) => {
      const sink = ${JSON.stringify(kind)} === 'gzip' ? createGzip() : r;
      if (sink !== r) { r.setHeader('content-encoding', 'gzip'); sink.pipe(r); }
      let n = 0;
      const pump = () => { while (n < 256) { n += 1; if (!sink.write(zeros)) return void sink.once('drain', pump); } sink.end(); };
      r.on('error', () => {}); pump();
    }).listen(0, '127.0.0.1', function () { console.log(this.address().port); });`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { port: Number(line.toString()), stop: () => void child.kill('SIGKILL') };
}

const read = async ({ fetch }: Harness): Promise<unknown> =>
  rejection(fetch('http://example.com/').then((response) => response.arrayBuffer()));
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('a server that sends too much', () => {
  test('is cut at the cap and its socket closed', async () => {
    let sent = 0;
    let closed = false;
    const chunk = Buffer.alloc(64 * 1024);
    const client = await serve(
      (_request, response) => {
        response.on('close', () => (closed = true));
        const pump = (): void => {
          while (sent < 64 * 1024 * 1024 && !response.destroyed) {
            sent += chunk.length;
            if (!response.write(chunk)) {
              response.once('drain', pump);
              return;
            }
          }
          response.end();
        };
        pump();
      },
      { limits: { maxBytes: 5 * 1024 * 1024 } },
    );
    const error = await read(client);
    expect(error).toBeInstanceOf(EgressLimitError);
    expect(error).toMatchObject({ limit: 'maxBytes' });
    await until(() => closed);
    expect(sent).toBeLessThan(16 * 1024 * 1024);
    expect(client.events).toMatchObject([{ verdict: 'limit', error: 'maxBytes', status: 200 }]);
    // The chunk that passed the cap is the last: undici hands over what one read of 64 KiB gave.
    expect(client.events[0]?.bytes).toBeLessThanOrEqual((5 * 1024 + 64) * 1024);
  });

  test.each(['plain', 'gzip'])(
    'is cut with less than three times the cap in memory (%s)',
    async (kind) => {
      const cap = 24 * 1024 * 1024;
      const flood = await floodServer(kind);
      const client = harness({ dial: dialTo(flood.port), limits: { maxBytes: cap, maxRatio: Infinity } });
      clients.push(client);
      globalThis.gc?.();
      const before = process.memoryUsage().rss;
      let peak = before;
      const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 5);
      let length = 0;
      const error = await rejection(
        (async () => {
          const response = await client.fetch('http://example.com/');
          for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>)
            length += chunk.length;
        })(),
      );
      clearInterval(watch);
      flood.stop();
      expect(error).toMatchObject({ limit: kind === 'gzip' ? 'maxDecodedBytes' : 'maxBytes' });
      expect(length).toBeLessThanOrEqual(cap);
      expect(peak - before).toBeLessThan(3 * cap);
    },
    30_000,
  );

  test('is refused by its Content-Length before a body byte is read', async () => {
    const client = await serve(
      (_request, response) => response.writeHead(200, { 'content-length': 10_000 }).end(Buffer.alloc(10_000)),
      { limits: { maxBytes: 100 } },
    );
    expect(await read(client)).toMatchObject({ limit: 'maxBytes' });
    expect(client.events).toMatchObject([{ bytes: 0 }]);
  });

  test('is read to the cap and no further by a caller that wants the beginning, whatever its Content-Length', async () => {
    const client = await serve(
      (_request, response) =>
        response.writeHead(200, { 'content-length': 4_000_000 }).end(Buffer.alloc(4_000_000)),
      { limits: { maxBytes: 1_000_000 } },
    );
    const beginning = async (wanted: number): Promise<number> => {
      const response = await client.fetch('http://example.com/', { partialBody: true });
      let size = 0;
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
        size += chunk.length;
        if (size >= wanted) break;
      }
      return size;
    };
    expect(await beginning(500_000)).toBeGreaterThanOrEqual(500_000);
    expect(await rejection(beginning(2_000_000))).toMatchObject({ limit: 'maxBytes' });
    expect(client.events).toMatchObject([{ verdict: 'allow' }, { verdict: 'limit', error: 'maxBytes' }]);
  });

  const zeros = Buffer.alloc(200 * 1024 * 1024);
  test.each([
    ['gzip', () => gzipSync(zeros, { level: 9 })],
    ['br', () => brotliCompressSync(zeros, { params: { 1: 1 } })],
    ['deflate', () => deflateSync(zeros, { level: 9 })],
  ])(
    'as a 200 MiB %s bomb stops at the ratio',
    async (coding, pack) => {
      const bomb = pack();
      const client = await serve(
        (_request, response) => response.writeHead(200, { 'content-encoding': coding }).end(bomb),
        { limits: { maxDecodedBytes: Infinity, maxBytes: Infinity } },
      );
      let decoded = 0;
      const error = await rejection(
        (async () => {
          const response = await client.fetch('http://example.com/');
          for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>)
            decoded += chunk.length;
        })(),
      );
      expect(error).toMatchObject({ limit: 'maxRatio' });
      expect(decoded).toBeLessThan(bomb.length * 100 + 1024 * 1024);
      expect(client.events).toMatchObject([{ verdict: 'limit', error: 'maxRatio' }]);
    },
    30_000,
  );

  test('between two codings is cut, although next to nothing comes out of the second', async () => {
    // 5 bytes of a stored block without contents, again and again: it decodes to nothing and packs 700:1.
    const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
    const nothing = Buffer.alloc(100 * 1024 * 1024).fill(Buffer.from([0, 0, 0, 0xff, 0xff]));
    const bomb = gzipSync(Buffer.concat([header, nothing]), { level: 9 });
    const client = await serve((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip, gzip' }).end(bomb),
    );
    expect(await read(client)).toMatchObject({ limit: 'maxDecodedBytes' });
    const lifted = await serve(
      (_request, response) => response.writeHead(200, { 'content-encoding': 'gzip, gzip' }).end(bomb),
      { limits: { maxDecodedBytes: Infinity } },
    );
    expect(await read(lifted)).toMatchObject({ limit: 'maxRatio' });
  });

  test('after decoding is cut at the decoded cap, which follows maxBytes', async () => {
    const client = await serve(
      (_request, response) =>
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(200_000, 'ab'))),
      { limits: { maxBytes: 100_000 } },
    );
    expect(await read(client)).toMatchObject({ limit: 'maxDecodedBytes' });
  });

  test.each([
    ['60 x gzip', Array.from({ length: 60 }, () => 'gzip').join(', '), { limit: 'maxCodings' }],
    ['gzip, br, gzip', 'gzip, br, gzip', { limit: 'maxCodings' }],
    ['zstd', 'zstd', { decision: { rule: 'net.response.coding' } }],
    ['an unknown coding', 'rot13', { code: 'EGRESS_RESPONSE', decision: { rule: 'net.response.coding' } }],
    ['identity, gzip', 'identity, gzip', { decision: { rule: 'net.response.coding' } }],
  ])('in codings (%s) is refused', async (_what, coding, expected) => {
    const client = await serve((_request, response) =>
      response.writeHead(200, { 'content-encoding': coding }).end('x'),
    );
    expect(await read(client)).toMatchObject(expected);
    expect(client.events).toHaveLength(1);
  });

  test('in headers is refused by size', async () => {
    const client = await serveRaw((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nx-big: ${'a'.repeat(2 * 1024 * 1024)}\r\n\r\n`);
    });
    expect(await read(client)).toMatchObject({ limit: 'maxHeaderBytes' });
  });

  test.each([
    [1_000, {}, 'maxHeaders'],
    [10_000, {}, 'maxHeaderBytes'],
    [10_000, { maxHeaderBytes: 1024 * 1024 }, 'maxHeaders'],
  ])('in headers is refused by number: %i small ones under %j', async (length, limits, limit) => {
    const client = await serveRaw(
      (socket) => {
        const fields = Array.from({ length }, (_, i) => `x${i}: y\r\n`).join('');
        socket.write(`HTTP/1.1 200 OK\r\n${fields}content-length: 0\r\n\r\n`);
      },
      { limits },
    );
    expect(await read(client)).toMatchObject({ limit });
    expect(client.events).toMatchObject([{ verdict: 'limit', error: limit }]);
  });

  test.each([
    ['HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n', { limit: 'maxInterim' }],
    ['HTTP/1.1 102 Processing\r\n\r\n', { limit: 'maxInterim' }],
    // Nobody has sent Expect, so that one is enough.
    ['HTTP/1.1 100 Continue\r\n\r\n', { message: 'fetch failed' }],
  ])('in interim responses is refused: %j', async (interim, expected) => {
    const client = await serveRaw((socket) => {
      const timer = setInterval(() => socket.write(interim), 5);
      socket.on('close', () => clearInterval(timer));
    });
    expect(await read(client)).toMatchObject(expected);
  });

  test('is served when a few early hints precede the response', async () => {
    const client = await serveRaw((socket) => {
      socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(3));
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
    });
    expect(await (await client.fetch('http://example.com/')).text()).toBe('ok');
  });
});

describe('a server that is slow', () => {
  test('in its body ends at the total deadline although each read is in time', async () => {
    const client = await serve(
      (_request, response) => {
        const timer = setInterval(() => response.write('x'), 30);
        response.on('close', () => clearInterval(timer));
      },
      { limits: { totalMs: 300, idleMs: 200 } },
    );
    const start = performance.now();
    expect(await read(client)).toMatchObject({ limit: 'totalMs' });
    expect(performance.now() - start).toBeLessThan(1_500);
    expect(client.events).toMatchObject([{ verdict: 'limit', error: 'totalMs' }]);
  });

  test('in its headers ends at the header deadline', async () => {
    const client = await serveRaw(
      (socket) => {
        const head = 'HTTP/1.1 200 OK\r\nx: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy';
        let i = 0;
        const timer = setInterval(() => socket.write(head.charAt(i++ % head.length)), 20);
        socket.on('close', () => clearInterval(timer));
      },
      { limits: { headersMs: 200 } },
    );
    expect(await read(client)).toMatchObject({ limit: 'headersMs' });
  });

  test('by silence in the body ends at the idle deadline', async () => {
    const client = await serve((_request, response) => void response.write('x'), { limits: { idleMs: 100 } });
    expect(await read(client)).toMatchObject({ limit: 'idleMs' });
  });

  test('is not blamed for a slow consumer', async () => {
    const body = Buffer.alloc(512 * 1024);
    const client = await serve((_request, response) => response.end(body), { limits: { idleMs: 120 } });
    const response = await client.fetch('http://example.com/');
    await pause(300);
    expect((await response.arrayBuffer()).byteLength).toBe(body.length);
  });

  test('streams as long as it likes when the call lifts the bounds', async () => {
    const client = await serve(
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        let i = 0;
        const timer = setInterval(() => {
          response.write(`data: ${i}\n\n`);
          i += 1;
          if (i === 10) {
            clearInterval(timer);
            response.end();
          }
        }, 20);
      },
      { limits: { totalMs: 60, maxBytes: 10 } },
    );
    const response = await client.fetch('http://example.com/', {
      limits: { totalMs: Infinity, maxBytes: Infinity, idleMs: 5_000 },
    });
    const arrivals: number[] = [];
    let text = '';
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      arrivals.push(performance.now());
      text += Buffer.from(chunk).toString();
    }
    expect(text).toContain('data: 9');
    expect(arrivals.length).toBeGreaterThan(3);
  });
});

describe('a server that lies', () => {
  test.each([
    ['about the length, ending early', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort', true],
    [
      'with both Content-Length and Transfer-Encoding',
      'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
      false,
    ],
    ['with garbage', 'this is no HTTP\r\n\r\n', false],
    ['with two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 5\r\n\r\nabcde', false],
  ])('%s is an error, audited once, and its connection is not used again', async (_what, bytes, ends) => {
    let connections = 0;
    let open = 0;
    const client = await serveRaw((socket) => {
      connections += 1;
      open += 1;
      socket.on('close', () => (open -= 1));
      if (ends) socket.end(bytes);
      else socket.write(bytes);
    });
    for (const turn of [1, 2]) {
      expect(await read(client)).toBeInstanceOf(Error);
      expect(client.events).toHaveLength(turn);
      expect(client.events.at(-1)?.verdict).toBe('error');
      await until(() => open === 0);
      expect(connections).toBe(turn);
    }
  });

  test.each([
    [
      'longer than it said, with a second answer in the rest',
      'HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil',
    ],
    ['longer than it said', 'and more'],
  ])('by an answer %s gains no answer to the next request', async (_what, rest) => {
    let answers = 0;
    let connections = 0;
    const server = await listen(
      createServer((socket) => {
        connections += 1;
        socket.on('data', () => {
          answers += 1;
          const first = `HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok${rest}`;
          socket.write(answers === 1 ? first : 'HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ngood');
        });
      }),
    );
    opened.push(server);
    const client = harness({ dial: dialTo(server.port) });
    clients.push(client);
    expect(await (await client.fetch('http://example.com/')).text()).toBe('ok');
    // undici takes a connection back one turn after the body's end.
    await pause(20);
    expect(await (await client.fetch('http://example.com/')).text()).toBe('good');
    expect(connections).toBe(2);
  });
});

describe('the content-type gate', () => {
  const types = ['text/*', 'application/json', 'application/*+json'];
  test.each([
    ['text/html; charset=utf-8', true],
    ['application/json', true],
    ['application/ld+json', true],
    ['image/png', false],
    ['application/octet-stream', false],
    ['image/png, text/html', false],
    ['<b>no type</b>', false],
    [undefined, false],
  ])('%s', async (type, admitted) => {
    const client = await serve(
      (_request, response) =>
        response.writeHead(404, type === undefined ? {} : { 'content-type': type }).end('body'),
      { contentTypes: types },
    );
    if (admitted) expect(await (await client.fetch('http://example.com/')).text()).toBe('body');
    else {
      const error = await rejection(client.fetch('http://example.com/'));
      expect(error).toBeInstanceOf(EgressDeniedError);
      const told =
        type === undefined
          ? 'no media type'
          : /^[a-z]+\/[a-z-]+$/.test(type)
            ? type
            : 'an unclear media type';
      expect(error).toMatchObject({
        decision: {
          rule: 'net.response.content-type',
          reason: `The media type of the response (status 404, ${told}) is not admitted.`,
          hint: 'Ask for a resource of one of the media types in `contentTypes`.',
        },
      });
    }
    expect(client.events).toMatchObject([{ verdict: admitted ? 'allow' : 'deny' }]);
  });
});

describe('the caller', () => {
  test('may stop a request before and during the response', async () => {
    const client = await serve((_request, response) => void response.write('x'));
    const before = AbortSignal.abort(new Error('before'));
    expect(await rejection(client.fetch('http://example.com/', { signal: before }))).toMatchObject({
      message: 'before',
    });
    const during = new AbortController();
    const response = await client.fetch('http://example.com/', { signal: during.signal });
    const reading = rejection(response.text());
    during.abort(new Error('during'));
    expect(await reading).toMatchObject({ message: 'during' });
    expect(client.events).toMatchObject([{ verdict: 'error', status: 200 }]);
  });

  test('may cancel a body, which is no failure', async () => {
    const client = await serve((_request, response) => void response.write('x'));
    const response = await client.fetch('http://example.com/');
    await response.body?.cancel();
    expect(client.events).toMatchObject([{ verdict: 'allow', status: 200 }]);
  });

  test('may stream a request body and send forms and Requests', async () => {
    const client = await serve((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () =>
        response.end(`${request.method ?? ''} ${String(request.headers['x-a'] ?? '')} ${body}`),
      );
    });
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(Buffer.from('streamed'));
        controller.close();
      },
    });
    const init = { method: 'POST', body, duplex: 'half' } as RequestInit;
    expect(await (await client.fetch('http://example.com/', init)).text()).toBe('POST  streamed');
    const request = new Request('http://example.com/', {
      method: 'PUT',
      headers: { 'x-a': 'b' },
      body: 'text',
    });
    expect(await (await client.fetch(request)).text()).toBe('PUT b text');
    const form = new FormData();
    form.append('field', 'value');
    expect(
      await (await client.fetch('http://example.com/', { method: 'POST', body: form })).text(),
    ).toContain('name="field"\r\n\r\nvalue');
    expect(client.events.map(({ bytesOut }) => bytesOut > 3)).toEqual([true, true, true]);
  });

  test('gets decoded bodies, the URL, and a clean end in the audit', async () => {
    const client = await serve((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('hello')),
    );
    const response = await client.fetch('http://example.com/a?token=secret');
    expect(response.url).toBe('http://example.com/a?token=secret');
    expect(await response.text()).toBe('hello');
    expect(client.events).toMatchObject([
      {
        verdict: 'allow',
        rule: 'net.allow',
        method: 'GET',
        url: 'http://example.com/a?…',
        status: 200,
        bytes: gzipSync('hello').length,
      },
    ]);
    expect(JSON.stringify(client.events)).not.toContain('secret');
  });

  test('is not disturbed by an audit sink that throws or rejects', async () => {
    let calls = 0;
    const client = await serve((_request, response) => response.end('fine'), {
      onAudit: () => {
        calls += 1;
        if (calls === 1) throw new Error('disk full');
        return Promise.reject(new Error('disk full')) as never;
      },
    });
    expect(await (await client.fetch('http://example.com/')).text()).toBe('fine');
    expect(await (await client.fetch('http://example.com/')).text()).toBe('fine');
    await pause(10);
    expect([calls, client.fetch.auditFailures]).toEqual([2, 2]);
  });

  test('does not wait for an audit sink that never comes back', async () => {
    let calls = 0;
    const client = await serve((_request, response) => response.end('fine'), {
      onAudit: () => {
        calls += 1;
        return new Promise(() => undefined) as never;
      },
    });
    for (let i = 0; i < 2; i += 1) {
      expect(await (await client.fetch('http://example.com/')).text()).toBe('fine');
    }
    await until(() => calls === 2);
    expect(client.fetch.auditFailures).toBe(0);
    // Closing does not wait for it either.
    await client.fetch.close();
  });

  test('gets 204 and HEAD without waiting, with one event each', async () => {
    const client = await serve((request, response) => {
      response.writeHead(request.method === 'HEAD' ? 200 : 204, { 'content-encoding': 'gzip' }).end();
    });
    expect((await client.fetch('http://example.com/')).status).toBe(204);
    expect((await client.fetch('http://example.com/', { method: 'HEAD' })).status).toBe(200);
    await pause(20);
    expect(client.events.map(({ status, verdict }) => [status, verdict])).toEqual([
      [204, 'allow'],
      [200, 'allow'],
    ]);
  });
});

describe('options', () => {
  test.each([
    ['unknown', { upstreem: 1 }, /unknown option "upstreem"/],
    ['limits', { limits: { totalMs: 'x' } }, /limits.totalMs/],
    ['limits name', { limits: { total: 1 } }, /limits.total is unknown/],
    ['resolve', { resolve: 1 }, /resolve must be a function/],
    ['contentTypes', { contentTypes: ['text'] }, /contentTypes\[0\]/],
  ])('%s is named by a TypeError', (_what, options, message) => {
    expect(() => harness(options as never)).toThrow(message);
  });
});
