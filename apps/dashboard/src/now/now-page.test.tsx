// @vitest-environment happy-dom
import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { ACTIVITY_FILTERS } from '../agent/activity/activity-filter.js';
import type { Now } from '../api/api-types.js';
import { anAgent, renderApp } from '../testing/render-app.js';

const calm: Now = {
  agents: { stopped: 1, provisioning: 0, connecting: 0, running: 2, disconnected: 0, failed: 0 },
  failed: [],
  disconnected: [],
  refusals: { total: 0, items: [], by_rule: [] },
  unsafe: [],
};
const troubled: Now = {
  ...calm,
  agents: { ...calm.agents, failed: 1 },
  failed: [anAgent({ id: 'a7', name: 'Broken <b>bot</b>', status: 'failed', reason: 'exit code 137' })],
  refusals: {
    total: 1,
    items: [
      {
        agent_id: 'a1',
        agent_name: 'Researcher',
        event_id: 31,
        time: '2026-11-27T10:00:00.000Z',
        tool: 'exec',
        effect: 'deny',
        layer: 'syntax',
        rule: 'shell.syntax.pipe',
        reason: 'A pipe starts a second command.',
        hint: 'Send one simple command per call.',
      },
    ],
    by_rule: [{ rule: 'shell.syntax.pipe', count: 1 }],
  },
  unsafe: [
    {
      scope: 'agent',
      agent_id: 'a1',
      agent_name: 'Researcher',
      setting: 'tools.ssrf_protection',
      consequence: 'It may reach private addresses.',
      fix: 'Switch it on.',
    },
  ],
};

describe('the start page', () => {
  it('is quiet when nothing needs a person', async () => {
    renderApp('/', (server) => server.on('GET /api/now', () => calm));
    await screen.findByText('Nothing needs you');
    await screen.findByText('Nothing was refused.');
    await screen.findByText('Every setting is at its safe value.');
  });

  it('says what failed, what was refused with rule, reason and hint, and what is not safe, each with a way on', async () => {
    renderApp('/', (server) => server.on('GET /api/now', () => troubled));
    await screen.findByText('1 agent needs you · 1 refused in the last hour · 1 unsafe setting');
    const refused = screen.getByRole('region', { name: 'Refused in the last hour' });
    for (const words of [
      'A pipe starts a second command.',
      'shell.syntax.pipe',
      'Send one simple command per call.',
    ])
      within(refused).getByText(words);
    expect(within(refused).getByRole('link', { name: 'Researcher' }).getAttribute('href')).toBe(
      '/agents/a1/activity?event=31',
    );
    const failed = screen.getByRole('region', { name: 'Agents that need you' });
    within(failed).getByText('exit code 137');
    within(failed).getByText('Broken <b>bot</b>');
    const unsafe = screen.getByRole('region', { name: 'Settings that are not safe' });
    within(unsafe).getByText('It may reach private addresses.');
    expect(within(unsafe).getByRole('link').getAttribute('href')).toBe(
      '/agents/a1/settings?section=security',
    );
  });

  it('leads to the refusals of the agent where the event of a refusal is not known', async () => {
    const items = troubled.refusals.items.map(({ event_id: _, ...refusal }) => refusal);
    renderApp('/', (server) =>
      server.on('GET /api/now', () => ({ ...troubled, refusals: { ...troubled.refusals, items } })),
    );
    const refused = await screen.findByRole('region', { name: 'Refused in the last hour' });
    const link = await within(refused).findByRole('link', { name: 'Researcher' });
    expect(link.getAttribute('href')).toBe('/agents/a1/activity?only=refusals');
    expect(ACTIVITY_FILTERS.map(({ value }) => value)).toContain('refusals');
  });

  it('follows the socket, and a flood of frames asks the server a few times only', async () => {
    const { server } = renderApp('/', (prepared) => prepared.on('GET /api/now', () => calm));
    await screen.findByText('Nothing needs you');
    await screen.findByText('Live');
    server.on('GET /api/now', () => troubled);
    for (let number = 0; number < 500; number += 1)
      server.push('refusal', { cursor: `c${number}`, agent_id: 'a1' });
    await screen.findByText(/1 refused in the last hour/);
    await waitFor(() =>
      expect(server.asked.filter((asked) => asked === 'GET /api/now').length).toBeGreaterThan(1),
    );
    expect(server.asked.filter((asked) => asked === 'GET /api/now').length).toBeLessThan(6);
  });
});
