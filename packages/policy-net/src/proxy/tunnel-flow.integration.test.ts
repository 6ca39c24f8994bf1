import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listen, type Opened } from '../testing/harness.js';
import { heldBytes, proxyHarness, readUntil, until, type ProxyHarness } from '../testing/proxy-harness.js';

/** What the target does with a connection; each test sets its own. */
let serve: (socket: Socket) => void;
let target: Opened;
let harness: ProxyHarness;

// The dial of the product, not one of a test: what a target sends is then read by TargetReader.
beforeEach(async () => {
  serve = (socket) => socket.pipe(socket);
  target = await listen(createServer({ allowHalfOpen: true }, (socket) => serve(socket)));
  const exceptions = ['127.0.0.1', '127.0.0.2'].map((address) => ({ address, port: target.port }));
  harness = await proxyHarness({
    policy: { exceptions },
    dns: { 'twice.example.org': ['127.0.0.1', '127.0.0.2'] },
    limits: { maxTunnels: Infinity },
  });
});
afterEach(async () => {
  await harness.proxy.close();
  await target.close();
});

async function tunnel(host = '127.0.0.1'): Promise<Socket> {
  const authority = `${host}:${target.port}`;
  const socket = await harness.dial(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
  const answer = 'HTTP/1.1 200 Connection established\r\n\r\n';
  const [first] = (await once(socket, 'data')) as [Buffer];
  expect(first.toString('latin1', 0, answer.length)).toBe(answer);
  socket.pause();
  // What the target said at once belongs to the test.
  if (first.length > answer.length) socket.unshift(first.subarray(answer.length));
  return socket;
}

async function digestOf(socket: Socket): Promise<{ bytes: number; digest: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, digest: hash.digest('hex') };
}

describe('bytes of a target', () => {
  test('of three tunnels at a time reach each its own client, all of them and in order, also a slow one', async () => {
    const bodies = [randomBytes(24 * 2 ** 20), randomBytes(9 * 2 ** 20 + 17), randomBytes(5 * 2 ** 20 + 1)];
    let served = 0;
    serve = (socket) => socket.end(bodies[served++] ?? Buffer.alloc(0));
    const readings: Promise<{ bytes: number; digest: string }>[] = [];
    for (let i = 0; i < bodies.length; i += 1) {
      const socket = await tunnel();
      if (i === 0) {
        // Stops again and again, so that writes of the proxy wait in the middle of its buffer.
        const stutter = setInterval(() => {
          socket.pause();
          setTimeout(() => socket.resume(), 10);
        }, 15);
        socket.once('close', () => clearInterval(stutter));
      }
      readings.push(digestOf(socket));
    }
    const expected = bodies.map((body) => ({
      bytes: body.length,
      digest: createHash('sha256').update(body).digest('hex'),
    }));
    expect(await Promise.all(readings)).toEqual(expected);
    await until(() => harness.events.length === 3);
    expect(harness.events.map(({ verdict, bytes }) => [verdict, bytes]).sort()).toEqual(
      bodies.map(({ length }) => ['allow', length]).sort(),
    );
  });

  test('that speaks first are not lost, nor are those to a client that has ended its side', async () => {
    serve = (socket) => {
      socket.write('hello');
      socket.on('data', () => undefined).on('end', () => socket.end(Buffer.alloc(3_000_000, 98)));
    };
    const socket = await tunnel();
    socket.end('bye');
    const { bytes } = await digestOf(socket);
    expect(bytes).toBe(3_000_005);
    await until(() => harness.events.length === 1);
    expect(harness.events).toMatchObject([{ verdict: 'allow', bytes: 3_000_005, bytesOut: 3 }]);
  });

  test('reach a client by a name with two addresses', async () => {
    const socket = await tunnel('twice.example.org');
    socket.resume();
    socket.write('both ways');
    expect(await readUntil(socket, 'ways')).toBe('both ways');
    socket.destroy();
    await until(() => harness.events.length === 1);
    expect(harness.events).toMatchObject([
      { resolved: ['127.0.0.1', '127.0.0.2'], rule: 'net.exception.allow' },
    ]);
  });

  test('stop when the client reads no more, and come on when it does', async () => {
    let sent = 0;
    const chunk = Buffer.alloc(65_536, 99);
    serve = (socket) => {
      const fill = (): void => {
        while (sent < 2 ** 30) {
          sent += chunk.length;
          if (!socket.write(chunk)) return;
        }
      };
      socket.on('drain', fill);
      fill();
    };
    const socket = await tunnel();
    socket.pause();
    await until(() => sent > 0);
    let last = -1;
    for (let still = 0; still < 5; still = sent === last ? still + 1 : 0) {
      last = sent;
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
    expect(sent).toBeLessThan(64 * 2 ** 20);
    socket.resume();
    await until(() => sent > last + 64 * 2 ** 20, 20_000);
    socket.destroy();
  }, 30_000);

  test('after a reset end the tunnel with the error', async () => {
    serve = (socket) => {
      socket.once('data', () => socket.resetAndDestroy());
    };
    const socket = await tunnel();
    socket.write('x');
    socket.resume();
    await until(() => harness.events.length === 1);
    expect(harness.events).toMatchObject([{ verdict: 'error', error: 'ECONNRESET' }]);
  });
});

describe('bytes of a client', () => {
  test('of three tunnels at a time reach the target, all of them and in order, also one that reads slowly', async () => {
    const readings: Promise<{ bytes: number; digest: string }>[] = [];
    serve = (socket) => {
      const slow = readings.length === 0;
      if (slow) {
        // Stops again and again.
        const timer = setInterval(() => (socket.isPaused() ? socket.resume() : socket.pause()), 10);
        socket.once('close', () => clearInterval(timer));
      }
      readings.push(digestOf(socket));
      socket.once('end', () => socket.end());
    };
    const bodies = [randomBytes(12 * 2 ** 20), randomBytes(9 * 2 ** 20 + 17), randomBytes(5 * 2 ** 20 + 1)];
    for (const body of bodies) {
      const socket = await tunnel();
      await until(() => readings.length === bodies.indexOf(body) + 1);
      socket.end(body);
      socket.resume();
    }
    const expected = bodies.map((body) => ({
      bytes: body.length,
      digest: createHash('sha256').update(body).digest('hex'),
    }));
    expect(await Promise.all(readings)).toEqual(expected);
    await until(() => harness.events.length === 3);
    expect(harness.events.map(({ verdict }) => verdict)).toEqual(['allow', 'allow', 'allow']);
    expect(harness.events.map(({ bytesOut }) => bytesOut).sort((a, b) => b - a)).toEqual(
      bodies.map((body) => body.length),
    );
  });

  test('stop when the target reads no more', async () => {
    const ends: Socket[] = [];
    serve = (end) => void ends.push(end.pause());
    const socket = await tunnel();
    const chunk = Buffer.alloc(64 * 1024, 97);
    let written = 0;
    const pump = (): void => {
      while (written < 256 * 2 ** 20) {
        written += chunk.length;
        if (socket.write(chunk)) continue;
        socket.once('drain', pump);
        return;
      }
    };
    pump();
    let last = -1;
    // Until nothing moves any more.
    while (written !== last) {
      last = written;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    expect(written).toBeLessThan(64 * 2 ** 20);
    for (const end of ends) end.destroy();
    await until(() => harness.events.length === 1);
    socket.destroy();
  });

  test('stay readable for a dial of the caller that has kept them', async () => {
    const kept: Buffer[] = [];
    const own = await proxyHarness({
      dial: async ({ address, port }) => {
        const socket = connect({ host: '127.0.0.1', port: target.port });
        await once(socket, 'connect');
        Object.defineProperty(socket, 'remoteAddress', { value: address });
        Object.defineProperty(socket, 'remotePort', { value: port });
        const write: (chunk: Buffer) => boolean = socket.write.bind(socket);
        socket.write = (chunk: unknown) => {
          kept.push(chunk as Buffer);
          return write(chunk as Buffer);
        };
        return socket;
      },
    });
    const socket = await own.dial('CONNECT one.example.org:443 HTTP/1.1\r\nHost: x\r\n\r\n');
    await readUntil(socket, '\r\n\r\n');
    const body = randomBytes(2 ** 20);
    socket.end(body);
    let received = 0;
    socket.on('data', (chunk: Buffer) => (received += chunk.length));
    await until(() => received === body.length);
    expect(Buffer.concat(kept).equals(body)).toBe(true);
    socket.destroy();
    await own.proxy.close();
  });
});

describe('a thousand tunnels', () => {
  test('that are idle cost less than 64 KiB each, both ends and the target included, also after traffic', async () => {
    const sockets: Socket[] = [];
    for (let i = 0; i < 20; i += 1) sockets.push(await tunnel());
    const before = heldBytes();
    for (let i = 0; i < 1_000; i += 1) {
      const socket = await tunnel();
      sockets.push(socket);
      socket.resume();
      socket.write(Buffer.alloc(100_000, 100));
      let left = 100_000;
      while (left > 0) left -= ((await once(socket, 'data')) as [Buffer])[0].length;
      socket.write('end');
      await readUntil(socket, 'end');
    }
    expect((heldBytes() - before) / 1_000).toBeLessThan(64 * 1024);
    expect(harness.events).toEqual([]);
    for (const socket of sockets) socket.destroy();
    await until(() => harness.events.length === 1_020, 20_000);
    expect(new Set(harness.events.map(({ verdict }) => verdict))).toEqual(new Set(['allow']));
  }, 60_000);
});
