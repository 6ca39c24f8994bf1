import { createServer } from 'node:https';
import { createServer as createNetServer, connect } from 'node:net';
import { request } from 'undici';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { selfSigned } from '../testing/certificate.js';
import { dialTo, harness, listen, origin, PUBLIC, rejection, type Opened } from '../testing/harness.js';

const opened: { close: () => Promise<unknown> }[] = [];
const open = async (starting: Promise<Opened>): Promise<Opened> => {
  const one = await starting;
  opened.push(one);
  return one;
};
const client = (options: Parameters<typeof harness>[0]): ReturnType<typeof harness> => {
  const one = harness(options);
  opened.unshift(one.fetch);
  return one;
};
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const one of opened.splice(0)) await one.close();
});

describe('the name in a certificate', () => {
  const identity = selfSigned(['one.example.com']);
  const serve = (): Promise<Opened> =>
    open(listen(createServer(identity, (_asked, response) => response.end('over TLS'))));

  test.each([
    ['without an issuer', {}],
    ['with a known issuer', { ca: identity.cert }],
  ])('is checked with rejectUnauthorized: false, %s', async (_how, more) => {
    const dial = dialTo((await serve()).port);
    const { fetch } = client({ dial, tls: { rejectUnauthorized: false, ...more } });
    expect(await (await fetch('https://one.example.com/')).text()).toBe('over TLS');
    for (const url of ['https://two.example.com/', `https://${PUBLIC}/`]) {
      expect(await rejection(fetch(url))).toMatchObject({ cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' } });
    }
  });

  test('and its issuer are checked whatever the environment says', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    const { fetch } = client({ dial: dialTo((await serve()).port) });
    expect(await rejection(fetch('https://one.example.com/'))).toMatchObject({
      cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    });
  });

  test.each([
    [{ tls: { checkServerIdentity: () => undefined } }, 'tls.checkServerIdentity is unknown'],
    [{ tls: { servername: 'one.example.com' } }, 'tls.servername is unknown'],
    [{ tls: { rejectUnauthorized: 0 } }, 'tls.rejectUnauthorized must be a boolean'],
    [{ tls: 'x' }, 'tls must be an object'],
    [
      { upstream: { url: 'https://proxy.example.net', tls: { checkServerIdentity: () => undefined } } },
      'upstream.tls.checkServerIdentity is unknown',
    ],
  ])('is not for an option to judge: %o', (options, message) => {
    expect(() => harness(options as never)).toThrow(new TypeError(message));
  });
});

describe('headers that are for one hop only', () => {
  const serve = (seen: string[]): Promise<Opened> =>
    open(
      origin((asked, response) => {
        seen.push(...Object.keys(asked.headers));
        response.end('ok');
      }),
    );
  const given = {
    'Proxy-Authorization': 'Basic c2VjcmV0',
    'proxy-connection': 'keep-alive',
    TE: 'trailers',
    trailer: 'x-t',
    Connection: 'close, x-hop',
    'X-Hop': '1',
    'x-end': '1',
  };
  const away = ['proxy-authorization', 'proxy-connection', 'te', 'trailer', 'x-hop'];

  test.each([
    ['an object', given],
    ['a list', Object.entries(given).flat()],
    ['an iterable that is read once', Object.entries(given).values()],
  ])('are not forwarded by the dispatcher, given as %s', async (_how, headers) => {
    const seen: string[] = [];
    const { fetch } = client({ dial: dialTo((await serve(seen)).port) });
    const { dispatcher } = fetch;
    await (await request('http://example.com/', { dispatcher, headers: headers as never })).body.dump();
    expect(seen).toContain('x-end');
    expect(seen.filter((name) => away.includes(name))).toEqual([]);
  });

  test('are not forwarded by fetch either', async () => {
    const seen: string[] = [];
    const { fetch } = client({ dial: dialTo((await serve(seen)).port) });
    await (await fetch('http://example.com/', { headers: given })).text();
    expect(seen).toContain('x-end');
    expect(seen.filter((name) => away.includes(name))).toEqual([]);
  });

  test('hide no foreign Host behind an iterator', async () => {
    const { fetch } = client({ dial: dialTo((await serve([])).port) });
    let round = 0;
    const headers = {
      *[Symbol.iterator]() {
        round += 1;
        yield ['host', round === 1 ? 'example.com' : 'evil.example.com'];
      },
    };
    const answer = await request('http://example.com/', {
      dispatcher: fetch.dispatcher,
      headers: headers as never,
    });
    await answer.body.dump();
    expect(round).toBe(1);
  });
});

test('a method with line breaks does not reach the audit event', async () => {
  const { fetch, events } = client({});
  const method = 'A\r\nEVIL' as never;
  const error = await rejection(request('http://example.com/', { dispatcher: fetch.dispatcher, method }));
  expect(error).toMatchObject({ message: 'the method must be a token of HTTP' });
  expect(events.map((event) => event.method)).toEqual(['']);
});

test.each([
  ['two lines', ['text/html', 'image/png']],
  ['two lines that a quote joins', ['text/html;a="', 'text/html;b="']],
  ['one line', ['text/html;a=b, image/png']],
])('a response with two media types is refused by contentTypes: %s', async (_how, types) => {
  const server = await open(
    listen(
      createNetServer((socket) => {
        const lines = types.map((type) => `content-type: ${type}\r\n`).join('');
        socket.once('data', () => socket.end(`HTTP/1.1 200 OK\r\n${lines}content-length: 2\r\n\r\nok`));
      }),
    ),
  );
  const { fetch } = client({ dial: dialTo(server.port), contentTypes: ['text/*'] });
  expect(await rejection(fetch('http://example.com/'))).toMatchObject({
    decision: { rule: 'net.response.content-type' },
  });
});

describe('a server that speaks before it is asked', () => {
  const early = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

  test('behind a parent proxy is connected to three times and no more', async () => {
    let connections = 0;
    const proxy = await open(
      listen(
        createNetServer((socket) => {
          connections += 1;
          socket.once('data', () => socket.write(`HTTP/1.1 200 Connection established\r\n\r\n${early}`));
        }),
      ),
    );
    const { fetch, events, lookups } = client({ upstream: { url: `http://127.0.0.1:${proxy.port}` } });
    for (const call of [
      () => fetch('http://example.com/'),
      () => request('http://example.com/', { dispatcher: fetch.dispatcher }),
    ]) {
      connections = 0;
      events.length = 0;
      lookups.length = 0;
      const error = await rejection(call());
      expect((error as Error).cause ?? error).toMatchObject({ code: 'ECONNRESET' });
      expect([connections, lookups.length]).toEqual([3, 3]);
      expect(events).toMatchObject([{ verdict: 'error', error: 'ECONNRESET' }]);
    }
  });

  test('is held to one connect deadline over all its connections', async () => {
    const server = await open(listen(createNetServer((socket) => void socket.write(early))));
    const { fetch, events } = client({
      limits: { connectMs: 300 },
      dial: async ({ address, port }) => {
        const socket = connect(server.port, '127.0.0.1');
        Object.defineProperty(socket, 'remoteAddress', { value: address });
        Object.defineProperty(socket, 'remotePort', { value: port });
        await new Promise((resolve) => socket.once('readable', resolve));
        // Each connection alone is within the deadline, two are not.
        await new Promise((resolve) => setTimeout(resolve, 200));
        return socket;
      },
    });
    const error = await rejection(request('http://example.com/', { dispatcher: fetch.dispatcher }));
    expect(error).toMatchObject({ limit: 'connectMs' });
    expect(events).toMatchObject([{ verdict: 'limit', error: 'connectMs' }]);
  });
});

describe('what the caller gives', () => {
  test.each([
    ['a body that is none', { method: 'POST', body: {} }, 'TypeError'],
    ['a stream that is read already', { method: 'POST', body: lockedStream() }, 'TypeError'],
    ['redirect mode error', { redirect: 'error' }, 'TypeError'],
  ])('%s is recorded as the error that it is', async (_what, init, error) => {
    const server = await open(
      origin((_asked, response) => response.writeHead(302, { location: '/', 'content-length': 0 }).end()),
    );
    const { fetch, events } = client({ dial: dialTo(server.port) });
    expect(await rejection(fetch('http://one.example.com/', init as never))).toBeInstanceOf(TypeError);
    expect(events).toMatchObject([{ verdict: 'error', error, host: 'one.example.com' }]);
  });

  test('is read once by the dispatcher: a path that changes is sent as it was judged', async () => {
    const asked: string[] = [];
    const server = await open(
      origin((incoming, response) => {
        asked.push(incoming.url ?? '', incoming.headers.host ?? '');
        response.end();
      }),
    );
    const { fetch } = client({ dial: dialTo(server.port) });
    const flips = (first: string, then: string): (() => string) => {
      let reads = 0;
      return () => ((reads += 1) === 1 ? first : then);
    };
    const options = Object.defineProperties(
      { method: 'GET' },
      {
        path: { get: flips('/judged', 'http://10.0.0.1/other'), enumerable: true },
        origin: { get: flips('http://one.example.com', 'http://10.0.0.1'), enumerable: true },
      },
    );
    await new Promise<void>((resolve, reject) => {
      fetch.dispatcher.dispatch(options as never, {
        onRequestStart: () => undefined,
        onResponseStart: () => undefined,
        onResponseData: () => undefined,
        onResponseEnd: () => resolve(),
        onResponseError: (_controller, error) => reject(error),
      });
    });
    expect(asked).toEqual(['/judged', 'one.example.com']);
  });

  test.each(['CONNECT', 'connect', 'Connect'])('is no %s for the dispatcher', async (method) => {
    const { fetch, events } = client({ dial: dialTo(1) });
    const told = await new Promise((resolve) => {
      const options = { origin: 'http://one.example.com', path: '/', method };
      fetch.dispatcher.dispatch(options, {
        onRequestStart: () => undefined,
        onResponseError: (_controller, error) => resolve(error),
      });
    });
    expect(told).toEqual(new Error('CONNECT is not admitted'));
    expect(events).toMatchObject([{ verdict: 'error', chosen: null }]);
  });

  test.each<[string, unknown]>([
    ['none', undefined],
    ['null', null],
    [
      'one that cannot be read',
      {
        get onRequestStart(): never {
          throw new Error('no');
        },
      },
    ],
  ])('ends its hop, with one event, when the handler of the dispatcher is %s', (_what, handler) => {
    const { fetch, events } = client({ dial: dialTo(1) });
    const options = { origin: 'http://one.example.com', path: '/', method: 'GET' } as const;
    expect(() => fetch.dispatcher.dispatch(options, handler as never)).toThrow();
    expect(events).toMatchObject([{ verdict: 'error', host: 'one.example.com', chosen: null }]);
    // A URL that the policy refuses as well: what is wrong with the handler comes on top.
    expect(() =>
      fetch.dispatcher.dispatch({ ...options, origin: 'http://10.0.0.1' }, handler as never),
    ).toThrow();
    expect(events).toMatchObject([{ verdict: 'error' }, { verdict: 'deny', rule: 'net.address.private' }]);
  });
});

function lockedStream(): ReadableStream {
  const stream = new ReadableStream();
  stream.getReader();
  return stream;
}
