// @vitest-environment happy-dom
import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { ACTIVITY_FILTERS } from '../agent/activity/activity-filter.js';
import type { Now } from '../api/api-types.js';
import { giveHeight } from '../testing/give-height.js';
import { json, refusal } from '../testing/fake-server.js';
import { holdAnswer } from '../testing/held-answer.js';
import { anAgent, renderApp } from '../testing/render-app.js';

giveHeight(600);

const calm: Now = {
  agents: { stopped: 1, provisioning: 0, connecting: 0, running: 2, disconnected: 0, failed: 0 },
  failed: [],
  disconnected: [],
  refusals: { total: 0, counted: 0, rules: 0, items: [], by_rule: [] },
  unsafe: [],
};
const troubled: Now = {
  ...calm,
  agents: { ...calm.agents, failed: 1 },
  failed: [anAgent({ id: 'a7', name: 'Broken <b>bot</b>', status: 'failed', reason: 'exit code 137' })],
  refusals: {
    total: 1,
    counted: 1,
    rules: 1,
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

  it('shows a hidden direction in the name of a tool or a rule by its name', async () => {
    const [item] = troubled.refusals.items;
    renderApp('/', (server) =>
      server.on('GET /api/now', () => ({
        ...troubled,
        refusals: {
          ...troubled.refusals,
          items: [{ ...item, tool: 'exec\u202Egpj', rule: 'shell.\u202Ea' }],
          by_rule: [{ rule: 'shell.\u202Eb', count: 1 }],
        },
      })),
    );
    const refused = await screen.findByRole('region', { name: 'Refused in the last hour' });
    await waitFor(() => expect(refused.textContent).toContain('execRLOgpj'));
    expect(refused.textContent).toContain('shell.RLOa');
    expect(screen.getByRole('region', { name: 'By rule' }).textContent).toContain('shell.RLOb');
    expect(document.body.textContent).not.toContain('\u202E');
  });

  it('counts every agent in trouble, also those that are not listed, and leads to all of them', async () => {
    const listed = (status: 'failed' | 'disconnected') =>
      Array.from({ length: 100 }, (_, index) =>
        anAgent({ id: `${status}${index}`, name: `${status} ${index}`, status }),
      );
    renderApp('/', (server) =>
      server.on('GET /api/now', () => ({
        ...calm,
        agents: { ...calm.agents, failed: 340, disconnected: 100 },
        failed: listed('failed'),
        disconnected: listed('disconnected'),
      })),
    );
    await screen.findByText('440 agents need you');
    const panel = within(screen.getByRole('region', { name: 'Agents that need you' }));
    panel.getByText('200 of 440 are listed here');
    expect(panel.getByRole('link', { name: 'All 340 failed' }).getAttribute('href')).toBe(
      '/fleet?status=failed',
    );
    expect(panel.queryByRole('link', { name: /disconnected$/ })).toBeNull();
    const rows = panel.getAllByRole('listitem');
    expect(rows.length).toBeLessThan(60);
    expect(rows[0]?.getAttribute('aria-setsize')).toBe('200');
  });

  it('of 2,000 unsafe settings few exist in the page, and all are counted', async () => {
    renderApp('/', (server) =>
      server.on('GET /api/now', () => ({
        ...calm,
        unsafe: Array.from({ length: 2000 }, (_, index) => ({
          scope: 'agent',
          agent_id: `a${index}`,
          agent_name: `Agent ${index}`,
          setting: 'tools.ssrf_protection',
          consequence: 'It may reach private addresses.',
          fix: 'Switch it on.',
        })),
      })),
    );
    await screen.findByText('2000 unsafe settings');
    const rows = within(screen.getByRole('region', { name: 'Settings that are not safe' })).getAllByRole(
      'listitem',
    );
    expect(rows.length).toBeLessThan(60);
    expect(rows[0]?.getAttribute('aria-setsize')).toBe('2000');
  });

  it.each([
    ['security.docker.level', 'security', 'Isolation'],
    ['tools.restrict_to_workspace', 'security', 'Protections'],
    ['tools.ssrf_protection', 'security', 'Protections'],
    ['tools.web.fetch.exceptions', 'web', 'Private addresses that may be reached'],
  ])('an unsafe %s leads to the section %s, where it is changed', async (setting, section, panel) => {
    const { user, address } = renderApp('/', (server) => {
      server.on('GET /api/now', () => ({ ...troubled, unsafe: [{ ...troubled.unsafe[0], setting }] }));
      server.on('GET /api/agents/a1', () => anAgent());
      server.on('GET /api/agents/a1/config', () =>
        json({ config: {}, effective: {}, version: 1 }, 200, { etag: '"1"' }),
      );
    });
    const unsafe = await screen.findByRole('region', { name: 'Settings that are not safe' });
    await user.click(await within(unsafe).findByRole('link', { name: 'Researcher' }));
    await waitFor(() => expect(address()).toBe(`/agents/a1/settings?section=${section}`));
    await screen.findByRole('region', { name: panel });
  });

  it('says which rules are not shown, and which refusals are not counted', async () => {
    const rules = Array.from({ length: 20 }, (_, index) => ({ rule: `rule.${index}`, count: 20 - index }));
    renderApp('/', (server) =>
      server.on('GET /api/now', () => ({
        ...troubled,
        refusals: { ...troubled.refusals, total: 900, counted: 600, rules: 34, by_rule: rules },
      })),
    );
    const panel = within(await screen.findByRole('region', { name: 'By rule' }));
    panel.getByText('The 20 that refused most of 34 rules. Counted over the latest 600 of 900 refusals.');
    expect(panel.getAllByRole('link')).toHaveLength(20);
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

  it.each([
    ['an agent that failed', { failed: troubled.failed, agents: troubled.agents }, 'Broken <b>bot</b>'],
    [
      'an agent that is disconnected',
      {
        disconnected: [anAgent({ id: 'a8', name: 'Lost one', status: 'disconnected' })],
        agents: { ...calm.agents, disconnected: 1 },
      },
      'Lost one',
    ],
    ['a refusal', { refusals: troubled.refusals }, 'A pipe starts a second command.'],
    ['an unsafe setting', { unsafe: troubled.unsafe }, 'It may reach private addresses.'],
  ])('%s appears while one watches, and is gone when it is over', async (_what, trouble, words) => {
    const { server } = renderApp('/', (prepared) => prepared.on('GET /api/now', () => calm));
    await screen.findByText('Nothing needs you');
    await screen.findByText('Live');
    server.on('GET /api/now', () => ({ ...calm, ...trouble }));
    server.push('agent', { cursor: 'c1', agent: anAgent() });
    await screen.findByText(words);
    expect(screen.queryByText('Nothing needs you')).toBeNull();
    server.on('GET /api/now', () => calm);
    server.push('agent', { cursor: 'c2', agent: anAgent() });
    await screen.findByText('Nothing needs you');
    expect(screen.queryByText(words)).toBeNull();
  });

  it('says why a start was refused when the agent is no longer among those that need a person', async () => {
    const { answer, give } = holdAnswer();
    const { server, user } = renderApp('/', (prepared) => {
      prepared.on('GET /api/now', () => ({ ...calm, failed: troubled.failed, agents: troubled.agents }));
      prepared.on('POST /api/agents/a7/start', answer);
    });
    await screen.findByText('Live');
    await user.click(await screen.findByRole('button', { name: 'Start Broken <b>bot</b>' }));
    await waitFor(() => expect(server.asked).toContain('POST /api/agents/a7/start'));
    server.on('GET /api/now', () => calm);
    server.push('agent', { cursor: 'c1', agent: anAgent({ id: 'a7', status: 'provisioning' }) });
    await screen.findByText('Nothing needs you');
    give(refusal(507, 'NO_SPACE', 'The disk is full.', { fix: 'Free some space.' }));
    const dialog = await screen.findByRole('dialog', { name: 'Start of Broken <b>bot</b> failed' });
    within(dialog).getByText('The disk is full.');
    within(dialog).getByText('Free some space.');
  });
});
