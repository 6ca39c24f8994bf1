// @vitest-environment node
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { toFailure } from './api-failure.js';
import { inTime } from './in-time.js';

let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  server = undefined;
});

/** Gives the address of a server on loopback that answers, or takes requests without a word. */
async function listen(answers: boolean): Promise<string> {
  server = createServer((_request, response) => {
    if (answers) response.end('here');
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}
const send = (request: Request): Promise<Response> => fetch(request);

test('an answer in time is given', async () => {
  const response = await inTime(send)(new Request(await listen(true)));
  expect(await response.text()).toBe('here');
});

test('a server that takes the request and says nothing counts as one that does not answer', async () => {
  const failure = await inTime(send, 200)(new Request(await listen(false))).catch(toFailure);
  expect(failure).toMatchObject({ code: 'UNREACHABLE', message: 'The server did not answer.' });
});

test('who gives up on a request before that gets that, and the request is given up', async () => {
  const abort = new AbortController();
  const asked = inTime(send)(new Request(await listen(false), { signal: abort.signal }));
  abort.abort(new Error('not needed any more'));
  await expect(asked).rejects.toThrow('not needed any more');
});

test('another failure stays what it is', async () => {
  await expect(
    inTime(() => Promise.reject(new RangeError('something else')))(new Request('http://127.0.0.1:9/')),
  ).rejects.toThrow(RangeError);
});
