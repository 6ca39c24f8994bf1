// @vitest-environment happy-dom
import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { ConfigServer, openSettings } from '../../testing/config-server.js';
import { refusal } from '../../testing/fake-server.js';

const PUT = 'PUT /api/agents/a1/variables';
const refused = (pointer: string, message: string) => () =>
  refusal(400, 'CONFIG_INVALID', 'The configuration is not valid.', { issues: [{ pointer, message }] });

async function open() {
  const app = openSettings('variables', new ConfigServer());
  app.server.on('GET /api/agents/a1/variables', () => ({ items: [{ name: 'TOKEN' }] }));
  const name = await screen.findByLabelText<HTMLInputElement>('Name');
  const value = screen.getByLabelText<HTMLInputElement>('Value');
  const marks = (): (string | null)[] => [name, value].map((field) => field.getAttribute('aria-invalid'));
  return { ...app, name, value, marks };
}

test('what the server alone finds wrong with a value stands at the value, and what was typed stays', async () => {
  const { server, user, name, value, marks } = await open();
  server.on(PUT, refused('/secrets/env/KEY', 'is the secret of another agent.'));
  await user.type(name, 'KEY');
  await user.type(value, 'hunter2');
  await user.click(screen.getByRole('button', { name: 'Set variable' }));
  await screen.findByText('is the secret of another agent.');
  expect(marks()).toEqual([null, 'true']);
  expect([name.value, value.value]).toEqual(['KEY', 'hunter2']);
  expect(within(screen.getByRole('alert')).queryByRole('listitem')).toBeNull();
});

test('a refused removal is said in the question, at no field of the form, and the variable stays', async () => {
  const { server, user, marks } = await open();
  server.on(PUT, refused('/variables/TOKEN', 'is in use.'));
  await user.click(await screen.findByRole('button', { name: 'Remove TOKEN' }));
  const question = within(await screen.findByRole('alertdialog', { name: 'Remove TOKEN' }));
  await user.click(question.getByRole('button', { name: 'Remove variable' }));
  const notice = within(await question.findByRole('alert'));
  expect(notice.getByRole('listitem').textContent).toBe('/variables/TOKEN is in use.');
  await user.click(question.getByRole('button', { name: 'Cancel' }));
  await waitFor(() => expect(screen.queryByRole('alertdialog')).toBeNull());
  expect(marks()).toEqual([null, null]);
  screen.getByRole('button', { name: 'Remove TOKEN' });
});
