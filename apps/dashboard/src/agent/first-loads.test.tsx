// @vitest-environment happy-dom
import { screen } from '@testing-library/react';
import { test } from 'vitest';
import { json, type FakeServer } from '../testing/fake-server.js';
import { expectFirstLoad, type FirstLoad } from '../testing/first-load.js';
import { giveHeight } from '../testing/give-height.js';
import { anAgent } from '../testing/render-app.js';
import { SECTIONS } from './settings/setting-sections.js';

giveHeight(600);

const AGENT = 'GET /api/agents/a1';
const TOP = `${AGENT}/workspace/workspace`;
const TIME = '2026-11-27T10:00:00.000Z';
const event = (id: number, content: string) => ({
  id,
  agent_id: 'a1',
  time: TIME,
  source: 'worker',
  event: { event_type: 'message_sent', content },
});
const entry = { role: 'assistant', content: 'Here is the report.', turn_id: 't1', time: TIME };
const none = () => ({ items: [], more: false, truncated: false });
const me = () => ({
  id: 'u1',
  username: 'grace',
  role: 'superadmin',
  session_id: 's1',
  reauthenticated_until: null,
  permissions: ['config:write', 'variable:write', 'agent:update'],
});
const runtime = () => ({
  version: '1.2.3',
  backend: 'docker',
  max_level: 'privileged',
  unconfined_exec: false,
  enforced: ['a container of its own'],
});
const presets = () => ({
  items: [
    ['permissive', 'Standard'],
    ['privileged', 'Power'],
  ].map(([level, name]) => ({
    level,
    name,
    summary: `What ${name} is for.`,
    protections: [],
    consequences: [],
    available: true,
  })),
});
const config = () => ({ config: {}, version: 1 });

/** Everything works but what a test holds back. */
const working = (server: FakeServer): void => {
  server.on(AGENT, () => anAgent());
  server.on('GET /api/auth/me', me);
  server.on('GET /api/runtime/info', runtime);
  server.on('GET /api/security-presets', presets);
  server.on(`${AGENT}/config`, config);
  server.on(TOP, none);
  for (const part of ['sessions', 'messages', 'sessions/dashboard%3Amain', 'variables', 'activity'])
    server.on(`${AGENT}/${part}`, none);
};

/** What stands in each section of the settings when the configuration is there. */
const IN_SECTION: Readonly<Record<string, string>> = {
  general: 'Instructions',
  model: 'Providers',
  tools: 'Commands',
  web: 'Hosts',
  security: 'Protections',
  variables: 'Set variable',
};

const LOADS: readonly (FirstLoad & { readonly name: string })[] = [
  ...['chat', 'activity', 'workspace', 'logs', 'settings'].map((tab) => ({
    name: `The agent, at ${tab}`,
    path: `/agents/a1/${tab}`,
    route: AGENT,
    answer: () => anAgent(),
    loads: 'the agent',
    shows: /^Owner admin/,
  })),
  {
    name: 'Chat, the conversations',
    path: '/agents/a1/chat',
    route: `${AGENT}/sessions`,
    answer: none,
    loads: 'the conversations',
    shows: 'New conversation',
  },
  {
    name: 'Chat, the conversation',
    path: '/agents/a1/chat',
    route: `${AGENT}/sessions/dashboard%3Amain`,
    answer: () => ({ items: [entry] }),
    loads: 'the conversation',
    shows: /Here is the report|Nothing has been said/,
  },
  {
    name: 'Activity',
    path: '/agents/a1/activity',
    route: `${AGENT}/activity`,
    answer: none,
    loads: 'the activity',
    shows: 'Nothing has happened yet.',
  },
  {
    name: 'Activity, one event',
    path: '/agents/a1/activity?event=7',
    route: `${AGENT}/activity`,
    query: 'before=8',
    answer: () => ({ items: [event(7, 'An old word.')], more: false }),
    loads: 'the event',
    shows: /An old word|This event is not there/,
  },
  {
    name: 'Workspace, the files',
    path: '/agents/a1/workspace',
    route: TOP,
    answer: none,
    loads: 'the files',
    shows: 'The workspace is empty.',
  },
  {
    name: 'Workspace, one file',
    path: '/agents/a1/workspace?path=report.txt',
    route: `${TOP}%2Freport.txt`,
    answer: () =>
      json({ path: 'report.txt', content: 'The report.', size: 11, truncated: false }, 200, { etag: '"v1"' }),
    loads: 'the file',
    shows: 'The report.',
  },
  {
    name: 'Logs',
    path: '/agents/a1/logs',
    route: `${AGENT}/process-logs/stream`,
    answer: () =>
      new Response(
        `event: line\ndata: ${JSON.stringify({ time: TIME, stream: 'stdout', text: 'A line.' })}\n\n`,
      ),
    loads: 'the log',
    shows: /^A line\.$|The worker has printed nothing/,
  },
  ...SECTIONS.map(([section]) => ({
    name: `Settings, ${section}`,
    path: `/agents/a1/settings?section=${section}`,
    route: `${AGENT}/config`,
    answer: config,
    loads: 'the settings',
    shows: IN_SECTION[section] ?? 'no words for this section',
  })),
  {
    name: 'Settings, the presets',
    path: '/agents/a1/settings?section=security',
    route: 'GET /api/security-presets',
    answer: presets,
    loads: 'the presets',
    shows: 'What Standard is for.',
  },
  {
    name: 'Settings, what is enforced',
    path: '/agents/a1/settings?section=security',
    route: 'GET /api/runtime/info',
    answer: runtime,
    loads: 'what this server enforces',
    shows: 'a container of its own',
  },
  {
    name: 'Settings, what a preset means',
    path: '/agents/a1/settings?section=security',
    reach: async ({ user }) => user.click(await screen.findByRole('radio', { name: 'Power' })),
    route: 'POST /api/agents/a1/config/review',
    answer: () => ({ changed: [], loosens: [], needs_password: true, refused: null, unsafe: [] }),
    loads: 'what the change means',
    shows: 'Your password is needed to apply it.',
  },
  {
    name: 'Settings, the variables',
    path: '/agents/a1/settings?section=variables',
    route: `${AGENT}/variables`,
    answer: none,
    loads: 'the names',
    shows: 'No variables.',
  },
];

test.each(LOADS)('$name: loading, failed and tried again', (load) =>
  expectFirstLoad({ prepare: working, ...load }),
);
