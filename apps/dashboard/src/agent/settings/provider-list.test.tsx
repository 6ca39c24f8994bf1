// @vitest-environment happy-dom
import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { ConfigServer, openSettings, PLACEHOLDER, refuseConfig } from '../../testing/config-server.js';

const PATCH = 'PATCH /api/agents/a1/config';

const stored = (): ConfigServer =>
  new ConfigServer({
    providers: {
      main: {
        kind: 'openai_compatible',
        api_base: 'https://one.example/v1',
        api_key: PLACEHOLDER,
        extra_headers: { 'x-team': PLACEHOLDER },
      },
    },
  });

async function edit(state: ConfigServer) {
  const app = openSettings('model', state);
  await app.user.click(await screen.findByRole('button', { name: 'Edit main' }));
  const dialog = within(await screen.findByRole('alertdialog', { name: 'main' }));
  return {
    ...app,
    dialog,
    save: () => app.user.click(dialog.getByRole('button', { name: 'Save provider' })),
  };
}

test('what is wrong with the name of a provider that is changed stands in the notice: the name has no field', async () => {
  const { server, dialog, save } = await edit(stored());
  refuseConfig(server, { '/providers/main': 'is not an allowed name.' });
  await save();
  const notice = within(await dialog.findByRole('alert'));
  expect(notice.getByRole('listitem').textContent).toBe('Name is not an allowed name.');
});

test('what is wrong with a field that another kind hides stands in the notice, and at the field when it is back', async () => {
  const { server, user, dialog, save } = await edit(stored());
  await user.clear(dialog.getByLabelText('Address'));
  await user.type(dialog.getByLabelText('Address'), 'ftp://one.example');
  await user.selectOptions(dialog.getByLabelText('Kind'), 'scripted');
  await save();
  const notice = within(await dialog.findByRole('alert'));
  expect(notice.getByRole('listitem').textContent).toBe('Address Is not written as it must be.');
  expect(server.bodies(PATCH)).toEqual([]);
  await user.selectOptions(dialog.getByLabelText('Kind'), 'openai_compatible');
  const address = dialog.getByLabelText<HTMLInputElement>('Address');
  expect([address.value, address.getAttribute('aria-invalid')]).toEqual(['ftp://one.example', 'true']);
  expect(dialog.queryByRole('listitem')).toBeNull();
});

test('what is wrong elsewhere in the configuration stands in the notice with its place', async () => {
  const { server, dialog, save } = await edit(stored());
  refuseConfig(server, {
    '/providers/main/api_base': 'must be a public URL.',
    '/providers': 'must NOT have more than 20 properties.',
    '/providers/main/extra_headers': 'must be object.',
  });
  await save();
  const notice = within(await dialog.findByRole('alert'));
  expect(notice.getAllByRole('listitem').map(({ textContent }) => textContent)).toEqual([
    '/providers must NOT have more than 20 properties.',
    '/providers/main/extra_headers must be object.',
  ]);
  expect(dialog.getByLabelText('Address').getAttribute('aria-invalid')).toBe('true');
});

/** Value, whether it is marked, and what stands below a field. */
const stateOf = (field: HTMLElement): unknown[] => [
  (field as HTMLInputElement).value,
  field.getAttribute('aria-invalid') === 'true',
  noteOf(field),
];
function noteOf(field: HTMLElement): string {
  const ids = (field.getAttribute('aria-describedby') ?? '').split(' ').filter(Boolean);
  return ids.map((id) => document.getElementById(id)?.textContent ?? '').join(' ');
}

async function add(state = new ConfigServer()) {
  const app = openSettings('model', state);
  await app.user.click(await screen.findByRole('button', { name: 'Add provider' }));
  const dialog = within(await screen.findByRole('alertdialog', { name: 'Add a provider' }));
  const put = async (label: string, text: string): Promise<HTMLElement> => {
    const field = dialog.getByLabelText(label);
    await app.user.clear(field);
    await app.user.click(field);
    await app.user.paste(text);
    return field;
  };
  const addHeader = async (name: string, value: string): Promise<HTMLElement> => {
    await put('Name of another header', name);
    await app.user.click(dialog.getByRole('button', { name: 'Add header' }));
    return put(name, value);
  };
  return {
    ...app,
    dialog,
    put,
    addHeader,
    save: () => app.user.click(dialog.getByRole('button', { name: 'Save provider' })),
  };
}

test('what the schema does not take of a new provider stands at each field, nothing is sent, and what was typed stays', async () => {
  const { server, dialog, put, addHeader, save } = await add();
  const name = await put('Name', 'my provider');
  const address = await put('Address', 'ftp://one.example');
  const key = await put('API key', 'k'.repeat(8193));
  const header = await addHeader('x team', 'blue');
  const long = await addHeader('x-long', 'v'.repeat(8193));
  await save();
  await waitFor(() => expect(noteOf(name)).toContain('The name is not allowed.'));
  await put('Name', 'mine');
  await save();
  await waitFor(() =>
    expect(stateOf(header)).toEqual(['blue', true, expect.stringContaining('The name is not allowed.')]),
  );
  expect(stateOf(address)).toEqual([
    'ftp://one.example',
    true,
    expect.stringContaining('Is not written as it must be.'),
  ]);
  for (const field of [key, long])
    expect(stateOf(field).slice(1)).toEqual([
      true,
      expect.stringContaining('Must have at most 8192 characters.'),
    ]);
  expect([stateOf(key)[0], stateOf(long)[0]]).toEqual(['k'.repeat(8193), 'v'.repeat(8193)]);
  expect(stateOf(name).slice(0, 2)).toEqual(['mine', false]);
  expect(within(dialog.getByRole('alert')).queryByRole('listitem')).toBeNull();
  expect(server.bodies(PATCH)).toEqual([]);
});

test('what the server alone finds wrong with a provider stands at each field, what was typed stays, and can be saved later', async () => {
  const state = new ConfigServer();
  const { server, user, dialog, put, addHeader, save } = await add(state);
  const fields = {
    '/providers/mine': await put('Name', 'mine'),
    '/providers/mine/kind': dialog.getByLabelText('Kind'),
    '/providers/mine/api_base': await put('Address', 'https://one.example/v1'),
    '/providers/mine/api_key': await put('API key', 'sk-1'),
    '/providers/mine/extra_headers/x-team': await addHeader('x-team', 'blue'),
  };
  await user.selectOptions(fields['/providers/mine/kind'], 'anthropic');
  const typed = Object.values(fields).map((field) => stateOf(field)[0]);
  refuseConfig(server, Object.fromEntries(Object.keys(fields).map((pointer) => [pointer, `No: ${pointer}`])));
  await save();
  await dialog.findByRole('alert');
  for (const [pointer, field] of Object.entries(fields)) {
    expect(stateOf(field).slice(1), pointer).toEqual([true, expect.stringContaining(`No: ${pointer}`)]);
  }
  expect(Object.values(fields).map((field) => stateOf(field)[0])).toEqual(typed);
  expect(within(dialog.getByRole('alert')).queryByRole('listitem')).toBeNull();
  state.attach(server);
  await save();
  await waitFor(() => expect(screen.queryByRole('alertdialog')).toBeNull());
  expect(server.bodies(PATCH).at(-1)).toEqual({
    providers: {
      mine: {
        kind: 'anthropic',
        api_base: 'https://one.example/v1',
        api_key: 'sk-1',
        extra_headers: { 'x-team': 'blue' },
      },
    },
  });
});

test('a script that cannot be read says so at the script', async () => {
  const { server, user, dialog, put, save } = await add();
  await put('Name', 'trial');
  await user.selectOptions(dialog.getByLabelText('Kind'), 'scripted');
  const script = await put('Script', 'turns: nonsense');
  refuseConfig(server, { '/providers/trial/script': 'turns must be a list.' });
  await save();
  await waitFor(() => expect(stateOf(script)).toEqual(['turns: nonsense', true, 'turns must be a list.']));
});

test('what is wrong with a stored secret that is kept stands beside its state', async () => {
  const { server, dialog, save } = await edit(stored());
  refuseConfig(server, {
    '/providers/main/api_key': 'PLACEHOLDER_MOVED: give the secret itself.',
    '/providers/main/extra_headers/x-team': 'PLACEHOLDER_MOVED: give it, too.',
  });
  await save();
  await dialog.findByText('PLACEHOLDER_MOVED: give the secret itself.');
  dialog.getByText('PLACEHOLDER_MOVED: give it, too.');
});

test('a provider is removed behind a question, and not without', async () => {
  const state = stored();
  const { server, user } = openSettings('model', state);
  await user.click(await screen.findByRole('button', { name: 'Remove main' }));
  const question = () => within(screen.getByRole('alertdialog', { name: 'Remove main' }));
  question().getByText(/Its key is removed from the server/);
  await user.click(question().getByRole('button', { name: 'Cancel' }));
  await waitFor(() => expect(screen.queryByRole('alertdialog')).toBeNull());
  expect(server.bodies(PATCH)).toEqual([]);
  await user.click(screen.getByRole('button', { name: 'Remove main' }));
  await user.click(question().getByRole('button', { name: 'Remove provider' }));
  await screen.findByText('There is no provider yet.');
  await screen.findByText('Saved. It applies when the agent starts.');
  expect(server.bodies(PATCH)).toEqual([{ providers: { main: null } }]);
  expect([state.config, state.ifMatch]).toEqual([{ providers: {} }, ['"3"']]);
});

test('a refused removal of a provider is said in the question, and the provider stays', async () => {
  const state = stored();
  const { server, user } = openSettings('model', state);
  refuseConfig(server, { '/agents/defaults/model': 'names a provider that is not there.' });
  await user.click(await screen.findByRole('button', { name: 'Remove main' }));
  const question = within(await screen.findByRole('alertdialog', { name: 'Remove main' }));
  await user.click(question.getByRole('button', { name: 'Remove provider' }));
  const notice = within(await question.findByRole('alert'));
  expect(notice.getByRole('listitem').textContent).toBe(
    '/agents/defaults/model names a provider that is not there.',
  );
  await user.click(question.getByRole('button', { name: 'Cancel' }));
  await waitFor(() => expect(screen.queryByRole('alertdialog')).toBeNull());
  screen.getByRole('button', { name: 'Edit main' });
  expect(screen.queryByText(/^Saved/)).toBeNull();
});
