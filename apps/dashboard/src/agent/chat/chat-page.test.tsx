// @vitest-environment happy-dom
import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import type { SessionEntry } from '../../api/api-types.js';
import { refusal, type FakeServer } from '../../testing/fake-server.js';
import { giveHeight } from '../../testing/give-height.js';
import { expectInert, HOSTILE_LINE } from '../../testing/hostile-line.js';
import { anAgent, renderApp } from '../../testing/render-app.js';

giveHeight(600);

const TIME = '2026-11-27T10:00:00.000Z';
const user = (content: string): SessionEntry => ({ role: 'user', content, turn_id: 't1', time: TIME });
const answer = (content: string, more: Partial<SessionEntry> = {}): SessionEntry => ({
  role: 'assistant',
  content,
  turn_id: 't1',
  time: TIME,
  ...more,
});
const resultOf = (call: string): SessionEntry => ({
  role: 'tool',
  content: 'Refused.',
  turn_id: 't1',
  time: TIME,
  tool_call_id: call,
});
const decision = {
  effect: 'deny',
  layer: 'zone',
  rule: 'fs.zone.hidden',
  reason: 'This part is not available.',
  hint: 'Work in workspace/.',
  input: '.config/agent.json',
  policyDigest: 'abc',
  trace: [],
};
const message = (state: string, more: object = {}) => ({
  id: 'm1',
  session_key: 'dashboard:main',
  state,
  text: 'Do your job.',
  error: null,
  result: null,
  created_at: TIME,
  ...more,
});

function open(entries: SessionEntry[], prepare: (server: FakeServer) => void = () => undefined) {
  return renderApp('/agents/a1/chat', (server) => {
    server.on('GET /api/agents/a1', () => anAgent({ status: 'running', desired: 'running' }));
    server.on('GET /api/agents/a1/sessions', () => ({ items: [] }));
    server.on('GET /api/agents/a1/messages', () => ({ items: [] }));
    server.on('GET /api/agents/a1/activity', () => ({ items: [], more: false }));
    server.on('GET /api/agents/a1/sessions/dashboard%3Amain', () => ({ items: entries }));
    prepare(server);
  });
}

const activity = (id: number, event: object) => ({
  agent_id: 'a1',
  id,
  time: TIME,
  source: 'worker',
  event: { session_key: 'dashboard:main', ...event },
});

test('a conversation longer than what is read says so, and offers nothing more', async () => {
  const stored = Array.from({ length: 1200 }, (_, index) => user(`entry ${index}`));
  const { user: person } = open([], (server) => {
    server.on('GET /api/agents/a1/sessions/dashboard%3Amain', ({ url }) => ({
      items: stored.slice(-Number(new URL(url).searchParams.get('limit'))),
    }));
  });
  const before = 'Only the latest 1,000 entries are shown here.';
  for (let more = 0; more < 4; more += 1) {
    const button = await screen.findByRole('button', { name: 'Show earlier entries' }, { timeout: 30_000 });
    expect(screen.queryByText(before)).toBeNull();
    await person.click(button);
  }
  await screen.findByText(before, {}, { timeout: 30_000 });
  expect(screen.queryByRole('button', { name: 'Show earlier entries' })).toBeNull();
}, 120_000);

test('of 2,000 entries few exist in the page, all are counted, and any is found', async () => {
  const { user: person } = open(
    Array.from({ length: 2000 }, (_, index) => ({ ...user(`entry ${index}.`), turn_id: `t${index}` })),
  );
  const list = await screen.findByRole('group', { name: 'Conversation' });
  await waitFor(() => expect(within(list).getAllByRole('listitem').length).toBeGreaterThan(1));
  expect(within(list).getAllByRole('listitem').length).toBeLessThan(60);
  expect(within(list).getAllByRole('listitem')[0]?.getAttribute('aria-setsize')).toBe('2000');
  expect(list.querySelectorAll('*').length).toBeLessThan(1000);
  await person.type(screen.getByRole('searchbox', { name: 'Find in the conversation' }), 'ENTRY 77');
  await screen.findByText('11 of 11');
  await person.keyboard('{Enter}');
  await screen.findByText('10 of 11');
  await person.clear(screen.getByRole('searchbox', { name: 'Find in the conversation' }));
  await person.keyboard('nowhere');
  await screen.findByText('Not found');
});

test('an answer that has come is told to screen readers, and those of before are not', async () => {
  const entries = [user('hello'), answer('Good morning')];
  const { server } = open(entries);
  await screen.findByText('Good morning');
  expect(screen.queryByText(/has answered/)).toBeNull();
  entries.push(answer('Good evening', { turn_id: 't2' }));
  server.push('activity', activity(1, { event_type: 'message_sent' }));
  await screen.findByText(/The agent has answered at/);
});

test('an answer streams in, and what is stored takes its place once', async () => {
  const entries = [user('hello')];
  const { server } = open(entries);
  await screen.findByText('hello');
  server.push('delta', { agent_id: 'a1', session_key: 'dashboard:main', turn_id: 't1', text: 'Good ' });
  server.push('delta', { agent_id: 'a1', session_key: 'dashboard:main', turn_id: 't1', text: 'morning' });
  server.push('delta', { agent_id: 'a1', session_key: 'other:1', turn_id: 't9', text: 'not here' });
  await screen.findByText('Good morning');
  entries.push(answer('Good morning'));
  server.push('activity', activity(1, { event_type: 'message_sent' }));
  await waitFor(() => expect(screen.getByLabelText('Answer of the agent')).toBeTruthy());
  await waitFor(() => expect(screen.getAllByText('Good morning')).toHaveLength(1));
  expect(screen.queryByText('not here')).toBeNull();
});

test('a refused call shows its verdict and opens to rule, reason and hint', async () => {
  const call = { id: 'c1', name: 'read_file', arguments: '{"path":".config/agent.json"}' };
  const app = open([user('go'), answer('', { tool_calls: [call] }), resultOf('c1')]);
  await screen.findByText('.config/agent.json');
  app.server.push(
    'activity',
    activity(1, { event_type: 'policy_decision', call_id: 'c1', record: { tool: 'read_file', decision } }),
  );
  const head = await screen.findByRole('button', { name: /read_file.*Refused/ });
  await app.user.click(head);
  expect(screen.getByText('fs.zone.hidden')).toBeTruthy();
  expect(screen.getByText('This part is not available.')).toBeTruthy();
  expect(screen.getByText('Work in workspace/.')).toBeTruthy();
});

test('what an agent wrote is never markup, a script address or an image', async () => {
  const hostile =
    '<img src=x onerror=alert(1)> [click](javascript:alert(1)) ![beacon](https://evil.example/p.gif) a\u202Eb\u001b[31m';
  open([answer(hostile)]);
  const log = await screen.findByRole('group', { name: 'Conversation' });
  await within(log).findByText(/click/);
  expect(log.querySelector('img')).toBeNull();
  expect([...log.querySelectorAll('a')].some(({ href }) => href.startsWith('javascript:'))).toBe(false);
  expect(log.textContent).not.toContain('\u202E');
  expect(log.textContent).not.toContain('\u001b');
});

test('a message stays in the box when the server refuses it, and is sent once however often one presses', async () => {
  const app = open([], (server) => {
    server.on('POST /api/agents/a1/messages', () =>
      refusal(409, 'AGENT_NOT_RUNNING', 'The agent does not run.', { fix: 'Start it.' }),
    );
  });
  const box = await screen.findByRole('textbox', { name: 'Message' });
  await app.user.type(box, 'Do your job.{Enter}');
  await screen.findByText('The agent does not run.');
  expect((box as HTMLTextAreaElement).value).toBe('Do your job.');

  let take: (answer: object) => void = () => undefined;
  app.server.on('POST /api/agents/a1/messages', () => new Promise((resolve) => (take = resolve)));
  app.server.on('GET /api/agents/a1/messages', () => ({ items: [message('queued')] }));
  await app.user.click(screen.getByRole('button', { name: 'Send' }));
  await app.user.type(box, '{Enter}');
  await app.user.type(box, '{Enter}');
  take(message('queued'));
  await screen.findByText('Waiting for the agent …');
  expect((box as HTMLTextAreaElement).value).toBe('');
  expect(app.server.bodies('POST /api/agents/a1/messages')).toEqual([
    { text: 'Do your job.', session_key: 'dashboard:main' },
    { text: 'Do your job.', session_key: 'dashboard:main' },
  ]);
});

test.each([
  [
    'a message',
    refusal(413, 'MESSAGE_TOO_LARGE', 'It has at most 8 characters.', { fix: 'Use a file.' }),
    'It has at most 8 characters. Use a file.',
  ],
  ['a request', refusal(413, 'PAYLOAD_TOO_LARGE', 'The body is too large.'), 'The body is too large.'],
  [
    'the schema',
    refusal(400, 'VALIDATION_FAILED', 'The request is not valid.', {
      issues: [{ pointer: '/text', message: 'Must have at most 8 characters.' }],
    }),
    'Must have at most 8 characters.',
  ],
])('a text longer than %s may have is said to be, at the box, and stays there', async (_, refused, said) => {
  const long = 'x'.repeat(300_000);
  const app = open([], (server) => server.on('POST /api/agents/a1/messages', () => refused.clone()));
  const box = await screen.findByRole<HTMLTextAreaElement>('textbox', { name: 'Message' });
  await app.user.click(box);
  await app.user.paste(long);
  await app.user.click(screen.getByRole('button', { name: 'Send' }));
  await waitFor(() => expect(box.getAttribute('aria-invalid')).toBe('true'));
  const described = (box.getAttribute('aria-describedby') ?? '').split(' ');
  expect(described.map((id) => document.getElementById(id)?.textContent)).toContain(said);
  // Read out once: by the notice of the form where there is one.
  expect(screen.getAllByRole('alert')).toHaveLength(1);
  expect(box.value).toBe(long);

  app.server.on('POST /api/agents/a1/messages', () => message('queued'));
  await app.user.clear(box);
  await app.user.paste('short');
  await app.user.click(screen.getByRole('button', { name: 'Send' }));
  await waitFor(() => expect(box.value).toBe(''));
  expect(box.getAttribute('aria-invalid')).toBeNull();
});

test('a conversation whose name the schema does not take says so above the box', async () => {
  const app = renderApp('/agents/a1/chat?session=%20no%20name', (server) => {
    server.on('GET /api/agents/a1', () => anAgent({ status: 'running', desired: 'running' }));
    for (const part of ['sessions', 'messages', 'activity', 'sessions/%20no%20name'])
      server.on(`GET /api/agents/a1/${part}`, () => ({ items: [], more: false }));
  });
  const box = await screen.findByRole<HTMLTextAreaElement>('textbox', { name: 'Message' });
  await app.user.type(box, 'Do your job.{Enter}');
  expect((await screen.findByRole('alert')).textContent).toContain('/session_key');
  expect([box.value, box.getAttribute('aria-invalid')]).toEqual(['Do your job.', null]);
  expect(app.server.bodies('POST /api/agents/a1/messages')).toEqual([]);
});

test('a turn that ended during a cut is over when the connection is back', async () => {
  const entries = [user('Do your job.')];
  const app = open(entries, (server) => {
    server.on('GET /api/agents/a1/messages', () => ({ items: [message('delivered')] }));
  });
  await screen.findByText('Live');
  await screen.findByText('The agent is working …');
  app.server.cutSockets();
  app.server.on('GET /api/agents/a1/messages', () => ({ items: [message('done')] }));
  entries.push(answer('It is done.'));
  const watches = () => app.server.frames.filter(([name]) => name === 'watch');
  await waitFor(() => expect(watches()).toHaveLength(2));
  app.server.push('activity', activity(1, { event_type: 'message_sent' }));
  await screen.findByText('It is done.');
  await waitFor(() => expect(screen.queryByText('The agent is working …')).toBeNull());
  expect(screen.queryByRole('button', { name: 'Stop this turn' })).toBeNull();
});

test('what a turn said while another page was open is there on coming back', async () => {
  const entries = [user('Do your job.')];
  const app = open(entries, (server) => {
    server.on('GET /api/agents/a1/messages', () => ({ items: [message('delivered')] }));
  });
  await screen.findByText('The agent is working …');
  await app.user.click(screen.getByRole('link', { name: 'Activity' }));
  await waitFor(() => expect(screen.queryByText('Do your job.')).toBeNull());
  app.server.on('GET /api/agents/a1/messages', () => ({ items: [message('done')] }));
  entries.push(answer('It is done.'));
  await app.user.click(screen.getByRole('link', { name: 'Chat' }));
  await screen.findByText('It is done.');
  await waitFor(() => expect(screen.queryByText('The agent is working …')).toBeNull());
});

test('a message that another tab sends while the messages are read is shown', async () => {
  const lists: ((answer: object) => void)[] = [];
  const app = open([user('hello')], (server) => {
    server.on('GET /api/agents/a1/messages', () => new Promise((resolve) => lists.push(resolve)));
  });
  await screen.findByText('Live');
  await waitFor(() => expect(lists).toHaveLength(1));
  app.server.push('message', { agent_id: 'a1', ...message('queued') });
  lists[0]!({ items: [] });
  await waitFor(() => expect(lists).toHaveLength(2));
  lists[1]!({ items: [message('queued')] });
  await screen.findByText('Waiting for the agent …');
});

test('the answer to sending that comes behind newer news of the message sets nothing back', async () => {
  let take: (answer: object) => void = () => undefined;
  const app = open([], (server) => {
    server.on('POST /api/agents/a1/messages', () => new Promise((resolve) => (take = resolve)));
  });
  await screen.findByText('Live');
  await app.user.type(await screen.findByRole('textbox', { name: 'Message' }), 'Do your job.{Enter}');
  await waitFor(() => expect(app.server.bodies('POST /api/agents/a1/messages')).toHaveLength(1));
  app.server.push('message', { agent_id: 'a1', ...message('delivered') });
  await screen.findByText('The agent is working …');
  take(message('queued'));
  await waitFor(() => expect(app.services.queries.isMutating()).toBe(0));
  screen.getByText('The agent is working …');
  expect(screen.queryByText('Waiting for the agent …')).toBeNull();
});

test('a failed and an interrupted message say so', async () => {
  const error = { code: 'MODEL_UNREACHABLE', message: 'The model does not answer.' };
  const app = open([user('Do your job.')], (server) => {
    server.on('GET /api/agents/a1/messages', () => ({ items: [message('failed', { error })] }));
  });
  await screen.findByText('The model does not answer.');
  app.server.push('message', { agent_id: 'a1', ...message('interrupted') });
  await screen.findByText('The answer was interrupted.');
});

test('a call from before the page was opened shows its verdict too', async () => {
  const call = { id: 'c1', name: 'read_file', arguments: '{"path":".config/agent.json"}' };
  open([user('go'), answer('', { tool_calls: [call] })], (server) => {
    server.on('GET /api/agents/a1/activity', () => ({
      items: [
        activity(1, {
          event_type: 'policy_decision',
          call_id: 'c1',
          record: { tool: 'read_file', decision },
        }),
      ],
      more: false,
    }));
  });
  await screen.findByRole('button', { name: /read_file.*Refused/ });
});

test('the verdict on an older call is looked for page by page', async () => {
  const calls = ['c1', 'c2'].map((id) => ({ id, name: `read_${id}`, arguments: '{}' }));
  const decided = (id: number, call: string, effect: string) =>
    activity(id, {
      event_type: 'policy_decision',
      call_id: call,
      record: { tool: 'read_file', decision: { ...decision, effect } },
    });
  const app = open(
    [user('go'), answer('', { tool_calls: calls }), resultOf('c1'), resultOf('c2')],
    (server) => {
      server.on('GET /api/agents/a1/activity', ({ url }) =>
        new URL(url).searchParams.get('before') === '300'
          ? { items: [decided(100, 'c1', 'deny'), decided(101, 'c2', 'allow')], more: true }
          : { items: [decided(300, 'c2', 'deny')], more: true },
      );
    },
  );
  await screen.findByRole('button', { name: /read_c1.*Refused/ });
  // The tool refused what the gate had let through: the later decision counts.
  screen.getByRole('button', { name: /read_c2.*Refused/ });
  await app.user.click(screen.getByRole('button', { name: /read_c1/ }));
  const pages = app.server.asked.filter((asked) => asked.includes('/activity?'));
  expect(pages).toEqual([
    'GET /api/agents/a1/activity?limit=200',
    'GET /api/agents/a1/activity?limit=200&before=300',
  ]);
});

test('verdicts that cannot be read say why, and are read again on request', async () => {
  const call = { id: 'c1', name: 'read_file', arguments: '{}' };
  const app = open([user('go'), answer('', { tool_calls: [call] }), resultOf('c1')], (server) => {
    server.on('GET /api/agents/a1/activity', () =>
      refusal(503, 'OVERLOADED', 'The activity is not read now.'),
    );
  });
  await screen.findByText('The activity is not read now.');
  screen.getByRole('button', { name: /read_file.*Verdict not loaded/ });
  app.server.on('GET /api/agents/a1/activity', () => ({
    items: [
      activity(1, { event_type: 'policy_decision', call_id: 'c1', record: { tool: 'read_file', decision } }),
    ],
    more: false,
  }));
  await app.user.click(screen.getByRole('button', { name: 'Try again' }));
  await screen.findByRole('button', { name: /read_file.*Refused/ });
  expect(screen.queryByText('The activity is not read now.')).toBeNull();
});

test('a call whose decision is not found says so and never counts as done, and the search ends', async () => {
  const call = { id: 'c1', name: 'read_file', arguments: '{}' };
  const app = open([user('go'), answer('', { tool_calls: [call] }), resultOf('c1')], (server) => {
    server.on('GET /api/agents/a1/activity', ({ url }) => {
      const before = Number(new URL(url).searchParams.get('before') ?? 9000);
      return { items: [activity(before - 200, { event_type: 'message_sent' })], more: true };
    });
  });
  const pages = () => app.server.asked.filter((asked) => asked.includes('/activity?'));
  await waitFor(() => expect(pages()).toHaveLength(10));
  const head = await screen.findByRole('button', { name: /read_file.*Verdict not loaded/ });
  expect(screen.queryByText('Done')).toBeNull();
  await app.user.click(head);
  await screen.findByText('Refused.');
  expect(pages()).toHaveLength(10);
  expect(new Set(pages()).size).toBe(10);
});

test('a running turn is stopped, and counts as stopped only when the server says so', async () => {
  const app = open([user('Do your job.')], (server) => {
    server.on('GET /api/agents/a1/messages', () => ({ items: [message('delivered')] }));
    server.on('POST /api/agents/a1/cancel', () => ({ cancelled: true }));
  });
  await app.user.click(await screen.findByRole('button', { name: 'Stop this turn' }));
  await waitFor(() =>
    expect(app.server.bodies('POST /api/agents/a1/cancel')).toEqual([{ session_key: 'dashboard:main' }]),
  );
  screen.getByText('The agent is working …');
  app.server.push('message', { agent_id: 'a1', ...message('interrupted') });
  await screen.findByText('The answer was interrupted.');
  expect(screen.queryByRole('button', { name: 'Stop this turn' })).toBeNull();
});

test('a hostile line of a megabyte in a call and in its result is shown in part and inert', async () => {
  const call = { id: 'c1', name: 'exec', arguments: JSON.stringify({ command: HOSTILE_LINE }) };
  const app = open([
    user('go'),
    answer('', { tool_calls: [call] }),
    { ...resultOf('c1'), content: HOSTILE_LINE },
  ]);
  const head = await screen.findByRole('button', { name: /exec.*onerror/ });
  expectInert(head);
  await app.user.click(head);
  await screen.findByRole('heading', { name: 'Result' });
  const log = screen.getByRole('group', { name: 'Conversation' });
  expectInert(log);
  expect(log.querySelectorAll('pre')).toHaveLength(2);
  for (const block of log.querySelectorAll('pre')) expect(block.textContent).toContain('more characters');
});

const listed = (...keys: string[]) => ({
  items: keys.map((key) => ({ session_key: key, entries: 1, last_at: TIME })),
});
const conversation = () => screen.findByRole<HTMLSelectElement>('combobox', { name: 'Conversation' });
const offered = async (): Promise<string[]> => [...(await conversation()).options].map(({ value }) => value);

test('what is half written stays in its conversation when another one becomes the latest', async () => {
  const {
    server,
    services,
    user: person,
  } = open([user('hello')], (prepared) => {
    prepared.on('GET /api/agents/a1/sessions', () => listed('dashboard:main'));
    prepared.on('GET /api/agents/a1/sessions/cli%3A1', () => ({ items: [user('from elsewhere')] }));
  });
  await person.type(await screen.findByLabelText('Message'), 'Half');
  server.on('GET /api/agents/a1/sessions', () => listed('cli:1', 'dashboard:main'));
  void services.queries.invalidateQueries();
  await waitFor(async () => expect(await offered()).toEqual(['dashboard:main', 'cli:1']));
  expect((await conversation()).value).toBe('dashboard:main');
  expect(screen.getByLabelText<HTMLTextAreaElement>('Message').value).toBe('Half');
  screen.getByText('hello');
  expect(screen.queryByText('from elsewhere')).toBeNull();
});

test('a conversation that is begun here or elsewhere is offered from then on', async () => {
  const keys = ['dashboard:main'];
  const {
    server,
    user: person,
    address,
  } = open([user('hello')], (prepared) => {
    prepared.on('GET /api/agents/a1/sessions', () => listed(...keys));
  });
  expect(await offered()).toEqual(['dashboard:main']);
  await screen.findByText('Live');
  keys.unshift('cli:1');
  server.push('message', { ...message('done'), agent_id: 'a1', session_key: 'cli:1' });
  await waitFor(async () => expect(await offered()).toEqual(['dashboard:main', 'cli:1']));

  await person.click(screen.getByRole('button', { name: 'New conversation' }));
  await waitFor(() => expect(address()).toContain('session=dashboard'));
  const begun = new URLSearchParams(address().split('?')[1]).get('session') ?? '';
  // Its first message is queued before there is an entry of it.
  server.push('message', { ...message('queued'), agent_id: 'a1', session_key: begun });
  keys.unshift(begun);
  server.push('message', { ...message('running'), agent_id: 'a1', session_key: begun });
  await waitFor(() => expect(server.asked.filter((one) => one.endsWith('/sessions'))).toHaveLength(4));
  await person.selectOptions(await conversation(), 'dashboard:main');
  await waitFor(async () => expect(await offered()).toEqual(['dashboard:main', begun, 'cli:1']));
});

test('a conversation that was begun during a cut is offered when the connection is back', async () => {
  const keys = ['dashboard:main'];
  const { server } = open([user('hello')], (prepared) => {
    prepared.on('GET /api/agents/a1/sessions', () => listed(...keys));
  });
  expect(await offered()).toEqual(['dashboard:main']);
  await screen.findByText('Live');
  server.cutSockets();
  keys.unshift('cli:1');
  await waitFor(async () => expect(await offered()).toEqual(['dashboard:main', 'cli:1']));
});
