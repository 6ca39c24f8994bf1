// @vitest-environment happy-dom
import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { Agent } from '../api/api-types.js';
import { json, refusal, type FakeServer } from '../testing/fake-server.js';
import { holdAnswer } from '../testing/held-answer.js';
import { anAgent, renderApp } from '../testing/render-app.js';
import { giveHeight } from '../testing/give-height.js';
import { selectAgents } from './select-agents.js';

const withAgents =
  (...agents: Agent[]) =>
  (server: FakeServer): void => {
    server.on('GET /api/agents', () => ({ items: agents }));
    server.on('GET /api/runtime/info', () => ({
      version: '1',
      backend: 'process',
      max_level: 'permissive',
      unconfined_exec: false,
    }));
  };

giveHeight(400);

describe('the fleet', () => {
  it('says what to do when there is no agent', async () => {
    const { user } = renderApp('/fleet', withAgents());
    await screen.findByText('There is no agent yet.');
    await user.click(screen.getAllByRole('button', { name: 'New agent' })[0]!);
    await screen.findByRole('dialog', { name: 'New agent' });
  });

  it('says when none matches, and shows all again', async () => {
    const { user, address } = renderApp('/fleet?status=failed', withAgents(anAgent()));
    await screen.findByText('No agent matches.');
    await screen.findByText('0 of 1 agent');
    expect(screen.queryByRole('listitem')).toBeNull();
    await user.click(screen.getByRole('button', { name: 'Show all' }));
    await screen.findByRole('link', { name: 'Researcher' });
    expect(address()).toBe('/fleet');
    await user.type(screen.getByLabelText('Find'), 'nobody');
    await screen.findByText('No agent matches.');
  });

  it('a row has the level, the owner, what was attested and the last refusal of its agent, and leads to each', async () => {
    renderApp(
      '/fleet?sort=name',
      withAgents(
        anAgent({
          id: 'a1',
          name: 'Alpha',
          status: 'running',
          desired: 'running',
          level: 'sandboxed',
          attested: 'matched',
          owner: { id: 'u7', username: 'mallory' },
          unsafe: ['tools.ssrf_protection', 'tools.restrict_to_workspace'],
          refusals_last_hour: 3,
          last_refusal: {
            event_id: 31,
            time: '2026-11-27T10:00:00.000Z',
            tool: 'exec',
            effect: 'deny',
            layer: 'syntax',
            rule: 'shell.syntax.pipe',
            reason: 'A pipe starts a second command.',
          },
        }),
        anAgent({ id: 'a2', name: 'Beta', level: 'privileged', attested: 'mismatched', owner: null }),
        anAgent({ id: 'a3', name: 'Gamma', attested: 'none', unsafe: ['tools.ssrf_protection'] }),
      ),
    );
    await screen.findByRole('link', { name: 'Alpha' });
    const [alpha, beta, gamma] = screen.getAllByRole('listitem').map((row) => within(row));
    if (!alpha || !beta || !gamma) throw new Error('rows are missing');
    for (const words of ['Alpha', 'mallory', 'Running', 'Safe', '2 unsafe', 'Attested', 'shell.syntax.pipe'])
      alpha.getByText(words, { exact: true });
    alpha.getByText(/3 in the last hour/);
    expect(alpha.getByText('2 unsafe').closest<HTMLElement>('[title]')?.title).toBe(
      'tools.ssrf_protection\ntools.restrict_to_workspace',
    );
    const refused = alpha.getByRole('link', { name: 'shell.syntax.pipe' });
    expect(refused.getAttribute('href')).toBe('/agents/a1/activity?event=31');
    expect(refused.title).toBe('A pipe starts a second command.');
    for (const words of ['no owner', 'Stopped', 'Power', 'Attestation failed', 'No refusal'])
      beta.getByText(words, { exact: true });
    expect(beta.queryByText(/unsafe/)).toBeNull();
    for (const words of ['admin', 'Standard', '1 unsafe', 'Not attested'])
      gamma.getByText(words, { exact: true });
  });

  it('shows a hidden direction in the name of a rule by its name', async () => {
    const last = {
      time: '2026-11-27T10:00:00.000Z',
      tool: 'exec\u202E',
      effect: 'deny',
      layer: 'syntax',
    } as const;
    renderApp(
      '/fleet',
      withAgents(anAgent({ last_refusal: { ...last, rule: 'shell.\u202Ea', reason: 'no\u202E' } })),
    );
    const row = await screen.findByRole('listitem');
    expect(row.textContent).toContain('shell.RLOa');
    expect(row.outerHTML).not.toContain('\u202E');
  });

  it('starts and stops an agent from its row; the row changes when the server has confirmed it, no other does', async () => {
    let confirm: (answer: Response) => void = () => undefined;
    const [one, two] = [
      anAgent({ id: 'a1', name: 'Alpha' }),
      anAgent({ id: 'a2', name: 'Beta', status: 'running', desired: 'running' }),
    ];
    const { server, user } = renderApp('/fleet?sort=name', (prepared) => {
      withAgents(one, two)(prepared);
      for (const route of ['POST /api/agents/a1/start', 'POST /api/agents/a2/stop'])
        prepared.on(route, () => new Promise((resolve) => (confirm = resolve)));
    });
    const states = () =>
      screen
        .getAllByRole('listitem')
        .map((row) => /Running|Stopped|Starting/.exec(row.textContent)?.[0] ?? row.textContent);
    await user.click(await screen.findByRole('button', { name: 'Start Alpha' }));
    await waitFor(() => expect(server.asked).toContain('POST /api/agents/a1/start'));
    expect(states()).toEqual(['Stopped', 'Running']);
    confirm(json({ ...one, status: 'provisioning', desired: 'running' }, 202));
    await waitFor(() => expect(states()).toEqual(['Starting', 'Running']));
    screen.getByRole('button', { name: 'Stop Alpha' });
    await user.click(screen.getByRole('button', { name: 'Stop Beta' }));
    await waitFor(() => expect(server.asked).toContain('POST /api/agents/a2/stop'));
    expect(states()).toEqual(['Starting', 'Running']);
    confirm(json({ ...two, status: 'stopped', desired: 'stopped' }, 202));
    await waitFor(() => expect(states()).toEqual(['Starting', 'Stopped']));
    expect(server.asked.filter((asked) => asked.startsWith('POST /api/agents'))).toEqual([
      'POST /api/agents/a1/start',
      'POST /api/agents/a2/stop',
    ]);
  });

  it('an answer that comes behind newer news of the socket sets nothing back', async () => {
    const at = (seconds: number, status: 'stopped' | 'provisioning' | 'running') =>
      anAgent({
        status,
        desired: status === 'stopped' ? 'stopped' : 'running',
        updated_at: `2026-11-27T10:00:0${seconds}.000Z`,
      });
    let start: (answer: Response) => void = () => undefined;
    const { server, services, user } = renderApp('/fleet', (prepared) => {
      withAgents(at(0, 'stopped'))(prepared);
      prepared.on('POST /api/agents/a1/start', () => new Promise((resolve) => (start = resolve)));
    });
    const state = () => /Running|Stopped|Starting/.exec(screen.getByRole('listitem').textContent)?.[0];
    const settled = () => waitFor(() => expect(services.queries.isMutating()).toBe(0));
    await screen.findByText('Live');
    await user.click(await screen.findByRole('button', { name: 'Start Researcher' }));
    await waitFor(() => expect(server.asked).toContain('POST /api/agents/a1/start'));
    server.push('agent', { cursor: 'c1', agent: at(2, 'running') });
    await waitFor(() => expect(state()).toBe('Running'));
    start(json(at(1, 'provisioning'), 202));
    await settled();
    await screen.findByRole('button', { name: 'Stop Researcher' });
    expect(state()).toBe('Running');
    // A list that was asked for before a frame, and comes after it.
    let list: (answer: Response) => void = () => undefined;
    server.on('GET /api/agents', () => new Promise((resolve) => (list = resolve)));
    const read = services.queries.refetchQueries({ queryKey: ['agents'], exact: true });
    await waitFor(() => expect(server.asked.at(-1)).toMatch(/^GET .api.agents\?/));
    server.push('agent', { cursor: 'c2', agent: at(4, 'stopped') });
    await waitFor(() => expect(state()).toBe('Stopped'));
    list(json({ items: [at(2, 'running')] }));
    await read;
    await screen.findByRole('button', { name: 'Start Researcher' });
    expect(state()).toBe('Stopped');
  });

  it('reads all pages of 500 agents, and puts only what is visible into the page', async () => {
    const all = Array.from({ length: 500 }, (_, index) =>
      anAgent({ id: `a${index}`, name: `Agent ${index}` }),
    );
    const { server } = renderApp('/fleet', (prepared) => {
      prepared.on('GET /api/agents', (request) => {
        const from = Number(new URL(request.url).searchParams.get('cursor') ?? 0);
        return {
          items: all.slice(from, from + 200),
          ...(from + 200 < 500 ? { next_cursor: String(from + 200) } : {}),
        };
      });
    });
    await screen.findByText('500 agents');
    expect(new Set(server.asked.filter((asked) => asked.startsWith('GET /api/agents?'))).size).toBe(3);
    const rows = await screen.findAllByRole('listitem');
    expect(rows.length).toBeLessThan(60);
    expect(rows[0]?.getAttribute('aria-setsize')).toBe('500');
  });

  it('does not show a start before the server has confirmed it', async () => {
    let confirm: (answer: Response) => void = () => undefined;
    const { server, user } = renderApp('/agents/a1/logs', (prepared) => {
      withAgents(anAgent())(prepared);
      prepared.on('GET /api/agents/a1', () => anAgent());
      prepared.on('POST /api/agents/a1/start', () => new Promise((resolve) => (confirm = resolve)));
    });
    await user.click(await screen.findByRole('button', { name: 'Start Researcher' }));
    await waitFor(() => expect(server.asked).toContain('POST /api/agents/a1/start'));
    expect(screen.getByText('Stopped')).toBeTruthy();
    expect(screen.queryByText('Starting')).toBeNull();
    confirm(json(anAgent({ status: 'provisioning', desired: 'running' }), 202));
    await screen.findByText('Starting');
  });

  it('shows why a start was refused', async () => {
    const { user } = renderApp('/agents/a1/logs', (prepared) => {
      prepared.on('GET /api/agents/a1', () => anAgent());
      prepared.on('POST /api/agents/a1/start', () =>
        refusal(409, 'BACKEND_MISMATCH', 'This agent runs in docker.', { fix: 'Switch the backend.' }),
      );
    });
    await user.click(await screen.findByRole('button', { name: 'Start Researcher' }));
    // The page below has an alert of its own: there is no log to read either.
    const sentence = await screen.findByText('This agent runs in docker.');
    expect(sentence.closest('[role=alert]')?.textContent).toContain('Switch the backend.');
    expect(screen.getByText('Stopped')).toBeTruthy();
  });

  it.each([
    ['/fleet?status=stopped', 'start', 'Start', 'stopped', 'provisioning', /No agent matches/],
    ['/fleet?status=running', 'stop', 'Stop', 'running', 'stopped', /No agent matches/],
  ] as const)(
    'on %s says why a %s was refused, though the row is gone by then',
    async (path, action, word, before, after, gone) => {
      const { answer, give } = holdAnswer();
      const { server, user } = renderApp(path, (prepared) => {
        withAgents(anAgent({ status: before, desired: before }))(prepared);
        prepared.on(`POST /api/agents/a1/${action}`, answer);
      });
      await screen.findByText('Live');
      await user.click(await screen.findByRole('button', { name: `${word} Researcher` }));
      await waitFor(() => expect(server.asked).toContain(`POST /api/agents/a1/${action}`));
      const moved = anAgent({ status: after, desired: 'running' });
      server.on('GET /api/agents', () => ({ items: [moved] }));
      server.push('agent', { cursor: '1', agent: moved });
      await screen.findByText(gone);
      give(refusal(503, 'BACKEND_UNAVAILABLE', 'The engine does not answer.', { fix: 'Start the engine.' }));
      const dialog = await screen.findByRole('dialog', { name: `${word} of Researcher failed` });
      within(dialog).getByText('The engine does not answer.');
      within(dialog).getByText('Start the engine.');
      await user.click(within(dialog).getByRole('button', { name: 'Close' }));
      await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    },
  );

  it('says of two starts that were refused at once why, one after the other', async () => {
    const [one, two] = [holdAnswer(), holdAnswer()];
    const { server, user } = renderApp('/fleet', (prepared) => {
      withAgents(anAgent(), anAgent({ id: 'a2', name: 'Writer' }))(prepared);
      prepared.on('POST /api/agents/a1/start', one.answer);
      prepared.on('POST /api/agents/a2/start', two.answer);
    });
    for (const name of ['Researcher', 'Writer'])
      await user.click(await screen.findByRole('button', { name: `Start ${name}` }));
    await waitFor(() => expect(server.asked).toContain('POST /api/agents/a2/start'));
    one.give(refusal(503, 'BACKEND_UNAVAILABLE', 'The engine does not answer.'));
    await screen.findByRole('dialog', { name: 'Start of Researcher failed' });
    two.give(refusal(409, 'LEVEL_UNSUPPORTED', 'This level cannot be enforced here.'));
    await new Promise((resolve) => setTimeout(resolve, 100));
    const first = screen.getByRole('dialog', { name: 'Start of Researcher failed' });
    await user.click(within(first).getByRole('button', { name: 'Close' }));
    const second = await screen.findByRole('dialog', { name: 'Start of Writer failed' });
    within(second).getByText('This level cannot be enforced here.');
    await user.click(within(second).getByRole('button', { name: 'Close' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  });

  it("a new agent that the API's schema does not take is not sent, and the reason stands at its field", async () => {
    const { server, user } = renderApp('/fleet?create=1', withAgents());
    const dialog = await screen.findByRole('dialog', { name: 'New agent' });
    await user.type(within(dialog).getByLabelText('Description'), 'reads mail');
    await user.click(within(dialog).getByRole('button', { name: 'Create agent' }));
    await within(dialog).findByText('Must not be empty.');
    expect(within(dialog).getByLabelText('Name').getAttribute('aria-invalid')).toBe('true');
    expect(within(dialog).getByLabelText<HTMLTextAreaElement>('Description').value).toBe('reads mail');
    expect(server.asked.filter((asked) => asked.startsWith('POST /api/agents'))).toEqual([]);
  });

  it('says in the dialog of a new agent when it is not known what the server runs agents with', async () => {
    renderApp('/fleet?create=1', (prepared) => {
      withAgents()(prepared);
      prepared.on('GET /api/runtime/info', () =>
        refusal(503, 'OVERLOADED', 'Not read now.', { fix: 'Wait a minute.' }),
      );
    });
    const dialog = await screen.findByRole('dialog', { name: 'New agent' });
    const sentence = await within(dialog).findByText('Not read now.');
    expect(sentence.closest('[role=alert]')?.textContent).toContain('Wait a minute.');
  });

  it('a refused new agent keeps what was typed, and the reason stands at its field', async () => {
    const { server, user, address } = renderApp('/fleet?create=1', (prepared) => {
      withAgents()(prepared);
      prepared.on('POST /api/agents', () =>
        refusal(400, 'VALIDATION_FAILED', 'The request is not valid.', {
          issues: [{ pointer: '/name', message: 'must not be one of the reserved names' }],
        }),
      );
    });
    const dialog = await screen.findByRole('dialog', { name: 'New agent' });
    await user.type(within(dialog).getByLabelText('Name'), 'admin');
    await user.type(within(dialog).getByLabelText('Description'), 'reads mail');
    await user.click(within(dialog).getByRole('button', { name: 'Create agent' }));
    await within(dialog).findByText('must not be one of the reserved names');
    expect(within(dialog).getByLabelText<HTMLInputElement>('Name').value).toBe('admin');
    expect(within(dialog).getByLabelText<HTMLTextAreaElement>('Description').value).toBe('reads mail');
    server.on('POST /api/agents', () => json(anAgent({ id: 'a9', name: 'admin' }), 201));
    server.on('GET /api/agents/a9', () => anAgent({ id: 'a9', name: 'admin' }));
    await user.click(within(dialog).getByRole('button', { name: 'Create agent' }));
    await waitFor(() => expect(address()).toBe('/agents/a9/settings?section=model'));
    expect(server.bodies('POST /api/agents').at(-1)).toEqual({
      name: 'admin',
      description: 'reads mail',
      mode: 'process',
    });
  });

  it('follows the socket: an agent that fails comes to the top, one that is removed goes', async () => {
    const [one, two] = [anAgent({ id: 'a1', name: 'Alpha' }), anAgent({ id: 'a2', name: 'Beta' })];
    const { server } = renderApp('/fleet', withAgents(one, two));
    await screen.findByText('Live');
    const names = () => screen.getAllByRole('listitem').map((row) => /Alpha|Beta/.exec(row.textContent)?.[0]);
    await waitFor(() => expect(names()).toEqual(['Alpha', 'Beta']));
    server.push('agent', { cursor: '1', agent: { ...two, status: 'failed', desired: 'running' } });
    await waitFor(() => expect(names()).toEqual(['Beta', 'Alpha']));
    server.push('agent_removed', { cursor: '2', agent_id: 'a2' });
    await waitFor(() => expect(names()).toEqual(['Alpha']));
  });

  it('what was read before the stream began is read once more when it begins, also when it is late', async () => {
    let agents = [anAgent()];
    const { server, services } = renderApp('/fleet', (prepared) => {
      prepared.on('GET /api/agents', () => ({ items: agents }));
      prepared.down = true;
    });
    await screen.findByText('Stopped', { selector: 'span' });
    await screen.findByText(/Connection lost/);
    agents = [anAgent({ status: 'failed', desired: 'running' }), anAgent({ id: 'a2', name: 'Writer' })];
    server.down = false;
    services.live.retryNow();
    await screen.findByText('Failed', { selector: 'span' });
    screen.getByRole('link', { name: 'Writer' });
  });

  it('a list that is on its way when the stream begins is read again behind its answer', async () => {
    const lists: ((answer: Response) => void)[] = [];
    renderApp('/fleet', (prepared) => {
      prepared.on('GET /api/agents', () => new Promise((resolve) => lists.push(resolve)));
    });
    await screen.findByText('Live');
    expect(lists).toHaveLength(1);
    lists[0]!(json({ items: [anAgent()] }));
    await waitFor(() => expect(lists).toHaveLength(2));
    lists[1]!(json({ items: [anAgent({ status: 'failed' })] }));
    await screen.findByText('Failed', { selector: 'span' });
  });

  it('an agent that is made while the pages are read is there, and one that is removed is not', async () => {
    const [first, second, removed] = ['First', 'Second', 'Removed'].map((name) =>
      anAgent({ id: name, name }),
    );
    const later: ((answer: Response) => void)[] = [];
    const { server } = renderApp('/fleet', (prepared) => {
      prepared.on('GET /api/agents', ({ url }) =>
        new URL(url).searchParams.has('cursor')
          ? new Promise((resolve) => later.push(resolve))
          : { items: [first], next_cursor: 'more' },
      );
    });
    await screen.findByText('Live');
    await waitFor(() => expect(later).toHaveLength(1));
    server.push('agent', { cursor: '1', agent: anAgent({ id: 'made', name: 'Made meanwhile' }) });
    later[0]!(json({ items: [second, removed] }));
    await screen.findByRole('link', { name: 'Made meanwhile' });
    // The reading that followed the beginning of the stream.
    await waitFor(() => expect(later).toHaveLength(2));
    server.push('agent_removed', { cursor: '2', agent_id: 'Removed' });
    later[1]!(json({ items: [second, removed] }));
    await waitFor(() => expect(later).toHaveLength(3));
    later[2]!(json({ items: [second] }));
    await waitFor(() => expect(screen.queryByRole('link', { name: 'Removed' })).toBeNull());
    for (const name of ['First', 'Second']) await screen.findByRole('link', { name });
  });

  it('shows the last refusal of an agent while one watches, and on coming back', async () => {
    let agent = anAgent();
    const { server, user } = renderApp('/fleet', (prepared) => {
      prepared.on('GET /api/agents', () => ({ items: [agent] }));
    });
    const refused = (rule: string): void => {
      agent = anAgent({
        refusals_last_hour: agent.refusals_last_hour + 1,
        last_refusal: {
          event_id: 1,
          time: '2026-11-27T10:00:00.000Z',
          tool: 'exec',
          effect: 'deny',
          layer: 'syntax',
          rule,
          reason: 'A reason.',
        },
      });
      server.push('refusal', { cursor: rule, agent_id: 'a1', rule });
    };
    await screen.findByText('Live');
    await screen.findByText('No refusal');
    refused('shell.syntax.pipe');
    await screen.findByText('shell.syntax.pipe');
    await user.click(screen.getByRole('link', { name: 'Account' }));
    await screen.findByRole('heading', { name: 'Account' });
    refused('shell.syntax.list');
    await user.click(screen.getByRole('link', { name: 'Fleet' }));
    await screen.findByText('shell.syntax.list');
    screen.getByText(/2 in the last hour/);
  });

  it('counts refusals that keep coming faster than the list is read', async () => {
    let refusals = 0;
    const last = {
      event_id: 1,
      time: '2026-11-27T10:00:00.000Z',
      tool: 'exec',
      effect: 'deny',
      layer: 'syntax',
      rule: 'shell.syntax.pipe',
      reason: 'A reason.',
    } as const;
    const list = () => json({ items: [anAgent({ refusals_last_hour: refusals, last_refusal: last })] });
    const { server } = renderApp('/fleet', (prepared) => {
      prepared.on('GET /api/agents', list);
    });
    const asked = () => server.asked.filter((one) => one.startsWith('GET /api/agents?')).length;
    await screen.findByText('Live');
    await screen.findByText('shell.syntax.pipe');
    // The reading that followed the beginning of the stream.
    await waitFor(() => expect(asked()).toBe(2));
    const held: { readonly signal: AbortSignal; readonly answer: () => void }[] = [];
    server.on(
      'GET /api/agents',
      ({ signal }) =>
        new Promise<Response>((resolve) => held.push({ signal, answer: () => resolve(list()) })),
    );
    const flood = setInterval(() => {
      refusals += 1;
      server.push('refusal', { cursor: String(refusals), agent_id: 'a1', rule: 'shell.syntax.pipe' });
    }, 100);
    try {
      await waitFor(() => expect(held).toHaveLength(1));
      await new Promise((resolve) => setTimeout(resolve, 2500));
      expect([held.length, held[0]?.signal.aborted]).toEqual([1, false]);
      refusals = 1000;
      held[0]?.answer();
      await screen.findByText(/1000 in the last hour/);
      // What came meanwhile is read behind it.
      await waitFor(() => expect(held).toHaveLength(2));
    } finally {
      clearInterval(flood);
    }
  });

  it('an agent that another tab removes is gone on its own page as well', async () => {
    const { server } = renderApp('/agents/a1/activity', (prepared) => {
      prepared.on('GET /api/agents/a1', () => anAgent({ status: 'running', desired: 'running' }));
      prepared.on('GET /api/agents/a1/activity', () => ({ items: [], more: false }));
    });
    await screen.findByText('Live');
    await screen.findByRole('button', { name: 'Stop Researcher' });
    server.on('GET /api/agents/a1', () => refusal(404, 'NOT_FOUND', 'There is no such agent.'));
    server.push('removed', { agent_id: 'a1' });
    server.push('agent_removed', { cursor: '1', agent_id: 'a1' });
    await screen.findByText('There is no such agent.');
    await waitFor(() => expect(screen.queryByRole('button', { name: 'Stop Researcher' })).toBeNull());
  });

  it('is ordered by what needs a person, and found by name, status and what is unsafe', () => {
    const order = (agents: Agent[], sort = ''): string[] =>
      selectAgents(agents, { sort }).map(({ id }) => id);
    const agents = [
      anAgent({ id: 'calm', name: 'B' }),
      anAgent({ id: 'failed', name: 'Z', status: 'failed' }),
      anAgent({ id: 'unsafe', name: 'Y', unsafe: ['tools.ssrf_protection'] }),
      anAgent({ id: 'refused', name: 'X', refusals_last_hour: 2 }),
    ];
    expect(order(agents)).toEqual(['failed', 'unsafe', 'refused', 'calm']);
    expect(order(agents, 'name')).toEqual(['calm', 'refused', 'unsafe', 'failed']);
    expect(selectAgents(agents, { status: 'unsafe' }).map(({ id }) => id)).toEqual(['unsafe']);
    expect(selectAgents(agents, { q: 'z' }).map(({ id }) => id)).toEqual(['failed']);
  });
});

describe('deleting an agent', () => {
  it('needs its name, and a refusal leaves it where it is', async () => {
    const { server, user } = renderApp('/fleet', (prepared) => {
      withAgents(anAgent())(prepared);
      prepared.on('DELETE /api/agents/a1', () => refusal(409, 'CONFLICT', 'It is being started.'));
    });
    await user.click(await screen.findByRole('button', { name: 'Delete Researcher' }));
    const dialog = await screen.findByRole('alertdialog');
    await user.click(within(dialog).getByRole('button', { name: 'Delete agent' }));
    expect(server.asked.filter((asked) => asked.startsWith('DELETE'))).toEqual([]);
    await user.type(within(dialog).getByLabelText('Type "Researcher" to confirm'), 'Researcher');
    await user.click(within(dialog).getByRole('button', { name: 'Delete agent' }));
    await within(dialog).findByText('It is being started.');
    expect(screen.getByText('Researcher', { selector: 'a *, a' })).toBeTruthy();
  });

  it('goes on when its row leaves the filter, and says there what was refused', async () => {
    const { server, user } = renderApp('/fleet?status=running', (prepared) => {
      withAgents(anAgent({ status: 'running', desired: 'running' }))(prepared);
    });
    await screen.findByText('Live');
    await user.click(await screen.findByRole('button', { name: 'Delete Researcher' }));
    const dialog = await screen.findByRole('alertdialog');
    await user.type(within(dialog).getByLabelText('Type "Researcher" to confirm'), 'Resear');
    server.on('GET /api/agents', () => ({ items: [anAgent()] }));
    server.push('agent', { cursor: '1', agent: anAgent() });
    await screen.findByText('No agent matches.');
    server.on('DELETE /api/agents/a1', () => refusal(409, 'CONFLICT', 'It is being started.'));
    await user.type(within(dialog).getByLabelText('Type "Researcher" to confirm'), 'cher');
    await user.click(within(dialog).getByRole('button', { name: 'Delete agent' }));
    await within(dialog).findByText('It is being started.');
  });

  it('whose name has a character that nobody can type takes the name as it is shown', async () => {
    const { server, user } = renderApp('/fleet', (prepared) => {
      withAgents(anAgent({ name: 'Re\u2060searcher' }))(prepared);
      prepared.on('DELETE /api/agents/a1', () => json(undefined, 204));
    });
    await user.click(await screen.findByRole('button', { name: 'Delete Re⟨WJ⟩searcher' }));
    const dialog = await screen.findByRole('alertdialog');
    await user.type(within(dialog).getByLabelText('Type "Re⟨WJ⟩searcher" to confirm'), 'Re⟨WJ⟩searcher');
    await user.click(within(dialog).getByRole('button', { name: 'Delete agent' }));
    await waitFor(() => expect(server.asked).toContain('DELETE /api/agents/a1'));
    expect(document.body.innerHTML).not.toContain('\u2060');
  });

  it('that the server confirms takes its row away, and no other', async () => {
    const { server, user } = renderApp('/fleet?sort=name', (prepared) => {
      withAgents(anAgent(), anAgent({ id: 'a2', name: 'Writer' }))(prepared);
      prepared.on('DELETE /api/agents/a1', () => json(undefined, 204));
    });
    await user.click(await screen.findByRole('button', { name: 'Delete Researcher' }));
    const dialog = await screen.findByRole('alertdialog');
    await user.type(within(dialog).getByLabelText('Type "Researcher" to confirm'), 'Researcher');
    await user.click(within(dialog).getByRole('button', { name: 'Delete agent' }));
    await waitFor(() => expect(screen.queryByRole('alertdialog')).toBeNull());
    await waitFor(() => expect(screen.queryByRole('link', { name: 'Researcher' })).toBeNull());
    screen.getByRole('link', { name: 'Writer' });
    await screen.findByText('1 agent');
    expect(server.asked.filter((asked) => asked.startsWith('DELETE'))).toEqual(['DELETE /api/agents/a1']);
  });
});
