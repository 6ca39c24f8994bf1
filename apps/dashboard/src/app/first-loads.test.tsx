// @vitest-environment happy-dom
import { screen } from '@testing-library/react';
import { expect, test } from 'vitest';
import { refusal, type FakeServer } from '../testing/fake-server.js';
import { expectFirstLoad, type FirstLoad } from '../testing/first-load.js';
import { giveHeight } from '../testing/give-height.js';
import { holdAnswer } from '../testing/held-answer.js';
import { anAgent, renderApp } from '../testing/render-app.js';

giveHeight(600);

const TIME = '2026-11-27T10:00:00.000Z';
const agents = () => ({ items: [anAgent()] });
const none = () => ({ items: [] });
const me = () => ({
  id: 'u1',
  username: 'grace',
  role: 'superadmin',
  session_id: 's1',
  reauthenticated_until: null,
  permissions: ['drill:run', 'audit:verify'],
});
const runtime = () => ({
  version: '1.2.3',
  backend: 'docker',
  max_level: 'privileged',
  unconfined_exec: false,
  levels: ['permissive', 'sandboxed'],
});
const verdict = () => ({
  judged_by: 'worker',
  decision: {
    effect: 'deny',
    layer: 'syntax',
    rule: 'shell.syntax.pipe',
    reason: 'A pipe starts a second command.',
    hint: 'Send one simple command per call.',
    input: 'a | b',
    policyDigest: 'abcdef0123456789',
    trace: [],
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
const auditRow = () => ({
  items: [
    {
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
      hash: 'the-hash-of-row-12',
    },
  ],
});
/** Everything works but what a test holds back. */
const working = (server: FakeServer): void => {
  server.on('GET /api/agents', agents);
  server.on('GET /api/auth/me', me);
  server.on('GET /api/runtime/info', runtime);
  for (const list of ['drills', 'audit', 'auth/sessions']) server.on(`GET /api/${list}`, none);
};

const LOADS: readonly (FirstLoad & { readonly name: string })[] = [
  {
    name: 'Now',
    path: '/',
    route: 'GET /api/now',
    answer: () => ({
      agents: { stopped: 1, provisioning: 0, connecting: 0, running: 0, disconnected: 0, failed: 0 },
      failed: [],
      disconnected: [],
      refusals: { total: 0, counted: 0, rules: 0, items: [], by_rule: [] },
      unsafe: [],
    }),
    loads: 'what needs you',
    shows: /Nothing needs you|Nothing was refused|at its safe value/,
  },
  {
    name: 'Fleet',
    path: '/fleet',
    route: 'GET /api/agents',
    answer: none,
    loads: 'the agents',
    shows: /There is no agent yet|No agent matches|0 agents/,
  },
  {
    name: 'Playground, the agents',
    path: '/playground',
    route: 'GET /api/agents',
    answer: none,
    loads: 'the agents',
    shows: /There is no agent whose policy/,
  },
  {
    name: 'Playground, the verdict',
    path: '/playground?agent=a1&tool=exec&input=a%20%7C%20b',
    route: 'POST /api/agents/a1/policy/test',
    answer: verdict,
    loads: 'the verdict',
    shows: 'A pipe starts a second command.',
  },
  {
    name: 'Audit',
    path: '/audit',
    route: 'GET /api/audit',
    answer: none,
    loads: 'the audit log',
    shows: 'No row matches.',
  },
  {
    name: 'Audit, one row',
    path: '/audit?row=12',
    route: 'GET /api/audit',
    query: 'after=11',
    answer: auditRow,
    loads: 'the row',
    shows: 'the-hash-of-row-12',
  },
  {
    name: 'Account, who it is',
    path: '/account',
    route: 'GET /api/auth/me',
    answer: me,
    loads: 'your account',
    shows: 'grace, superadmin',
    inMain: true,
  },
  {
    name: 'Account, the sessions',
    path: '/account',
    route: 'GET /api/auth/sessions',
    answer: () => ({
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
    }),
    loads: 'your sessions',
    shows: 'A browser',
  },
  {
    name: 'Account, the server',
    path: '/account',
    route: 'GET /api/runtime/info',
    answer: runtime,
    loads: 'what this server is',
    shows: '1.2.3',
  },
  {
    name: 'Drill, who may run one',
    path: '/drill',
    route: 'GET /api/auth/me',
    answer: me,
    loads: 'your account',
    shows: 'Run the drill',
    inMain: true,
  },
  {
    name: 'Drill, the reports',
    path: '/drill',
    route: 'GET /api/drills',
    answer: none,
    loads: 'the reports',
    shows: 'There was no drill yet.',
  },
  {
    name: 'Drill, the agents',
    path: '/drill',
    route: 'GET /api/agents',
    answer: agents,
    loads: 'the agents',
    shows: 'Run the drill',
  },
  {
    name: 'Drill, one report',
    path: '/drill/d1',
    route: 'GET /api/drills/d1',
    answer: drill,
    loads: 'the report',
    shows: 'Drill at Safe',
  },
];

test.each(LOADS)('$name: loading, failed and tried again', (load) =>
  expectFirstLoad({ prepare: working, ...load }),
);

test('a server that cannot be asked for the session is said to be, on every page, and is asked again', async () => {
  const first = holdAnswer();
  const { server, user, address } = renderApp('/audit?effect=deny', (fake) => {
    working(fake);
    fake.on('POST /api/auth/refresh', first.answer);
  });
  await screen.findByRole('status', { name: 'Signing in' });
  first.give(refusal(503, 'OVERLOADED', 'This is too much now.'));
  await screen.findByRole('heading', { name: 'Not connected' });
  expect(screen.getByRole('alert').textContent).toContain('This is too much now.');
  // A server that is away has signed nobody out.
  expect([address(), screen.queryByLabelText('Password')]).toEqual(['/audit?effect=deny', null]);
  server.on('POST /api/auth/refresh', () => Promise.reject(new TypeError('fetch failed')));
  await user.click(screen.getByRole('button', { name: 'Try again' }));
  await screen.findByText('The server did not answer.');
  server.on('POST /api/auth/refresh', () => ({
    access_token: 'token-2',
    token_type: 'Bearer',
    expires_in: 900,
    user_id: 'u1',
  }));
  await user.click(screen.getByRole('button', { name: 'Try again' }));
  await screen.findByText('No row matches.');
  expect(address()).toBe('/audit?effect=deny');
});
