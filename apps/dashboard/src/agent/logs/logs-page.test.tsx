// @vitest-environment happy-dom
import { configure, screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { refusal, type FakeServer } from '../../testing/fake-server.js';
import { giveHeight } from '../../testing/give-height.js';
import { expectInert, HOSTILE_LINE } from '../../testing/hostile-line.js';
import { anAgent, renderApp } from '../../testing/render-app.js';

configure({ asyncUtilTimeout: 20_000 });
giveHeight(600);

const STREAM = 'GET /api/agents/a1/process-logs/stream';

/** The sending end of one stream of log lines. */
class LogStream {
  readonly #encoder = new TextEncoder();
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;

  answer(): Response {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => void (this.#controller = controller),
    });
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  }

  line(text: string, stream = 'stdout'): void {
    this.raw(`event: line\ndata: ${JSON.stringify({ time: '2026-11-27T10:00:00.000Z', stream, text })}\n\n`);
  }

  raw(text: string): void {
    this.#controller?.enqueue(this.#encoder.encode(text));
  }

  end(): void {
    this.#controller?.close();
  }
}

const REFRESHED = (): object => ({
  access_token: 'token-2',
  token_type: 'Bearer',
  expires_in: 900,
  user_id: 'u1',
});

function open(prepare: (server: FakeServer) => void, status: 'running' | 'stopped' = 'running') {
  return renderApp('/agents/a1/logs', (server) => {
    server.on('GET /api/agents/a1', () => anAgent({ status, epoch: 1 }));
    prepare(server);
  });
}

test('lines appear as they come, also when they arrive in pieces', async () => {
  const log = new LogStream();
  open((server) => server.on(STREAM, () => log.answer()));
  await screen.findByText('Live', { selector: 'section *' });
  log.raw('event: li');
  log.raw('ne\ndata: {"time":"2026-11-27T10:00:00.000Z","stream":"stdout","text":"in pieces"}\n');
  log.raw('\n: ping\n\n');
  log.line('whole');
  await screen.findByText('in pieces');
  await screen.findByText('whole');
  expect(screen.getAllByRole('listitem')).toHaveLength(2);
  const times = screen.getAllByRole('listitem').flatMap((line) => [...line.querySelectorAll('time')]);
  for (const time of times) {
    expect(time.textContent).toMatch(/ ago$|^in |now$/);
    expect(time.title).toMatch(/^27 Nov 2026, \d\d:00:00 /);
  }
  expect(times).toHaveLength(2);
});

test('a worker counts as silent only after its stream was quiet: not while it is opened, lost or slow', async () => {
  const empty = /The worker has printed nothing/;
  const seen: string[] = [];
  const watch = new MutationObserver(() => {
    if (empty.test(document.body.textContent)) seen.push('silent');
  });
  const streams = [new LogStream(), new LogStream()];
  let opened = 0;
  open((server) =>
    server.on(STREAM, () =>
      // The first attempt fails, the second is cut before a line came, the third brings one.
      opened++ === 0 ? refusal(503, 'OVERLOADED', 'Not now.') : streams[opened === 2 ? 0 : 1]!.answer(),
    ),
  );
  watch.observe(document.body, { subtree: true, childList: true, characterData: true });
  await screen.findByText('Interrupted, trying again');
  await screen.findByText('Live', { selector: 'section *' });
  streams[0]!.end();
  await waitFor(() => expect(opened).toBe(3));
  // Longer than lines are gathered, shorter than a silence.
  await new Promise((resolve) => setTimeout(resolve, 300));
  streams[1]!.line('here I am');
  await screen.findByText('here I am');
  watch.disconnect();
  expect(seen).toEqual([]);
});

test('a log of another worker begins empty', async () => {
  const streams = [new LogStream(), new LogStream()];
  let opened = 0;
  const { server } = open((fake) => fake.on(STREAM, () => streams[Math.min(opened++, 1)]!.answer()));
  await screen.findByText('Live', { selector: 'section *' });
  const before = opened;
  streams[before - 1]!.line('of the first');
  await screen.findByText('of the first');
  server.push('status', anAgent({ status: 'running', epoch: 2 }));
  await waitFor(() => expect(screen.queryByText('of the first')).toBeNull());
});

test('of 5,000 lines few exist in the page, all are counted, and any is found', async () => {
  const log = new LogStream();
  const { user } = open((server) => server.on(STREAM, () => log.answer()));
  await screen.findByText('Live', { selector: 'section *' });
  for (let index = 0; index < 5000; index += 1) log.line(`line ${index}.`);
  const list = await screen.findByRole('group', { name: 'Lines of the log' });
  await waitFor(() =>
    expect(within(list).getAllByRole('listitem')[0]?.getAttribute('aria-setsize')).toBe('5000'),
  );
  expect(list.querySelectorAll('*').length).toBeLessThan(1000);
  await user.type(screen.getByRole('searchbox', { name: 'Find in the log' }), 'line 1234.');
  await screen.findByText('1 of 1');
});

test('a paused log stands still and says how much came since', async () => {
  const log = new LogStream();
  const { user } = open((server) => server.on(STREAM, () => log.answer()));
  await screen.findByText('Live', { selector: 'section *' });
  log.line('before');
  await screen.findByText('before');
  await user.click(screen.getByRole('button', { name: 'Pause' }));
  log.line('meanwhile');
  await screen.findByText('Paused, 1 more');
  expect(screen.queryByText('meanwhile')).toBeNull();
  await user.click(screen.getByRole('button', { name: 'Go on' }));
  await screen.findByText('meanwhile');
});

test('a stream that ends while the agent runs is opened again, and no line appears twice', async () => {
  const streams = [new LogStream(), new LogStream()];
  let opened = 0;
  open((server) => server.on(STREAM, () => streams[Math.min(opened++, 1)]!.answer()));
  await screen.findByText('Live', { selector: 'section *' });
  streams[0]!.line('kept');
  await screen.findByText('kept');
  streams[0]!.end();
  await screen.findByText('Interrupted, trying again');
  await waitFor(() => expect(opened).toBe(2));
  streams[1]!.line('kept');
  streams[1]!.line('new');
  await screen.findByText('new');
  expect(screen.getAllByText('kept')).toHaveLength(1);
});

test.each([
  ['the server is not reached', () => Promise.reject(new TypeError('fetch failed'))],
  ['the session cannot be renewed for lack of an answer', 'POST /api/auth/refresh'],
  ['too many ask', () => refusal(429, 'RATE_LIMITED', 'Later.')],
])('a stream heals by itself after an outage: %s', async (_what, trouble) => {
  const streams = [new LogStream(), new LogStream()];
  let opened = 0;
  const stream = () => streams[opened++]!.answer();
  const { server } = open((fake) => fake.on(STREAM, stream));
  await screen.findByText('Live', { selector: 'section *' });
  let failed = 0;
  const fail = (answer: () => unknown) => () => {
    failed += 1;
    server.on(STREAM, stream);
    return answer();
  };
  if (typeof trouble === 'string') {
    // The token is not taken any more, and a new one is not to be had.
    server.on(STREAM, () => refusal(401, 'TOKEN_INVALID', 'Sign in.'));
    server.on(trouble, () => {
      server.on(trouble, REFRESHED);
      return fail(() => Promise.reject(new TypeError('fetch failed')))();
    });
  } else server.on(STREAM, fail(trouble));
  streams[0]!.end();
  await screen.findByText('Interrupted, trying again');
  await waitFor(() => expect([failed, opened]).toEqual([1, 2]));
  streams[1]!.line('healed');
  await screen.findByText('healed');
  expect(screen.queryByRole('button', { name: 'Try again' })).toBeNull();
});

test('colours are dropped and every other control code is shown by name', async () => {
  const log = new LogStream();
  open((server) => server.on(STREAM, () => log.answer()));
  await screen.findByText('Live', { selector: 'section *' });
  log.line('\u001b[31mred\u001b[0m \u001b]0;title\u0007 \u001b[2J<script>alert(1)</script>');
  const row = await screen.findByRole('listitem');
  expect(row.textContent).toContain('red');
  expect(row.textContent).not.toContain('[31m');
  expect(row.textContent).toContain('ESC]0;titleBEL');
  expect(row.textContent).not.toMatch(/[\u001b\u0007]/u);
  expect(row.querySelector('script')).toBeNull();
});

test('a refusal of the server has its place, and an agent that never ran has an empty log', async () => {
  const { user, server } = open(
    (fake) => fake.on(STREAM, () => refusal(403, 'FORBIDDEN', 'Your role may not read logs.')),
    'stopped',
  );
  await screen.findByText('Your role may not read logs.');
  const log = new LogStream();
  server.on(STREAM, () => log.answer());
  await user.click(screen.getByRole('button', { name: 'Try again' }));
  await screen.findByText('The worker has printed nothing.');
  log.end();
  await screen.findByText('The worker has ended');
  await screen.findByText('Start the agent to see its worker.');
});

test('a hostile line of a megabyte is shown in part, inert, and found like any other', async () => {
  const log = new LogStream();
  const { user } = open((server) => server.on(STREAM, () => log.answer()));
  await screen.findByText('Live', { selector: 'section *' });
  log.line(HOSTILE_LINE, 'stderr');
  log.line('what came after');
  await screen.findByText('what came after');
  const [row] = screen.getAllByRole('listitem');
  if (!row) throw new Error('no row');
  expectInert(row);
  await user.type(screen.getByRole('searchbox', { name: 'Find in the log' }), 'evil.example');
  await screen.findByText('1 of 1');
});
