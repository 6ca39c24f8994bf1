import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { ProxyAgent, WebSocket } from 'undici';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dialTo, listen, type Opened } from '../testing/harness.js';
import { proxyHarness, until } from '../testing/proxy-harness.js';

let server: Opened;

/** Echoes text frames of up to 125 bytes (RFC 6455 section 5.2). */
beforeAll(async () => {
  const http = createServer();
  http.on('upgrade', (request, socket) => {
    const key = `${request.headers['sec-websocket-key'] ?? ''}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = createHash('sha1').update(key).digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    socket.on('data', (frame: Buffer) => {
      if (((frame[0] ?? 0) & 0x0f) !== 1) {
        socket.end();
        return;
      }
      const mask = frame.subarray(2, 6);
      const text = frame.subarray(6).map((byte, i) => byte ^ (mask[i % 4] ?? 0));
      socket.write(Buffer.concat([Buffer.from([0x81, text.length]), text]));
    });
  });
  server = await listen(http);
});
afterAll(() => server.close());

/** Opens a WebSocket through the proxy, sends a word, and gives what comes back; `refused` when it does not open. */
function say(word: string, url: string, dispatcher: ProxyAgent): Promise<string> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url, { dispatcher });
    socket.addEventListener('open', () => socket.send(word));
    socket.addEventListener('error', () => resolve('refused'));
    socket.addEventListener('message', ({ data }) => {
      resolve(String(data));
      socket.close();
    });
  });
}

test('a WebSocket goes through CONNECT, under the same policy as everything else', async () => {
  const { proxy, port, events, lookups } = await proxyHarness({
    dial: dialTo(server.port),
    policy: { allowlist: ['ok.example.org'] },
  });
  const dispatcher = new ProxyAgent({ uri: `http://127.0.0.1:${port}`, proxyTunnel: true });
  expect(await say('hello', 'ws://ok.example.org/chat', dispatcher)).toBe('hello');
  for (const host of ['off.example.org', '127.0.0.1', '[::1]', '169.254.169.254']) {
    expect([host, await say('hello', `ws://${host}/`, dispatcher)]).toEqual([host, 'refused']);
  }
  expect(lookups).toEqual(['ok.example.org']);
  await dispatcher.close();
  await proxy.close();
  await until(() => events.length === 5);
  expect(events.map(({ method, verdict }) => [method, verdict]).filter(([, v]) => v === 'allow')).toEqual([
    ['CONNECT', 'allow'],
  ]);
});
