// @vitest-environment happy-dom
import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { ConfigServer } from '../../testing/config-server.js';
import { refusal } from '../../testing/fake-server.js';
import { holdAnswer } from '../../testing/held-answer.js';
import { renderApp } from '../../testing/render-app.js';

const PATCH = 'PATCH /api/agents/a1/config';

/** Opens the Security section of an agent at level Standard with every protection on. */
function open() {
  const state = new ConfigServer();
  return { state, ...renderApp('/agents/a1/settings?section=security', (server) => state.attach(server)) };
}

/** Names of the presets that are shown as stored. */
const stored = (): string[] =>
  screen
    .getAllByRole('radio')
    .filter((radio) => within(radio.closest('label')!).queryByText('Stored') !== null)
    .map((radio) => document.getElementById(radio.getAttribute('aria-labelledby') ?? '')?.textContent ?? '');

const REFUSALS = [
  [
    'a refusal',
    () => refusal(403, 'FORBIDDEN', 'Only a superadmin may do this.'),
    /Only a superadmin may do/,
  ],
  ['an overload', () => refusal(503, 'OVERLOADED', 'This is too much now.'), /This is too much now/],
  ['no answer', () => Promise.reject(new TypeError('fetch failed')), /The server did not answer/],
] as const;

test.each(REFUSALS)(
  'a preset is stored as before while it is sent, and after %s, which is said',
  async (_what, refuse, said) => {
    const { server, user } = open();
    await user.click(await screen.findByRole('radio', { name: 'Safe' }));
    const { answer, give } = holdAnswer();
    server.on(PATCH, answer);
    await user.click(screen.getByRole('button', { name: 'Apply' }));
    await waitFor(() => expect(server.bodies(PATCH)).toHaveLength(1));
    expect(stored()).toEqual(['Standard']);
    screen.getByText(/^Stored: Standard\./);
    expect(screen.queryByText(/^Saved/)).toBeNull();
    give(refuse());
    const panel = within(screen.getByRole('region', { name: 'Isolation' }));
    await panel.findByText(said);
    expect(stored()).toEqual(['Standard']);
    expect(panel.queryByText(/^Saved/)).toBeNull();
    // What was chosen is still chosen, so that it can be applied again.
    expect(screen.getByRole<HTMLInputElement>('radio', { name: 'Safe' }).checked).toBe(true);
    expect(screen.getByRole('button', { name: 'Apply' })).toHaveProperty('disabled', false);
  },
);

test.each(REFUSALS)(
  'a protection is on as before while it is taken off, and after %s, which is said',
  async (_what, refuse, said) => {
    const { server, user } = open();
    const control = await screen.findByRole<HTMLInputElement>('switch', { name: 'Refuse private addresses' });
    await waitFor(() => expect(control.disabled).toBe(false));
    const { answer, give } = holdAnswer();
    server.on(PATCH, answer);
    await user.click(control);
    const dialog = within(await screen.findByRole('alertdialog'));
    await user.click(dialog.getByRole('button', { name: 'Take it off' }));
    await waitFor(() => expect(server.bodies(PATCH)).toHaveLength(1));
    expect(control.checked).toBe(true);
    give(refuse());
    await dialog.findByText(said);
    expect(control.checked).toBe(true);
    await user.click(dialog.getByRole('button', { name: 'Cancel' }));
    expect(control.checked).toBe(true);
    expect(screen.queryByText(/^Saved/)).toBeNull();
  },
);

test('a protection that is put on counts as on only when the server has taken it', async () => {
  const { state, server, user } = open();
  state.put({ tools: { ssrf_protection: false } });
  const control = await screen.findByRole<HTMLInputElement>('switch', { name: 'Refuse private addresses' });
  await waitFor(() => expect([control.disabled, control.checked]).toEqual([false, false]));
  const { answer, give } = holdAnswer();
  server.on(PATCH, answer);
  await user.click(control);
  await waitFor(() => expect(server.bodies(PATCH)).toHaveLength(1));
  expect(control.checked).toBe(false);
  give({ config: {}, version: 5, applied: 'confirmed' });
  await waitFor(() => expect(control.checked).toBe(true));
});
