// @vitest-environment happy-dom
import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { ConfigServer } from '../../testing/config-server.js';
import { refusal } from '../../testing/fake-server.js';
import { giveHeight } from '../../testing/give-height.js';
import { renderApp } from '../../testing/render-app.js';

giveHeight(600);

const PUT = 'PUT /api/agents/a1/variables';

/** Opens the variables of an agent that has one. */
async function open() {
  const app = renderApp('/agents/a1/settings?section=variables', (server) => {
    new ConfigServer().attach(server);
    server.on('GET /api/agents/a1/variables', () => ({ items: [{ name: 'TOKEN' }] }));
  });
  const panel = within(await screen.findByRole('region', { name: 'Variables' }));
  const name = await panel.findByLabelText<HTMLInputElement>('Name');
  const value = panel.getByLabelText<HTMLInputElement>('Value');
  return { ...app, panel, name, value };
}

const REFUSALS = [
  ['a refusal', () => refusal(403, 'FORBIDDEN', 'Your role may not do this.'), 'Your role may not do this.'],
  ['no answer', () => Promise.reject(new TypeError('fetch failed')), 'The server did not answer.'],
] as const;

test.each(REFUSALS)('setting one: %s is said, and name and value stay', async (_what, refuse, said) => {
  const { server, user, panel, name, value } = await open();
  server.on(PUT, refuse);
  await user.type(name, 'OTHER');
  await user.type(value, 'secret{Enter}');
  await panel.findByText(said);
  expect([name.value, value.value]).toEqual(['OTHER', 'secret']);
  expect([panel.queryByText('OTHER'), panel.queryByText(/^Saved/)]).toEqual([null, null]);
  server.on(PUT, () => ({ items: [{ name: 'OTHER' }, { name: 'TOKEN' }], applied: 'stored' }));
  await user.click(panel.getByRole('button', { name: 'Set variable' }));
  await panel.findByText('OTHER');
  expect([name.value, value.value, panel.queryByText(said)]).toEqual(['', '', null]);
});

test.each(REFUSALS)('removing one: %s is said in its question alone', async (_what, refuse, said) => {
  const { server, user, panel, name, value } = await open();
  server.on(PUT, refuse);
  await user.type(name, 'OTHER');
  await user.click(await panel.findByRole('button', { name: 'Remove TOKEN' }));
  const question = within(await screen.findByRole('alertdialog', { name: 'Remove TOKEN' }));
  await user.click(question.getByRole('button', { name: 'Remove variable' }));
  await question.findByText(said);
  expect(panel.queryByText(said)).toBeNull();
  await user.click(question.getByRole('button', { name: 'Cancel' }));
  await waitFor(() => expect(screen.queryByRole('alertdialog')).toBeNull());
  // Nothing was set, so nothing is wrong with what is typed there.
  expect(screen.queryByText(said)).toBeNull();
  expect([name, value].map((field) => field.getAttribute('aria-invalid'))).toEqual([null, null]);
  expect(name.value).toBe('OTHER');
  panel.getByText('TOKEN');
});

test('of many variables few exist in the page, and all are counted', async () => {
  const { services, server, panel } = await open();
  const items = Array.from({ length: 500 }, (_, index) => ({ name: `NAME_${index}` }));
  server.on('GET /api/agents/a1/variables', () => ({ items }));
  await services.queries.invalidateQueries({ queryKey: ['agent', 'a1', 'variables'] });
  await panel.findByText('NAME_0');
  const rows = panel.getAllByRole('listitem');
  expect(rows.length).toBeLessThan(60);
  expect(rows[0]?.getAttribute('aria-setsize')).toBe('500');
});
