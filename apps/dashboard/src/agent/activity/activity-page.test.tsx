// @vitest-environment happy-dom
import { configure, screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import type { Activity } from '../../api/api-types.js';
import type { FakeServer } from '../../testing/fake-server.js';
import { giveHeight } from '../../testing/give-height.js';
import { expectInert, HOSTILE_LINE } from '../../testing/hostile-line.js';
import { anAgent, renderApp } from '../../testing/render-app.js';

configure({ asyncUtilTimeout: 20_000 });

giveHeight(2000);

const TIME = '2026-11-27T10:00:00.000Z';
const event = (id: number, body: Partial<Activity['event']>): Activity => ({
  id,
  time: TIME,
  source: 'worker',
  event: { event_type: 'message_sent', ...body },
});
const refused = (id: number): Activity =>
  event(id, {
    event_type: 'policy_decision',
    call_id: `c${id}`,
    record: {
      id: `r${id}`,
      agent_id: 'a1',
      session_key: 'dashboard:main',
      actor: 'model',
      tool: 'read_file',
      time: TIME,
      decision: {
        effect: 'deny',
        layer: 'zone',
        rule: 'fs.zone.hidden',
        reason: 'This part is not available.',
        hint: 'Work in workspace/.',
        input: '.config/agent.json',
        policyDigest: 'abc',
        trace: [{ layer: 'zone', rule: 'fs.zone.hidden', effect: 'deny' }],
      },
    },
  });

/** A server with stored activity, oldest first, that pages as the real one does. */
function attach(server: FakeServer, stored: readonly Activity[]): void {
  server.on('GET /api/agents/a1', () => anAgent({ status: 'running', desired: 'running' }));
  server.on('GET /api/agents/a1/activity', (request) => {
    const { searchParams } = new URL(request.url);
    const limit = Number(searchParams.get('limit') ?? 50);
    const before = Number(searchParams.get('before') ?? Number.POSITIVE_INFINITY);
    const items = stored.filter(({ id }) => id < before).slice(-limit);
    return { items, more: items.length === limit };
  });
}

test('stored events come first, live ones above them, each once', async () => {
  const stored = [event(1, { content: 'first' }), event(2, { content: 'second' })];
  const { server } = renderApp('/agents/a1/activity', (fake) => attach(fake, stored));
  await screen.findByText('first');
  server.push('activity', { agent_id: 'a1', ...event(2, { content: 'second' }) });
  server.push('activity', { agent_id: 'a1', ...event(3, { content: 'third' }) });
  await screen.findByText('third');
  const texts = screen.getAllByRole('listitem').map(({ textContent }) => textContent);
  expect(texts.map((text) => /first|second|third/.exec(text)?.[0])).toEqual(['third', 'second', 'first']);
});

test('what happened while the connection was away is read when it is there again', async () => {
  const stored = [event(1, { content: 'first' })];
  const { server } = renderApp('/agents/a1/activity', (fake) => attach(fake, stored));
  await screen.findByText('first');
  await screen.findByText('Live');
  server.push('activity', { agent_id: 'a1', ...event(2, { content: 'seen' }) });
  server.cutSockets();
  const watches = () => server.frames.filter(([name]) => name === 'watch').map(([, body]) => body);
  await waitFor(() => expect(watches()).toEqual([{ agent_id: 'a1' }, { agent_id: 'a1', after: 2 }]));
  // The server sends again what came behind that.
  server.push('activity', { agent_id: 'a1', ...event(3, { content: 'missed' }) });
  await screen.findByText('missed');
  screen.getByText('seen');
});

test('a refusal opens to rule, reason, hint and trace, and has an address', async () => {
  const { user, address } = renderApp('/agents/a1/activity', (fake) =>
    attach(fake, [event(1, { content: 'hello' }), refused(2)]),
  );
  await user.click(await screen.findByRole('button', { name: /Refused/ }));
  const dialog = await screen.findByRole('dialog', { name: 'Event 2' });
  for (const text of ['This part is not available.', 'Work in workspace/.', 'Layers, in order'])
    within(dialog).getByText(text);
  expect(decodeURIComponent(address())).toMatch(/event="?2"?$/);
  await user.keyboard('{Escape}');
  await waitFor(() => expect(address()).not.toContain('event'));
});

test('a link to an old event opens it although the list does not reach so far', async () => {
  const stored = Array.from({ length: 600 }, (_, index) => (index === 4 ? refused(5) : event(index + 1, {})));
  renderApp('/agents/a1/activity?event=5', (fake) => attach(fake, stored));
  await screen.findByText('This part is not available.');
});

test('a link to an event that is gone says so', async () => {
  renderApp('/agents/a1/activity?event=5', (fake) => attach(fake, [event(9, { content: 'nine' })]));
  await screen.findByText('This event is not there.');
});

test('the filter of the address finds refusals behind many other events', async () => {
  const stored = [
    refused(1),
    // The result of the refused call is not a second refusal.
    event(2, { event_type: 'tool_result', tool_name: 'read_file', result_status: 'denied' }),
    ...Array.from({ length: 250 }, (_, index) => event(index + 3, { content: 'x' })),
  ];
  renderApp('/agents/a1/activity?only=refusals', (fake) => attach(fake, stored));
  expect(await screen.findAllByText('Refused')).toHaveLength(1);
  await screen.findByText('1 of 252 events read');
});

test('requests to the web show their verdict, host and rule', async () => {
  renderApp('/agents/a1/activity?only=web', (fake) =>
    attach(fake, [
      event(1, {
        event_type: 'egress',
        egress: {
          purpose: 'command',
          method: 'CONNECT',
          host: 'evil.example',
          port: 443,
          verdict: 'deny',
          rule: 'net.allowlist',
          bytes: 0,
          bytes_out: 0,
        },
      }),
    ]),
  );
  await screen.findByText('CONNECT evil.example:443 (net.allowlist)');
  screen.getByText('Refused');
});

test('what an agent wrote is never markup, and shows what it hides', async () => {
  renderApp('/agents/a1/activity', (fake) =>
    attach(fake, [event(1, { content: '<img src=x onerror=alert(1)>\u202Etxt.exe\u001b[2J' })]),
  );
  const row = await screen.findByRole('listitem');
  expect(row.querySelector('img')).toBeNull();
  expect(row.textContent).toContain('<img src=x onerror=alert(1)>');
  expect(row.textContent).toContain('RLO');
  expect(row.textContent).not.toMatch(/[\u202E\u001b]/);
});

test('a hostile line of a megabyte is inert in the list and in the event that it opens to', async () => {
  const { user } = renderApp('/agents/a1/activity', (fake) =>
    attach(fake, [event(1, { content: HOSTILE_LINE }), event(2, { content: 'after it' })]),
  );
  await screen.findByText('after it');
  const row = screen.getAllByRole('listitem').find(({ textContent }) => textContent.includes('onerror'));
  if (!row) throw new Error('no row');
  expectInert(row);
  await user.click(within(row).getByRole('button'));
  const dialog = await screen.findByRole('dialog', { name: 'Event 1' });
  expectInert(dialog);
});
