// @vitest-environment happy-dom
import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { refusal, type Answer } from '../../testing/fake-server.js';
import { holdAnswer } from '../../testing/held-answer.js';
import { anAgent, renderApp } from '../../testing/render-app.js';

const PUT = 'PUT /api/agents/a1';
const STORED = anAgent({ description: 'Reads papers.' });

/** Gives a later state of the agent, as an answer or a frame brings it. */
const later = (changes: Parameters<typeof anAgent>[0], minute = 1) =>
  anAgent({ ...STORED, ...changes, updated_at: `2026-11-27T10:0${minute}:00.000Z` });

async function open({ answer, permissions = ['agent:update'] }: { answer?: Answer; permissions?: string[] }) {
  const app = renderApp('/agents/a1/settings?section=general', (server) => {
    server.on('GET /api/agents/a1', () => STORED);
    server.on('GET /api/agents/a1/config', () => ({ config: {}, version: 1 }));
    server.on('GET /api/auth/me', () => ({
      id: 'u1',
      username: 'admin',
      role: 'admin',
      session_id: 's1',
      reauthenticated_until: null,
      permissions,
    }));
    if (answer) server.on(PUT, answer);
  });
  const panel = within(await screen.findByRole('region', { name: 'Name' }));
  const name = panel.getByLabelText<HTMLInputElement>('Name');
  const description = panel.getByLabelText<HTMLTextAreaElement>('Description');
  if (permissions.length > 0) await waitFor(() => expect(name.disabled).toBe(false));
  const type = async (field: HTMLElement, text: string): Promise<void> => {
    await app.user.clear(field);
    if (text !== '') {
      await app.user.click(field);
      await app.user.paste(text);
    }
  };
  const save = (): Promise<void> => app.user.click(panel.getByRole('button', { name: /Save name/ }));
  return { ...app, panel, name, description, type, save };
}

const heading = () => screen.getByRole('heading', { level: 1 }).textContent;

test('what was changed is sent and nothing else, and counts as saved when the server has answered', async () => {
  const { answer, give } = holdAnswer();
  const { server, user, panel, name, type, save } = await open({ answer });
  expect(panel.queryByText('Saved.')).toBeNull();
  await type(name, 'Reader');
  await save();
  await waitFor(() => expect(server.bodies(PUT)).toEqual([{ name: 'Reader' }]));
  // Twice the same request for two presses would be two changes in the audit log.
  await user.type(name, '{Enter}');
  expect(panel.queryByText('Saved.')).toBeNull();
  expect(heading()).toBe('Researcher');
  give(later({ name: 'Reader' }));
  await panel.findByText('Saved.');
  await waitFor(() => expect(heading()).toBe('Reader'));
  expect(server.bodies(PUT)).toHaveLength(1);
  expect(panel.getByRole<HTMLButtonElement>('button', { name: 'Save name' }).disabled).toBe(true);
});

test('what is typed while a save is on its way is not dropped by its answer', async () => {
  const { answer, give } = holdAnswer();
  const { server, panel, name, description, type, save } = await open({ answer });
  await type(name, 'Reader');
  await save();
  await waitFor(() => expect(server.bodies(PUT)).toHaveLength(1));
  await type(description, 'Reads papers and writes about them.');
  give(later({ name: 'Reader' }));
  await waitFor(() => expect(heading()).toBe('Reader'));
  expect(description.value).toBe('Reads papers and writes about them.');
  server.on(PUT, () => later({ name: 'Reader', description: description.value }, 2));
  await save();
  await panel.findByText('Saved.');
  expect(server.bodies(PUT)[1]).toEqual({ description: 'Reads papers and writes about them.' });
});

test("what the API's schema does not take stands at its field, and nothing is sent", async () => {
  const { server, panel, name, description, type, save } = await open({ answer: () => later({}) });
  const marked = () => [name, description].map((field) => field.getAttribute('aria-invalid'));
  await type(name, '');
  await save();
  await panel.findByText('Must not be empty.');
  expect(marked()).toEqual(['true', null]);
  const long = 'x'.repeat(2001);
  await type(name, 'y'.repeat(101));
  await type(description, long);
  await save();
  await panel.findByText('Must have at most 100 characters.');
  await panel.findByText('Must have at most 2000 characters.');
  expect(marked()).toEqual(['true', 'true']);
  expect([name.value.length, description.value]).toEqual([101, long]);
  expect(server.bodies(PUT)).toEqual([]);
  expect(heading()).toBe('Researcher');
});

test('what the server finds wrong stands at its field, or is read where no field shows it', async () => {
  const { panel, name, description, type, save } = await open({
    answer: () =>
      refusal(400, 'VALIDATION_FAILED', 'The request is not valid.', {
        fix: 'Correct it.',
        issues: [
          { pointer: '/name', message: 'Another agent has this name.' },
          { pointer: '/color', message: 'Is no colour.' },
        ],
      }),
  });
  await type(name, 'Reader');
  await save();
  const notice = await panel.findByRole('alert');
  for (const words of ['The request is not valid.', 'Correct it.', '/color Is no colour.'])
    expect(notice.textContent).toContain(words);
  expect(notice.textContent).not.toContain('Another agent has this name.');
  panel.getByText('Another agent has this name.');
  expect([name, description].map((field) => field.getAttribute('aria-invalid'))).toEqual(['true', null]);
  expect(name.value).toBe('Reader');
  expect(panel.queryByText('Saved.')).toBeNull();
});

test.each([
  ['a refusal', () => refusal(403, 'FORBIDDEN', 'Your role may not rename this agent.'), /may not rename/],
  ['no answer', () => Promise.reject(new TypeError('fetch failed')), /The server did not answer/],
])('%s is said, what was typed stays, and the next attempt may work', async (_what, answer, said) => {
  const { server, panel, name, type, save } = await open({ answer });
  await type(name, 'Reader');
  await save();
  expect((await panel.findByRole('alert')).textContent).toMatch(said);
  expect([name.value, heading()]).toEqual(['Reader', 'Researcher']);
  server.on(PUT, () => later({ name: 'Reader' }));
  await save();
  await panel.findByText('Saved.');
  expect(panel.queryByRole('alert')).toBeNull();
});

test('leaving with a name that is not saved is asked about', async () => {
  const { user, address, name, type } = await open({});
  await type(name, 'Reader');
  await user.click(screen.getByRole('link', { name: 'Security' }));
  await user.click(await screen.findByRole('button', { name: 'Stay here' }));
  expect([name.value, address()]).toEqual(['Reader', '/agents/a1/settings?section=general']);
  await user.click(screen.getByRole('link', { name: 'Security' }));
  await user.click(await screen.findByRole('button', { name: 'Leave and drop it' }));
  await waitFor(() => expect(address()).toBe('/agents/a1/settings?section=security'));
});

test('typed back to what is stored, nothing is asked about', async () => {
  const { user, address, name, type } = await open({});
  await type(name, 'Reader');
  await type(name, 'Researcher');
  await user.click(screen.getByRole('link', { name: 'Security' }));
  await waitFor(() => expect(address()).toBe('/agents/a1/settings?section=security'));
});

test('a name that another tab gives shows here, and what is being typed stays', async () => {
  const { server, name, description, type } = await open({});
  await screen.findByText('Live');
  await type(description, 'Mine.');
  server.push('status', later({ name: 'Renamed', description: 'Theirs.' }));
  await waitFor(() => expect(name.value).toBe('Renamed'));
  expect(description.value).toBe('Mine.');
});

test('the answer to a save that comes behind newer news sets nothing back', async () => {
  const { answer, give } = holdAnswer();
  const { server, panel, name, type, save } = await open({ answer });
  await screen.findByText('Live');
  await type(name, 'Reader');
  await save();
  await waitFor(() => expect(server.bodies(PUT)).toHaveLength(1));
  server.push('status', later({ name: 'Renamed' }, 5));
  await waitFor(() => expect(heading()).toBe('Renamed'));
  give(later({ name: 'Reader' }, 1));
  await panel.findByText('Saved.');
  expect([heading(), name.value]).toEqual(['Renamed', 'Renamed']);
});

test('who may not change it sees it', async () => {
  const { panel, name, description } = await open({ permissions: [] });
  expect([name.disabled, description.disabled]).toEqual([true, true]);
  expect(panel.queryByRole('button', { name: 'Save name' })).toBeNull();
});
