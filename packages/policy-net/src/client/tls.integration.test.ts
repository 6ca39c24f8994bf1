import { createSecureServer } from 'node:http2';
import { createServer } from 'node:https';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { selfSigned } from '../testing/certificate.js';
import { dialTo, harness, listen, origin, rejection, type Opened } from '../testing/harness.js';
import { EgressDeniedError } from '../errors.js';

const identity = selfSigned(['one.example.com', 'two.example.com']);
const names: string[] = [];
let server: Opened;
let plain: Opened;

beforeAll(async () => {
  server = await listen(
    createServer(
      {
        ...identity,
        SNICallback: (name, done) => {
          names.push(name);
          done(null);
        },
      },
      (asked, response) => {
        if (asked.url === '/down') response.writeHead(302, { location: 'http://one.example.com/' }).end();
        else response.end('over TLS');
      },
    ),
  );
  plain = await origin((_request, response) => response.end('plain'));
});
afterAll(async () => {
  await server.close();
  await plain.close();
});

describe('TLS', () => {
  test('is bound to the name of the URL while the judged address is dialled', async () => {
    const { fetch, events } = harness({ dial: dialTo(server.port), tls: { ca: identity.cert } });
    names.length = 0;
    expect(
      await (await fetch('https://one.example.com/', { headers: { host: 'evil.example.com' } })).text(),
    ).toBe('over TLS');
    expect(names).toEqual(['one.example.com']);
    expect(events).toMatchObject([{ port: 443, chosen: '93.184.215.14' }]);
    await fetch.close();
  });

  test('refuses a certificate of another name', async () => {
    const { fetch, events } = harness({ dial: dialTo(server.port), tls: { ca: identity.cert } });
    expect(await rejection(fetch('https://three.example.com/'))).toMatchObject({
      cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
    });
    expect(events).toMatchObject([{ verdict: 'error', error: 'ERR_TLS_CERT_ALTNAME_INVALID' }]);
    await fetch.close();
  });

  test('refuses a certificate for a name when an address was asked for', async () => {
    const { fetch } = harness({ dial: dialTo(server.port), tls: { ca: identity.cert } });
    expect(await rejection(fetch('https://93.184.215.14/'))).toMatchObject({
      cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
    });
    await fetch.close();
  });

  test('refuses a certificate that has expired, of an issuer that it trusts', async () => {
    const expired = selfSigned(['one.example.com'], -60_000);
    const old = await listen(createServer(expired, (_asked, response) => response.end('over TLS')));
    const { fetch, events } = harness({ dial: dialTo(old.port), tls: { ca: expired.cert } });
    expect(await rejection(fetch('https://one.example.com/'))).toMatchObject({
      cause: { code: 'CERT_HAS_EXPIRED' },
    });
    expect(events).toMatchObject([{ verdict: 'error', error: 'CERT_HAS_EXPIRED', bytesOut: 0 }]);
    await fetch.close();
    await old.close();
  });

  test('refuses an unknown issuer', async () => {
    const { fetch } = harness({ dial: dialTo(server.port) });
    expect(await rejection(fetch('https://one.example.com/'))).toMatchObject({
      cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    });
    await fetch.close();
  });

  test('a server that cannot speak it ends in an error within the deadline', async () => {
    const { fetch } = harness({ dial: dialTo(plain.port), limits: { connectMs: 1_000 } });
    expect(await rejection(fetch('https://one.example.com/'))).toBeInstanceOf(Error);
    await fetch.close();
  });

  test('is not left on a redirect unless that is allowed', async () => {
    const options = {
      dial: dialTo(({ port }) => (port === 443 ? server.port : plain.port)),
      tls: { ca: identity.cert },
    };
    const strict = harness(options);
    expect(await rejection(strict.fetch('https://one.example.com/down'))).toMatchObject({
      decision: { rule: 'net.redirect.downgrade' },
    });
    expect(strict.events.map(({ rule }) => rule)).toEqual(['net.allow', 'net.redirect.downgrade']);
    const lax = harness({ ...options, allowDowngrade: true });
    expect(await (await lax.fetch('https://one.example.com/down')).text()).toBe('plain');
    await strict.fetch.close();
    await lax.fetch.close();
  });

  test('never becomes HTTP/2, so no session of one name serves another', async () => {
    const protocols: (string | undefined | null)[] = [];
    const secure = createSecureServer({ ...identity, allowHTTP1: true }, (asked, response) => {
      protocols.push(asked.httpVersion);
      response.end('x');
    });
    const both = await listen(secure);
    const dial = dialTo(both.port);
    const { fetch } = harness({ dial, tls: { ca: identity.cert } });
    await (await fetch('https://one.example.com/')).text();
    await (await fetch('https://two.example.com/')).text();
    expect(protocols).toEqual(['1.1', '1.1']);
    expect(dial.targets).toHaveLength(2);
    await fetch.close();
    await both.close();
  });
});

describe('the dispatcher', () => {
  test('serves undici.request under the same policy, with one event per request', async () => {
    const { fetch, events } = harness({ dial: dialTo(plain.port) });
    const answer = await request('http://one.example.com/a?b=c', { dispatcher: fetch.dispatcher });
    expect(await answer.body.text()).toBe('plain');
    const refused = await rejection(request('http://127.0.0.1/', { dispatcher: fetch.dispatcher }));
    expect(refused).toBeInstanceOf(EgressDeniedError);
    const resolved = harness({ dial: dialTo(plain.port), dns: { 'in.example.com': ['10.0.0.1'] } });
    expect(
      await rejection(request('http://in.example.com/', { dispatcher: resolved.fetch.dispatcher })),
    ).toMatchObject({
      decision: { rule: 'net.address.private' },
    });
    expect(events.map(({ url, verdict, status }) => [url, verdict, status])).toEqual([
      ['http://one.example.com/a?…', 'allow', 200],
      ['http://127.0.0.1/', 'deny', undefined],
    ]);
    await fetch.close();
    await resolved.fetch.close();
  });

  test.each([
    [{ host: 'evil.example.com' }],
    [['Host', 'evil.example.com']],
    [new Map([['HOST', 'evil.example.com']])],
  ])('refuses another Host than that of the URL (%j)', async (headers) => {
    const { fetch } = harness({ dial: dialTo(plain.port) });
    const asked = request('http://one.example.com/', {
      dispatcher: fetch.dispatcher,
      headers: headers as never,
    });
    expect(await rejection(asked)).toMatchObject({ message: 'the Host header must be that of the URL' });
    await fetch.close();
  });

  test('admits the Host of the URL', async () => {
    const { fetch } = harness({ dial: dialTo(plain.port) });
    const headers = { host: 'one.example.com:8080' };
    const asked = await request('http://one.example.com:8080/', { dispatcher: fetch.dispatcher, headers });
    expect(await asked.body.text()).toBe('plain');
    await fetch.close();
  });

  test('refuses upgrades and CONNECT, which would leave the policy behind', async () => {
    const { fetch } = harness({ dial: dialTo(plain.port) });
    const { dispatcher } = fetch;
    expect(
      await rejection(
        dispatcher.upgrade({ origin: 'http://one.example.com', path: '/', protocol: 'websocket' } as never),
      ),
    ).toMatchObject({ message: 'upgrades are not admitted' });
    expect(
      await rejection(dispatcher.connect({ origin: 'http://one.example.com', path: '/' })),
    ).toMatchObject({
      message: 'CONNECT is not admitted',
    });
    await fetch.close();
  });
});
