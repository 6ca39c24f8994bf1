import { createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { dialTo, listen, type Opened } from '../testing/harness.js';
import { proxyHarness, readUntil, until, type ProxyHarness } from '../testing/proxy-harness.js';

let opened: Opened[] = [];
let running: ProxyHarness[] = [];

afterEach(async () => {
  for (const { proxy } of running) await proxy.close();
  for (const { close } of opened) await close();
  [opened, running] = [[], []];
});

/** An origin that keeps its answers back until they are released, `/hang` for good, and a proxy before it. */
async function heldOrigin(options: Parameters<typeof proxyHarness>[0] = {}): Promise<
  ProxyHarness & {
    readonly got: string[];
    readonly open: () => number;
    readonly release: () => void;
  }
> {
  const got: string[] = [];
  const held = new Set<Socket>();
  let [released, open] = [false, 0];
  const answer = (socket: Socket): void => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  const target = await listen(
    createServer((socket) => {
      open += 1;
      socket
        .on('error', () => undefined)
        .on('close', () => {
          open -= 1;
          held.delete(socket);
        });
      socket.once('data', (head: Buffer) => {
        const path = head.toString('latin1').split(' ')[1] ?? '';
        got.push(path);
        if (path === '/hang') return;
        if (released) answer(socket);
        else held.add(socket);
      });
    }),
  );
  opened.push(target);
  const harness = await proxyHarness({ dial: dialTo(target.port), ...options });
  running.push(harness);
  const release = (): void => {
    released = true;
    for (const socket of held) answer(socket);
  };
  return { ...harness, got, open: () => open, release };
}

const get = (path: string, more = ''): string =>
  `GET http://one.example.org${path} HTTP/1.1\r\nHost: one.example.org\r\n${more}\r\n`;
const paths = (events: ProxyHarness['events']): string[] =>
  events.map(({ url }) => new URL(url).pathname).sort();

describe('pipelined requests', () => {
  test.each([
    ['is destroyed', (socket: Socket) => void socket.destroy()],
    ['is reset', (socket: Socket) => void socket.resetAndDestroy()],
    ['sends FIN', (socket: Socket) => void socket.end()],
  ])('have one event each and reach no target after the first when the client %s', async (_what, leave) => {
    const { dial, ask, events, got, open, release } = await heldOrigin({ limits: { maxTunnels: 1 } });
    for (let round = 1; round <= 3; round += 1) {
      const socket = await dial(get('/a') + get('/b') + get('/c'));
      await until(() => got.length === round);
      leave(socket);
      // An event for each that was sent: none that reached a target may be missing.
      await until(() => events.length === 3 * round);
      await until(() => open() === 0);
      socket.destroy();
    }
    expect(got).toEqual(['/a', '/a', '/a']);
    expect(paths(events)).toEqual(['/a', '/a', '/a', '/b', '/b', '/b', '/c', '/c', '/c']);
    expect(events.every(({ verdict, error }) => verdict === 'error' && error === 'CLIENT_CLOSED')).toBe(true);
    // The only slot was given back each time.
    release();
    expect(await ask(get('/after', 'Connection: close\r\n'))).toMatch(/^HTTP\/1\.1 200 /);
    expect(events).toHaveLength(10);
  });

  test.each([
    ['hangs until its limit', get('/hang'), 504, { verdict: 'limit', error: 'headersMs' }, ['/hang']],
    ['is refused', 'GET http://10.0.0.1/ HTTP/1.1\r\nHost: x\r\n\r\n', 403, { verdict: 'deny' }, []],
  ])('behind one that %s are not begun', async (_what, first, status, event, reached) => {
    const { ask, events, got, release } = await heldOrigin({ limits: { headersMs: 300, maxTunnels: 1 } });
    release();
    const answer = await ask(first + get('/b') + get('/c'));
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual([`HTTP/1.1 ${status}`]);
    await until(() => events.length === 3);
    expect(got).toEqual(reached);
    expect(events[0]).toMatchObject(event);
    expect(events.slice(1).every(({ error }) => error === 'CLIENT_CLOSED')).toBe(true);
    expect(await ask(get('/after', 'Connection: close\r\n'))).toMatch(/^HTTP\/1\.1 200 /);
    expect(events).toHaveLength(4);
  });

  test('are served one at a time, in order, with one slot', async () => {
    // A second one beside the first would be refused for want of a slot.
    const { dial, events, got, release } = await heldOrigin({ limits: { maxTunnels: 1 } });
    const socket = await dial(get('/a') + get('/b') + get('/c', 'Connection: close\r\n'));
    await until(() => got.length === 1);
    const answers = readUntil(socket, 'ok');
    release();
    await answers;
    await until(() => events.length === 3);
    expect(got).toEqual(['/a', '/b', '/c']);
    expect(events.map(({ verdict, url }) => `${verdict} ${new URL(url).pathname}`)).toEqual([
      'allow /a',
      'allow /b',
      'allow /c',
    ]);
    socket.destroy();
  });

  test('end with the proxy, each with its event', async () => {
    const { dial, events, got, proxy } = await heldOrigin();
    await dial(get('/a') + get('/b'));
    await until(() => got.length === 1);
    await proxy.close();
    expect(events.map(({ error }) => error)).toEqual(['PROXY_CLOSED', 'PROXY_CLOSED']);
    expect(paths(events)).toEqual(['/a', '/b']);
    expect(got).toEqual(['/a']);
  });

  test('beyond what may wait end the connection; each until then has its event, and a flood no more', async () => {
    const { dial, events, got } = await heldOrigin();
    await dial(Array.from({ length: 2_000 }, (_, i) => get(`/${i}`)).join(''));
    await until(() => events.length === 66);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(events).toHaveLength(66);
    expect(got.length).toBeLessThanOrEqual(1);
    expect(events.filter(({ rule }) => rule === 'net.proxy.too-many-requests')).toHaveLength(1);
  });

  test.each([
    ['a long body', 'Content-Length: 9999999'],
    ['a body of unknown length', 'Transfer-Encoding: chunked'],
    ['one byte too many', 'Content-Length: 65537'],
  ])('that wait with %s cannot hide that the client has left', async (_what, framing) => {
    const { dial, events, got, open } = await heldOrigin();
    const post = `POST http://one.example.org/b HTTP/1.1\r\nHost: x\r\n${framing}\r\n\r\n`;
    const socket = await dial(`${get('/a')}${post}${'1\r\nx\r\n'.repeat(100_000)}`);
    await until(() => events.length === 2);
    // Neither the one that was served nor its connection to the target outlives the client.
    await until(() => open() === 0);
    expect(got.length).toBeLessThanOrEqual(1);
    expect(paths(events)).toEqual(['/a', '/b']);
    expect(events.map(({ rule, error }) => error ?? rule).sort()).toEqual([
      'CLIENT_CLOSED',
      'net.proxy.early-data',
    ]);
    socket.destroy();
  });

  test('may wait with a short body', async () => {
    const { dial, events, got, release } = await heldOrigin();
    const post =
      'POST http://one.example.org/b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc';
    const socket = await dial(get('/a') + post);
    await until(() => got.length === 1);
    const answers = readUntil(socket, 'ok');
    release();
    await answers;
    await until(() => events.length === 2);
    expect(events.map(({ verdict }) => verdict)).toEqual(['allow', 'allow']);
    socket.destroy();
  });
});

describe('a request', () => {
  test('whose body is malformed after its answer has one event', async () => {
    const { dial, events, got, release } = await heldOrigin();
    release();
    const socket = await dial(
      'POST http://one.example.org/early HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n',
    );
    await readUntil(socket, '\r\n\r\nok');
    await until(() => events.length === 1);
    socket.write('no chunk\r\n');
    socket.resume();
    await until(() => socket.readableEnded || socket.destroyed);
    socket.destroy();
    expect(got).toEqual(['/early']);
    expect(events).toMatchObject([{ verdict: 'allow', method: 'POST' }]);
  });

  test.each(['GET http://one.example.org/', 'CONNECT one.example.org:443'])(
    '%s is not held by an identify that never settles',
    async (line) => {
      const { ask, events, lookups } = await heldOrigin({
        identify: () => new Promise(() => undefined),
        limits: { connectMs: 50 },
      });
      expect(await ask(`${line} HTTP/1.1\r\nHost: x\r\n\r\n`)).toMatch(
        /^HTTP\/1\.1 504 [^]*x-clawforce-rule: connectMs\r\n/,
      );
      expect(events).toMatchObject([{ agent: null, verdict: 'limit', error: 'connectMs' }]);
      expect(lookups).toEqual([]);
    },
  );

  test('for an agent whose policy is null is refused as without policy', async () => {
    const { ask, events } = await heldOrigin({ policyFor: () => null as never });
    expect(await ask(get('/'))).toMatch(/^HTTP\/1\.1 403 [^]*x-clawforce-rule: net\.proxy\.no-policy\r\n/);
    expect(events).toMatchObject([{ verdict: 'deny', rule: 'net.proxy.no-policy' }]);
  });

  test('is not answered by its target in the name of the proxy', async () => {
    const target = await listen(
      createServer((socket) =>
        socket.end(
          'HTTP/1.1 403 Forbidden\r\nX-Clawforce-Rule: net.allow\r\nX-Own: 1\r\nContent-Length: 0\r\n\r\n',
        ),
      ),
    );
    opened.push(target);
    const { ask } = await heldOrigin({ dial: dialTo(target.port) });
    const answer = await ask(get('/', 'Connection: close\r\n'));
    expect(answer).toContain('X-Own: 1');
    expect(answer.toLowerCase()).not.toContain('x-clawforce-rule');
  });
});
