// @vitest-environment happy-dom
import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import type { Drill, DrillRow } from '../api/api-types.js';
import { json, refusal, type FakeServer } from '../testing/fake-server.js';
import { anAgent, renderApp } from '../testing/render-app.js';
import { describeDrill } from './describe-drill.js';

const aRow = (id: string, changes: Partial<DrillRow> = {}): DrillRow => ({
  id,
  group: 'files',
  action: `try ${id}`,
  layer: 'container',
  expected: 'blocked',
  actual: 'blocked',
  verdict: 'pass',
  control: true,
  detail: '',
  tookMs: 3,
  ...changes,
});
const ROWS = [
  aRow('gate-read', { layer: 'policy', expected: 'allowed', actual: 'allowed' }),
  aRow('gate-env', { layer: 'policy' }),
  aRow('mnt-proc', { actual: 'allowed', verdict: 'fail', detail: '<b>held\u202e</b>' }),
  aRow('raw-weak', { control: false, actual: 'not-run', verdict: 'fail' }),
  aRow('sys-any', { expected: 'any', verdict: 'info' }),
];
const aDrill = (changes: Partial<Drill> = {}): Drill => {
  const rows = changes.rows ?? ROWS;
  const of = (verdict: DrillRow['verdict']): number => rows.filter((row) => row.verdict === verdict).length;
  return {
    id: 'd1',
    state: 'done',
    verdict: 'fail',
    level: 'sandboxed',
    backend: 'docker',
    engine: 'docker 28.1, runc 1.2.5, kernel 6.12.0',
    versions: {
      engine: { name: 'docker', version: '28.1.1' },
      runtime: { name: 'runc', version: '1.2.5' },
      kernel: { name: 'linux', version: '6.12.0' },
    },
    node: 'v24.1.0',
    image: 'clawforce-worker',
    agent_id: null,
    worker_agent_id: 'w1',
    started_at: '2026-11-27T10:00:00.000Z',
    ended_at: '2026-11-27T10:01:05.000Z',
    actor: 'user:u1',
    attested: 'matched',
    passed: of('pass'),
    failed: of('fail'),
    informed: of('info'),
    planned: 5,
    rows,
    ...changes,
  };
};
const signedIn =
  (role: string, permissions: readonly string[], ...drills: Drill[]) =>
  (server: FakeServer): void => {
    server.on('GET /api/auth/me', () => ({
      id: 'u1',
      username: 'admin',
      role,
      session_id: 's1',
      reauthenticated_until: null,
      permissions,
    }));
    server.on('GET /api/agents', () => ({ items: [anAgent()] }));
    server.on('GET /api/runtime/info', () => ({
      version: '1',
      backend: 'docker',
      max_level: 'sandboxed',
      unconfined_exec: false,
      levels: ['permissive', 'sandboxed'],
    }));
    server.on('GET /api/drills', () => ({ items: drills }));
    for (const drill of drills) server.on(`GET /api/drills/${drill.id}`, () => drill);
  };
const operator = (...drills: Drill[]) => signedIn('superadmin', ['drill:run', 'drill:list'], ...drills);
const caseIds = (): string[] =>
  within(screen.getByRole('table', { name: 'Attempts' }))
    .getAllByRole('row')
    .slice(1)
    .map((row) => row.querySelector('code')?.textContent ?? '');

it('a drill that passed says which attempts could not be made where the server runs', async () => {
  const untried = aRow('net-loopback', { actual: 'not-run', verdict: 'info', detail: 'needs loopbackPort' });
  const rows = [ROWS[0]!, untried, aRow('sys-any', { expected: 'any', verdict: 'info' })];
  renderApp('/drill/d1', operator(aDrill({ verdict: 'pass', rows, planned: 3 })));
  const verdict = await screen.findByRole('region', { name: 'Verdict' });
  await within(verdict).findByText('Could not be tried here: net-loopback.');
  within(verdict).getByText('1 more are for information: nothing was expected of them.');
});

describe('starting a drill', () => {
  it('begins at the chosen level, shows how far it is and then the verdict', async () => {
    let report = aDrill({
      state: 'running',
      verdict: 'pending',
      ended_at: null,
      worker_agent_id: null,
      rows: [],
    });
    const { server, user, address } = renderApp('/drill', (prepared) => {
      operator()(prepared);
      prepared.on('POST /api/drills', () => json(report, 202));
      prepared.on('GET /api/drills/d1', () => report);
    });
    await screen.findByText('There was no drill yet.');
    const level = await screen.findByLabelText<HTMLSelectElement>('Level');
    expect(level.value).toBe('permissive');
    await user.selectOptions(level, 'privileged');
    await screen.findByText(/This server does not start this level/);
    await user.selectOptions(level, 'sandboxed');
    await user.click(screen.getByRole('button', { name: 'Run the drill' }));
    await screen.findByText('The disposable agent is being made.');
    expect(server.bodies('POST /api/drills')).toEqual([{ level: 'sandboxed' }]);
    expect(address()).toBe('/drill/d1');
    report = { ...report, worker_agent_id: 'w1', rows: ROWS.slice(0, 2) };
    await screen.findByText('2 of 5 attempts made so far.');
    expect(screen.getByRole('progressbar', { name: 'Attempts made' }).getAttribute('value')).toBe('2');
    expect(screen.getByRole('region', { name: 'Verdict' }).textContent).toContain('Running');
    report = aDrill();
    await screen.findByText('2 of 4 attempts did not come out as expected.');
    expect(screen.queryByRole('progressbar')).toBeNull();
    // What has ended is not asked for again.
    const asked = server.asked.filter((line) => line === 'GET /api/drills/d1').length;
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(server.asked.filter((line) => line === 'GET /api/drills/d1')).toHaveLength(asked);
  });

  it('takes the agent from the address and leaves the level to it; a refusal keeps the choice', async () => {
    const { server, user } = renderApp('/drill?agent=a1', (prepared) => {
      signedIn('admin', ['drill:run'])(prepared);
      prepared.on('POST /api/drills', () =>
        refusal(409, 'CONFLICT', 'Another drill is running.', { fix: 'Wait until it has ended.' }),
      );
    });
    const agent = await screen.findByLabelText<HTMLSelectElement>('Agent');
    expect([...agent.options].map(({ value }) => value)).toEqual(['a1']);
    await user.click(screen.getByRole('button', { name: 'Run the drill' }));
    expect((await screen.findByRole('alert')).textContent).toContain('Wait until it has ended.');
    expect(server.bodies('POST /api/drills')).toEqual([{ agent_id: 'a1' }]);
    expect(agent.value).toBe('a1');
  });

  it('that the server does not take says so at the agent and at the level', async () => {
    const { user } = renderApp('/drill', (server) => {
      operator()(server);
      server.on('POST /api/drills', () =>
        refusal(400, 'VALIDATION_FAILED', 'The body is not valid.', {
          issues: [
            { pointer: '/agent_id', message: 'is not one of yours.' },
            { pointer: '/level', message: 'is above the ceiling.' },
          ],
        }),
      );
    });
    await user.click(await screen.findByRole('button', { name: 'Run the drill' }));
    await screen.findByText('is not one of yours.');
    screen.getByText('is above the ceiling.');
    for (const label of ['Agent', 'Level'])
      expect([label, screen.getByLabelText(label).getAttribute('aria-invalid')]).toEqual([label, 'true']);
    expect(within(screen.getByRole('alert')).queryByRole('listitem')).toBeNull();
  });

  it('is not offered to who may only read; the reports are', async () => {
    renderApp('/drill', signedIn('viewer', ['drill:list'], aDrill({ rows: [] })));
    await screen.findByText(/Your role may read the reports/);
    expect(screen.queryByRole('button', { name: 'Run the drill' })).toBeNull();
    const link = await screen.findByRole('link', { name: 'Safe, no agent' });
    expect(link.getAttribute('href')).toBe('/drill/d1');
  });

  it('says in the list of past drills why agents are not called by their names', async () => {
    const past = aDrill({ agent_id: 'a1' });
    renderApp('/drill', (server) => {
      signedIn('viewer', ['drill:list'], past)(server);
      server.on('GET /api/agents', () =>
        refusal(403, 'FORBIDDEN', 'The agents are not for you.', { fix: 'Ask an admin.' }),
      );
    });
    await screen.findByRole('link', { name: 'Safe, a1' });
    const sentence = await screen.findByText('The agents are not for you.');
    expect(sentence.closest('[role=alert]')?.textContent).toContain('Ask an admin.');
  });

  it('leads from the list to a drill that runs, and says why the list could not be read', async () => {
    const running = aDrill({ state: 'running', verdict: 'pending', ended_at: null, rows: [] });
    const first = renderApp('/drill', operator(running));
    expect((await screen.findByRole('link', { name: 'Watch it' })).getAttribute('href')).toBe('/drill/d1');
    first.server.on('GET /api/drills', () => refusal(500, 'INTERNAL', 'It could not be read.'));
    await first.services.queries.invalidateQueries({ queryKey: ['drills'] });
    await screen.findByText('It could not be read.');
  });
});

describe('the report of a drill', () => {
  it('shows every attempt, what it ran on, and text of the worker as text', async () => {
    renderApp('/drill/d1', operator(aDrill()));
    await screen.findByText('docker 28.1.1');
    screen.getByText('runc 1.2.5');
    screen.getByText('linux 6.12.0');
    screen.getByText('v24.1.0');
    expect(caseIds()).toEqual(ROWS.map(({ id }) => id));
    const failed = screen.getByText('mnt-proc').closest<HTMLElement>('[role=row]')!;
    expect(failed.textContent).toContain('FAIL');
    within(failed).getByText('RLO');
    expect(failed.querySelector('b')).toBeNull();
    const row = (id: string): string => screen.getByText(id).closest('[role=row]')?.textContent ?? '';
    expect(row('gate-read')).toContain('Positive control');
    expect(row('gate-env')).not.toContain('Positive control');
    expect(row('raw-weak')).toMatch(/Not run.*FAIL.*Weaker evidence/);
    expect(row('sys-any')).toContain('INFO');
    screen.getByText('Container: 2 of 2 failed.');
    screen.getByText(/by you, took 65 s/);
  });

  it('is narrowed to the failures, in the address, and back', async () => {
    const { user, address } = renderApp('/drill/d1', operator(aDrill()));
    await user.click(await screen.findByRole('button', { name: 'Show what failed' }));
    await waitFor(() => expect(caseIds()).toEqual(['mnt-proc', 'raw-weak']));
    expect(address()).toBe('/drill/d1?show=failures');
    await user.selectOptions(screen.getByLabelText('Who tries'), 'policy');
    await screen.findByText('Nothing failed.');
    expect(address()).toBe('/drill/d1?show=failures&layer=policy');
    await user.click(screen.getByRole('button', { name: 'Show everything' }));
    await waitFor(() => expect(caseIds()).toHaveLength(5));
    expect(address()).toBe('/drill/d1');
  });

  it('is saved as the JSON that the server gave', async () => {
    const saved: Blob[] = [];
    const create = vi.spyOn(URL, 'createObjectURL').mockImplementation((content) => {
      saved.push(content as Blob);
      return 'blob:report';
    });
    const names: string[] = [];
    const click = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (
      this: HTMLAnchorElement,
    ) {
      names.push(this.download);
    });
    const { user } = renderApp('/drill/d1', operator(aDrill()));
    await user.click(await screen.findByRole('button', { name: 'JSON' }));
    expect(JSON.parse((await saved[0]?.text()) ?? '')).toEqual(aDrill());
    expect(names).toEqual(['drill-sandboxed-2026-11-27T10-00-00.json']);
    create.mockRestore();
    click.mockRestore();
  });

  it('that is gone while it ran is not shown as running', async () => {
    const running = aDrill({ state: 'running', verdict: 'pending', ended_at: null, versions: null });
    const { server } = renderApp('/drill/d1', operator(running));
    await screen.findByText('5 of 5 attempts made so far.');
    screen.getByText(running.engine);
    server.on('GET /api/drills/d1', () => refusal(404, 'NOT_FOUND', 'There is no such drill.'));
    await screen.findByText('There is no such drill.');
    expect(screen.queryByText('Running')).toBeNull();
  });

  it('of an unknown drill says so', async () => {
    renderApp('/drill/gone', (server) => {
      operator()(server);
      server.on('GET /api/drills/gone', () => refusal(404, 'NOT_FOUND', 'There is no such drill.'));
    });
    expect((await screen.findByRole('alert')).textContent).toContain('There is no such drill.');
  });
});

describe('the verdict in words', () => {
  it('passes only what the server calls a pass', () => {
    const held = aDrill({ verdict: 'pass', rows: ROWS.filter(({ verdict }) => verdict !== 'fail') });
    expect(describeDrill(held)).toMatchObject({
      tone: 'good',
      word: 'Passed',
      details: [
        '1 attacks were blocked, and 1 positive controls worked, so that the worker was alive.',
        '1 more are for information: nothing was expected of them.',
      ],
    });
    expect(describeDrill({ ...held, verdict: 'pending' })).toMatchObject({ tone: 'bad', word: 'Failed' });
  });

  it('says of plain processes why they fail, and of a drill without attempts what stopped it', () => {
    const { details } = describeDrill(aDrill({ backend: 'process' }));
    expect(details.join(' ')).toContain('was not run, and all of it counts as failed');
    const stopped = describeDrill(aDrill({ rows: [], reason: 'The worker did not connect.' }));
    expect(stopped).toMatchObject({ tone: 'bad', details: ['The worker did not connect.'] });
  });
});
