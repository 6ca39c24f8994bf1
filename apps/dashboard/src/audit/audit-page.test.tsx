// @vitest-environment happy-dom
import { cleanup, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { AuditRow } from '../api/api-types.js';
import { refusal } from '../testing/fake-server.js';
import { giveHeight } from '../testing/give-height.js';
import { expectInert, HOSTILE_LINE } from '../testing/hostile-line.js';
import { anAgent, renderApp } from '../testing/render-app.js';
import { AUDIT_KINDS } from './audit-filter.js';
import { decisionOf, describeRow } from './describe-row.js';

giveHeight(600);

const row = {
  seq: 12,
  time: '2026-11-27T10:00:00.000Z',
  kind: 'policy_decision',
  agent_id: 'a1',
  agent_name: 'Researcher',
  actor_id: 'model',
  actor_name: null,
  effect: 'deny',
  rule: 'fs.zone.hidden',
  event: {
    kind: 'policy_decision',
    tool: 'read_file',
    reason: 'The zone is hidden.',
    input: '.config/agent.json',
    ext: {
      layer: 'zone',
      hint: 'Use workspace/.',
      trace: [{ layer: 'zone', rule: 'fs.zone.hidden', effect: 'deny' }],
    },
  },
  hash: 'abc',
} as unknown as AuditRow;
const rowWith = (event: object, more: object = {}): AuditRow =>
  ({ ...row, ...more, event }) as unknown as AuditRow;

describe('the audit log', () => {
  it('asks the server for what the address says, and puts a chosen filter into the address', async () => {
    const { server, user, address } = renderApp('/audit?effect=deny&rule=fs.zone.hidden', (prepared) => {
      prepared.on('GET /api/agents', () => ({ items: [anAgent()] }));
      prepared.on('GET /api/audit', () => ({ items: [row] }));
    });
    await waitFor(() =>
      expect(
        server.asked.some((asked) => /GET \/api\/audit\?.*effect=deny.*rule=fs\.zone\.hidden/.test(asked)),
      ).toBe(true),
    );
    await screen.findByRole('option', { name: 'Researcher' });
    await user.selectOptions(screen.getByLabelText('Agent'), 'Researcher');
    await waitFor(() => expect(address()).toContain('agent=a1'));
    await waitFor(() => expect(server.asked.at(-1)).toContain('agent_id=a1'));
  });

  it('fills the fields from the address, also when it changes behind them, and keeps the focus', async () => {
    const { user, address } = renderApp('/audit?rule=fs.zone.hidden', (prepared) => {
      prepared.on('GET /api/audit', () => ({ items: [] }));
    });
    const rule = await screen.findByLabelText<HTMLInputElement>('Rule');
    expect(rule.value).toBe('fs.zone.hidden');
    await user.clear(rule);
    await user.type(rule, 'net.{Enter}');
    await waitFor(() => expect(address()).toContain('rule=net.'));
    expect(document.activeElement).toBe(screen.getByLabelText('Rule'));
    await user.click(await screen.findByRole('button', { name: 'Show all rows' }));
    await waitFor(() => expect(screen.getByLabelText<HTMLInputElement>('Rule').value).toBe(''));
  });

  it('finds an actor by the name that rows show or by an id, and offers the names it knows', async () => {
    const { server, user, address } = renderApp('/audit', (prepared) => {
      prepared.on('GET /api/audit', () => ({
        items: [
          rowWith(row.event, { seq: 14, actor_id: 'user:u9', actor_name: 'Alice' }),
          rowWith(row.event, { seq: 13, actor_id: 'user:u8', actor_name: 'Bob\u202E' }),
          row,
        ],
      }));
    });
    await screen.findByText('3 rows', { exact: false });
    const actor = screen.getByLabelText<HTMLInputElement>('Actor');
    const offered = [...(actor.list?.options ?? document.querySelectorAll('datalist option'))].map((option) =>
      option.getAttribute('value'),
    );
    await waitFor(() => expect(offered).toEqual(expect.arrayContaining(['Alice', 'model'])));
    expect(offered.filter((name) => name?.startsWith('Bob'))).toEqual([]);
    const last = (): string | null =>
      new URL(
        `http://x${server.asked.findLast((asked) => asked.startsWith('GET /api/audit'))?.slice(4) ?? ''}`,
      ).searchParams.get('actor');
    for (const [typed, sent] of [
      [' Alice ', 'Alice'],
      ['user:u9', 'user:u9'],
    ] as const) {
      await user.clear(actor);
      await user.type(actor, `${typed}{Enter}`);
      await waitFor(() => expect(new URLSearchParams(address().split('?')[1]).get('actor')).toBe(typed));
      await waitFor(() => expect(last()).toBe(sent));
    }
  });

  it("a filter that the API's schema does not take is not sent, and the reason stands at its field", async () => {
    const { server, user, address } = renderApp('/audit', (prepared) => {
      prepared.on('GET /api/audit', () => ({ items: [row] }));
    });
    await screen.findByText('1 row', { exact: true });
    const asked = server.asked.length;
    for (const label of ['Rule', 'Actor']) {
      const field = screen.getByLabelText<HTMLInputElement>(label);
      await user.click(field);
      await user.paste('r'.repeat(201));
      await user.click(screen.getByRole('button', { name: 'Apply' }));
      await screen.findByText('Must have at most 200 characters.');
      expect([label, field.getAttribute('aria-invalid'), field.value.length]).toEqual([label, 'true', 201]);
      await user.clear(field);
    }
    expect(address()).toBe('/audit');
    expect(server.asked.slice(asked).filter((one) => one.startsWith('GET /api/audit'))).toEqual([]);
  });

  it('a link with times that are none shows no rows and says so at the fields; so does a refusal of the server', async () => {
    const { server, user } = renderApp('/audit?since=yesterday&rule=r1', (prepared) => {
      prepared.on('GET /api/audit', () =>
        refusal(400, 'VALIDATION_FAILED', 'No.', { issues: [{ pointer: '/rule', message: 'is no rule.' }] }),
      );
    });
    await screen.findByText('Must be a time, as ISO 8601 has it.');
    expect(screen.getByLabelText('Since').getAttribute('aria-invalid')).toBe('true');
    expect(server.asked.filter((one) => one.startsWith('GET /api/audit?'))).toEqual([]);
    await user.click(screen.getByRole('button', { name: 'Apply' }));
    await screen.findByText('is no rule.');
    expect(screen.getByLabelText('Rule').getAttribute('aria-invalid')).toBe('true');
  });

  it('what is wrong with the address stays at its field while something else is wrong, and without a field in the notice', async () => {
    const { user } = renderApp('/audit?agent=gone', (prepared) => {
      prepared.on('GET /api/audit', () =>
        refusal(400, 'VALIDATION_FAILED', 'No.', {
          issues: [
            { pointer: '/agent_id', message: 'is no agent.' },
            { pointer: '/limit', message: 'is too much.' },
          ],
        }),
      );
    });
    await screen.findByText('is no agent.');
    expect(within(screen.getByRole('alert')).getByRole('listitem').textContent).toBe('/limit is too much.');
    await user.click(screen.getByLabelText('Rule'));
    await user.paste('r'.repeat(201));
    await user.click(screen.getByRole('button', { name: 'Apply' }));
    await screen.findByText('Must have at most 200 characters.');
    screen.getByText('is no agent.');
  });

  it('a link with a time finds the same rows in every time zone; only the field is local', async () => {
    const here = process.env['TZ'];
    const sent: (string | null)[] = [];
    const fields: string[] = [];
    const app = (path: string) =>
      renderApp(path, (prepared) => {
        prepared.on('GET /api/audit', ({ url }) => {
          sent.push(new URL(url).searchParams.get('since'));
          return { items: [row] };
        });
        prepared.on('GET /api/audit/export', ({ url }) => {
          sent.push(new URL(url).searchParams.get('since'));
          return refusal(503, 'OVERLOADED', 'Not now.');
        });
      });
    try {
      process.env['TZ'] = 'America/New_York';
      const { user, address } = app('/audit');
      fireEvent.change(await screen.findByLabelText('Since'), { target: { value: '2026-11-27T10:00' } });
      await user.click(screen.getByRole('button', { name: 'Apply' }));
      await waitFor(() => expect(sent.at(-1)).toBe('2026-11-27T15:00:00.000Z'));
      const link = address();
      cleanup();
      process.env['TZ'] = 'Asia/Tokyo';
      sent.length = 0;
      const colleague = app(link);
      await screen.findByText('1 row', { exact: true });
      fields.push(screen.getByLabelText<HTMLInputElement>('Since').value);
      await colleague.user.click(screen.getByRole('button', { name: 'Export' }));
      await screen.findByText('Not now.');
    } finally {
      if (here === undefined) delete process.env['TZ'];
      else process.env['TZ'] = here;
    }
    expect(fields).toEqual(['2026-11-28T00:00']);
    expect(sent).toEqual(['2026-11-27T15:00:00.000Z', '2026-11-27T15:00:00.000Z']);
  });

  it('counts one row as one row', async () => {
    renderApp('/audit', (prepared) => {
      prepared.on('GET /api/audit', () => ({ items: [row] }));
    });
    await screen.findByText('1 row', { exact: true });
  });

  it('a link to one row opens it with its decision', async () => {
    renderApp('/audit?row=12', (prepared) => {
      prepared.on('GET /api/audit', () => ({ items: [row] }));
    });
    const dialog = await screen.findByRole('dialog', { name: 'Audit row 12' });
    await waitFor(() => expect(dialog.textContent).toContain('The zone is hidden.'));
    expect(dialog.textContent).toContain('Use workspace/.');
    expect(dialog.textContent).toContain('Layers, in order');
  });

  it('shows a hidden direction in a name by its name, in the list and in the row in full', async () => {
    const bad = 'x\u202Ey';
    const ext = { layer: bad, trace: [{ layer: bad, rule: bad, effect: bad }] };
    const hostile = rowWith(
      { kind: bad, tool: bad, reason: bad, ext },
      { kind: bad, rule: bad, effect: bad, actor_id: bad, agent_name: bad },
    );
    renderApp('/audit?row=12', (server) => {
      server.on('GET /api/audit', () => ({ items: [hostile] }));
    });
    const dialog = await screen.findByRole('dialog', { name: 'Audit row 12' });
    await within(dialog).findByText('Layers, in order');
    await waitFor(() => expect(document.querySelectorAll('code').length).toBeGreaterThan(3));
    expect(document.body.textContent).not.toContain('\u202E');
    expect(dialog.textContent.split('xRLOy').length).toBeGreaterThan(8);
  });

  it('tells a failure of the server from an empty log', async () => {
    const { server, user } = renderApp('/audit', (prepared) => {
      prepared.on(
        'GET /api/audit',
        () => new Response('{"error":"Not now.","code":"OVERLOADED","request_id":"r7"}', { status: 503 }),
      );
    });
    const alert = await screen.findByRole('alert', {}, { timeout: 10_000 });
    expect(alert.textContent).toContain('Not now.');
    expect(alert.textContent).toContain('r7');
    expect(screen.queryByText('No row matches.')).toBeNull();
    server.on('GET /api/audit', () => ({ items: [] }));
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    await screen.findByText('No row matches.');
  });

  it('shows a hostile line of a megabyte in part and inert, in the list and in the row that it opens to', async () => {
    const hostile = rowWith({ ...row.event, input: HOSTILE_LINE, reason: HOSTILE_LINE });
    const { user } = renderApp('/audit', (prepared) => {
      prepared.on('GET /api/audit', () => ({ items: [hostile] }));
    });
    const line = await screen.findByRole('listitem');
    expectInert(line);
    await user.click(within(line).getByRole('button'));
    const dialog = await screen.findByRole('dialog', { name: 'Audit row 12' });
    await within(dialog).findByText('Event as hashed');
    expectInert(dialog);
  });

  it.each(AUDIT_KINDS)('describes a row of the kind %s whose fields nobody knows', (kind) => {
    const bare = { kind, actor_id: null, effect: null, rule: null };
    expect(describeRow(rowWith({ strange: 1 }, bare))).toEqual({ what: kind, who: 'system' });
    expect(decisionOf(rowWith({}, bare))).toBeUndefined();
  });

  it('describes a row by the fields that it has', () => {
    const other = {
      ...row,
      kind: 'auth_event',
      effect: null,
      rule: null,
      event: { event: 'login', detail: 'wrong password' },
    } as unknown as AuditRow;
    expect(describeRow(other)).toEqual({ what: 'login: wrong password', who: 'model' });
    expect(decisionOf(other)).toBeUndefined();
    expect(describeRow({ ...row, event: {} }).what).toBe('policy_decision');
    expect(decisionOf(row)).toMatchObject({ rule: 'fs.zone.hidden', layer: 'zone', hint: 'Use workspace/.' });
  });
});
