// @vitest-environment happy-dom
import { screen, within } from '@testing-library/react';
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
