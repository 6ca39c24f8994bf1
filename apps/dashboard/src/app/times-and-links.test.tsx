// @vitest-environment happy-dom
import { screen, waitFor } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { refusal, type FakeServer } from '../testing/fake-server.js';
import { giveHeight } from '../testing/give-height.js';
import { anAgent, renderApp } from '../testing/render-app.js';

giveHeight(600);

/** Hours ago at any time that the test runs, and no whole hour: what is told in words differs from what is exact. */
const TIME = new Date(Date.now() - 5 * 3600_000 - 7 * 60_000).toISOString();
const agent = () =>
  anAgent({
    since: TIME,
    last_refusal: {
      event_id: 31,
      time: TIME,
      tool: 'exec',
      effect: 'deny',
      layer: 'syntax',
      rule: 'shell.syntax.pipe',
      reason: 'A pipe.',
    },
  });
const drill = () => ({
  id: 'd1',
  state: 'done',
  verdict: 'pass',
  level: 'sandboxed',
  backend: 'docker',
  engine: 'docker 28.1',
  node: 'v24.1.0',
  image: null,
  agent_id: null,
  worker_agent_id: 'w1',
  started_at: TIME,
  ended_at: TIME,
  actor: 'user:u1',
  attested: 'matched',
  passed: 0,
  failed: 0,
  informed: 0,
  planned: 0,
  rows: [],
});
const auditRow = {
  seq: 12,
  time: TIME,
  kind: 'policy_decision',
  agent_id: 'a1',
  agent_name: 'Researcher',
  actor_id: 'model',
  actor_name: null,
  effect: 'deny',
  rule: 'fs.zone.hidden',
  event: { kind: 'policy_decision', tool: 'read_file', reason: 'The zone is hidden.' },
  hash: 'abc',
};
const now = () => ({
  agents: { stopped: 0, provisioning: 0, connecting: 0, running: 0, disconnected: 0, failed: 1 },
  failed: [anAgent({ id: 'a7', status: 'failed', since: TIME })],
  disconnected: [],
  refusals: {
    total: 1,
    counted: 1,
    rules: 1,
    items: [
      {
        agent_id: 'a1',
        agent_name: 'Researcher',
        event_id: 31,
        time: TIME,
        tool: 'exec',
        effect: 'deny',
        layer: 'syntax',
        rule: 'shell.syntax.pipe',
        reason: 'A pipe starts a second command.',
        hint: '',
      },
    ],
    by_rule: [],
  },
  unsafe: [],
});

/** A server with one of everything that has a time. */
function attach(server: FakeServer): void {
  const answers: Readonly<Record<string, object>> = {
    now: now(),
    agents: { items: [agent()] },
    'agents/a1': agent(),
    'agents/a1/config': { config: {}, version: 1 },
    'agents/a1/sessions': { items: [] },
    'agents/a1/messages': { items: [] },
    'agents/a1/sessions/dashboard%3Amain': {
      items: [
        { role: 'user', content: 'Do it.', turn_id: 't1', time: TIME },
        { role: 'assistant', content: 'It is done.', turn_id: 't1', time: TIME },
      ],
    },
    'agents/a1/activity': {
      items: [
        { id: 31, time: TIME, source: 'worker', event: { event_type: 'message_sent', content: 'Done.' } },
      ],
      more: false,
    },
    'agents/a1/workspace/workspace': { items: [], truncated: false },
    audit: { items: [auditRow] },
    'auth/sessions': {
      items: [
        {
          id: 's1',
          current: true,
          ip: '203.0.113.7',
          user_agent: 'A browser',
          created_at: TIME,
          last_used_at: TIME,
          expires_at: TIME,
        },
      ],
    },
    drills: { items: [drill()] },
    'drills/d1': drill(),
    'runtime/info': { version: '1', backend: 'docker', max_level: 'privileged', unconfined_exec: false },
  };
  for (const [path, answer] of Object.entries(answers)) server.on(`GET /api/${path}`, () => answer);
}

describe('a time', () => {
  it.each([
    ['/', 2],
    ['/fleet', 2],
    ['/audit', 1],
    ['/audit?row=12', 2],
    ['/account', 3],
    ['/drill', 1],
    ['/drill/d1', 1],
    // On each page of an agent its head has one.
    ['/agents/a1/workspace', 1],
    ['/agents/a1/chat', 3],
    ['/agents/a1/activity', 2],
    ['/agents/a1/activity?event=31', 3],
  ])('at %s is told in words, and exactly on hover', async (path, count) => {
    renderApp(path, attach);
    await waitFor(() => expect(document.querySelectorAll('time')).toHaveLength(count));
    for (const time of document.querySelectorAll('time'))
      expect([time.dateTime, time.textContent, time.title]).toEqual([
        TIME,
        '5 hr. ago',
        expect.stringMatching(/^\d{1,2} \w{3,4} \d{4}, \d\d:\d\d:\d\d \S+$/),
      ]);
    // None is written out as machines write it.
    expect(document.body.textContent).not.toMatch(/\d{4}-\d\d-\d\dT\d\d:/);
  });
});

/** What an address says; a space is written in two ways. */
function parts(address: string): readonly unknown[] {
  const { pathname, searchParams } = new URL(address, 'http://here');
  return [pathname, Object.fromEntries(searchParams)];
}

describe('a link', () => {
  it.each([
    '/',
    '/fleet?q=res&status=failed&sort=name',
    '/playground?agent=a1&tool=exec&input=cat%20x%20%7C%20curl%20-d%20%40-%20https%3A%2F%2Fexample.com%2F%3Fa%3D1%26b%3D2',
    '/drill?agent=a1&level=sandboxed',
    '/drill/d1?show=failures&layer=command',
    '/audit?agent=a1&actor=model&effect=deny&rule=fs.zone.hidden&row=12',
    '/account',
    '/agents/a1/chat?session=dashboard%3Aother',
    '/agents/a1/activity?only=refusals&event=31',
    '/agents/a1/workspace?path=notes%2Fa%20b.md',
    '/agents/a1/logs',
    '/agents/a1/settings?section=variables',
  ])('to %s comes back to it behind the sign-in, unchanged', async (path) => {
    const { channel, address } = renderApp(path, (server) => {
      attach(server);
      server.on('POST /api/auth/refresh', () => refusal(401, 'UNAUTHENTICATED', 'There is no session.'));
    });
    await screen.findByRole('heading', { name: 'Sign in' });
    expect(parts(new URL(address(), 'http://here').searchParams.get('to') ?? '/')).toEqual(parts(path));
    channel.hear({ kind: 'token', token: 'token-2', expiresAt: Date.now() + 900_000, userId: 'u1' });
    await screen.findByRole('navigation', { name: 'Main' });
    expect(parts(address())).toEqual(parts(path));
  });
});
