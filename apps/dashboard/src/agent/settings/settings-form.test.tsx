// @vitest-environment happy-dom
import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { ConfigServer, openSettings, refuseConfig } from '../../testing/config-server.js';

const PATCH = 'PATCH /api/agents/a1/config';

async function openTools(state = new ConfigServer()) {
  const app = openSettings('tools', state);
  const panel = within(await screen.findByRole('region', { name: 'Commands' }));
  const fields = {
    mode: panel.getByLabelText<HTMLSelectElement>('Commands'),
    allow: panel.getByLabelText<HTMLTextAreaElement>('Allow'),
    deny: panel.getByLabelText<HTMLTextAreaElement>('Deny'),
    relaxed: panel.getByLabelText<HTMLSelectElement>('Pipes, lists and redirections'),
    timeout: panel.getByLabelText<HTMLInputElement>('Seconds until a command is ended'),
  };
  await waitFor(() => expect(fields.mode.disabled).toBe(false));
  const put = async (field: HTMLElement, text: string): Promise<void> => {
    await app.user.clear(field);
    await app.user.click(field);
    await app.user.paste(text);
  };
  const fill = async (): Promise<void> => {
    await app.user.selectOptions(fields.mode, 'allowlist');
    await put(fields.allow, 'git status\n  ls  \n\nnpm');
    await put(fields.deny, 'curl');
    await app.user.selectOptions(fields.relaxed, 'true');
    await put(fields.timeout, '90');
  };
  const values = () => Object.values(fields).map(({ value }) => value);
  return {
    ...app,
    state,
    fields,
    put,
    fill,
    values,
    save: () => app.user.click(panel.getByRole('button', { name: 'Save' })),
  };
}

const noteOf = (field: HTMLElement): string =>
  (field.getAttribute('aria-describedby') ?? '')
    .split(' ')
    .map((id) => document.getElementById(id)?.textContent ?? '')
    .join(' ');

test('what commands an agent may run is saved as it is chosen and typed, a rule a line', async () => {
  const { server, user, state, fields, put, fill, save } = await openTools();
  await fill();
  await save();
  await screen.findByText('Saved. It applies when the agent starts.');
  const policy = { mode: 'allowlist', allow: ['git status', 'ls', 'npm'], deny: ['curl'], relaxed: true };
  expect(server.bodies(PATCH)).toEqual([{ tools: { exec: { policy, timeout: 90 } } }]);
  expect(state.config).toEqual({ tools: { exec: { policy, timeout: 90 } } });
  expect(fields.allow.value).toBe('git status\nls\nnpm');

  await user.clear(fields.allow);
  await put(fields.deny, 'curl\nwget');
  await user.selectOptions(fields.relaxed, 'false');
  await user.selectOptions(fields.mode, 'deny_all');
  await save();
  await waitFor(() => expect(server.bodies(PATCH)).toHaveLength(2));
  expect(server.bodies(PATCH)[1]).toEqual({
    tools: { exec: { policy: { mode: 'deny_all', allow: null, deny: ['curl', 'wget'], relaxed: false } } },
  });
});

test('what the server finds wrong with commands stands at each field, with the entry, and what was typed stays', async () => {
  const { server, fields, fill, values, save } = await openTools();
  await fill();
  const typed = values();
  refuseConfig(server, {
    '/tools/exec/policy/mode': 'is not for this level.',
    '/tools/exec/policy/allow/0': 'is no program.',
    '/tools/exec/policy/allow/2': 'is not here.',
    '/tools/exec/policy/deny/0': 'is a path.',
    '/tools/exec/policy/relaxed': 'is not for you.',
    '/tools/exec/timeout': 'is above the limit of the server.',
  });
  await save();
  const notice = within(await screen.findByRole('alert'));
  expect(notice.queryByRole('listitem')).toBeNull();
  const wrong = {
    mode: 'is not for this level.',
    allow: 'Entry 1: is no program. Entry 3: is not here.',
    deny: 'Entry 1: is a path.',
    relaxed: 'is not for you.',
    timeout: 'is above the limit of the server.',
  };
  for (const [name, words] of Object.entries(wrong)) {
    const field = fields[name as keyof typeof fields];
    expect([name, field.getAttribute('aria-invalid')]).toEqual([name, 'true']);
    expect(noteOf(field)).toContain(words);
  }
  expect(values()).toEqual(typed);
});

test('a rule that the schema does not take is not sent, and the list says which entry it is', async () => {
  const { server, fields, put, save } = await openTools();
  await put(fields.allow, `git\n${'x'.repeat(201)}`);
  await put(fields.deny, Array.from({ length: 501 }, (_, index) => `p${index}`).join('\n'));
  await save();
  await waitFor(() => expect(noteOf(fields.allow)).toContain('Entry 2: Must have at most 200 characters.'));
  expect(noteOf(fields.deny)).toContain('Must have at most 500 entries.');
  expect(fields.allow.value).toBe(`git\n${'x'.repeat(201)}`);
  expect(server.bodies(PATCH)).toEqual([]);
});
