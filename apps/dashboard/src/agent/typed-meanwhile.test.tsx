// @vitest-environment happy-dom
import { screen, waitFor } from '@testing-library/react';
import { expect, test } from 'vitest';
import { json, type FakeServer } from '../testing/fake-server.js';
import { giveHeight } from '../testing/give-height.js';
import { holdAnswer } from '../testing/held-answer.js';
import { anAgent, renderApp, type RenderedApp } from '../testing/render-app.js';

giveHeight(600);

/** An agent that one may change, and talk to. */
function prepare(server: FakeServer): void {
  server.on('GET /api/agents/a1', () => anAgent({ status: 'running', desired: 'running' }));
  server.on('GET /api/auth/me', () => ({
    id: 'u1',
    username: 'admin',
    role: 'superadmin',
    session_id: 's1',
    reauthenticated_until: null,
    permissions: ['config:write', 'variable:write', 'agent:update'],
  }));
  for (const part of ['sessions', 'messages', 'sessions/dashboard%3Amain', 'variables', 'activity'])
    server.on(`GET /api/agents/a1/${part}`, () => ({ items: [], more: false }));
}

async function replace({ user }: RenderedApp, field: HTMLElement, text: string): Promise<void> {
  await user.clear(field);
  await user.click(field);
  await user.paste(text);
}

test('a setting: what is typed while a save is on its way stays, and is no conflict', async () => {
  const PATCH = 'PATCH /api/agents/a1/config';
  const saved = (timeout: number, version: number) => ({ config: { tools: { exec: { timeout } } }, version });
  const { answer, give } = holdAnswer();
  const app = renderApp('/agents/a1/settings?section=tools', (server) => {
    prepare(server);
    server.on('GET /api/agents/a1/config', () => saved(10, 1));
    server.on(PATCH, answer);
  });
  const field = await screen.findByLabelText<HTMLInputElement>('Seconds until a command is ended');
  await waitFor(() => expect(field.disabled).toBe(false));
  await replace(app, field, '20');
  await app.user.keyboard('{Enter}');
  await waitFor(() => expect(app.server.bodies(PATCH)).toHaveLength(1));
  await replace(app, field, '30');
  app.server.on('GET /api/agents/a1/config', () => saved(20, 2));
  give({ ...saved(20, 2), applied: 'stored' });
  const save = screen.getByRole<HTMLButtonElement>('button', { name: 'Save' });
  await waitFor(() => expect(save.getAttribute('data-pending')).toBeNull());
  expect(field.value).toBe('30');
  expect(screen.queryByText(/changed elsewhere/)).toBeNull();
  expect(screen.queryByText(/^Saved/)).toBeNull();
  app.server.on(PATCH, () => ({ ...saved(30, 3), applied: 'stored' }));
  await app.user.click(save);
  await screen.findByText('Saved. It applies when the agent starts.');
  expect(app.server.bodies(PATCH)[1]).toEqual({ tools: { exec: { timeout: 30 } } });
});

test('a variable: what is typed while another is set stays', async () => {
  const PUT = 'PUT /api/agents/a1/variables';
  const { answer, give } = holdAnswer();
  const app = renderApp('/agents/a1/settings?section=variables', (server) => {
    prepare(server);
    server.on('GET /api/agents/a1/config', () => ({ config: {}, version: 1 }));
    server.on(PUT, answer);
  });
  const name = await screen.findByLabelText<HTMLInputElement>('Name');
  const value = screen.getByLabelText<HTMLInputElement>('Value');
  await replace(app, name, 'ONE');
  await replace(app, value, 'first');
  await app.user.keyboard('{Enter}');
  await waitFor(() => expect(app.server.bodies(PUT)).toHaveLength(1));
  await replace(app, name, 'TWO');
  await replace(app, value, 'second');
  give({ items: [{ name: 'ONE' }], applied: 'stored' });
  await screen.findByText('ONE');
  expect([name.value, value.value]).toEqual(['TWO', 'second']);
});

test('a message: what is typed while another is sent stays', async () => {
  const POST = 'POST /api/agents/a1/messages';
  const message = { id: 'm1', session_key: 'dashboard:main', state: 'queued', text: 'One', error: null };
  const { answer, give } = holdAnswer();
  const app = renderApp('/agents/a1/chat', (server) => {
    prepare(server);
    server.on(POST, answer);
  });
  const box = await screen.findByLabelText<HTMLTextAreaElement>('Message');
  await replace(app, box, 'One');
  await app.user.keyboard('{Enter}');
  await waitFor(() => expect(app.server.bodies(POST)).toHaveLength(1));
  await replace(app, box, 'Two');
  give({ ...message, result: null, created_at: '2026-11-27T10:00:00.000Z' });
  await screen.findByText('Waiting for the agent …');
  expect(box.value).toBe('Two');
});

test('a file: what is typed while it is saved stays, and is saved over that version', async () => {
  const PATH = '/api/agents/a1/workspace/workspace%2Freport.txt';
  const named: (string | null)[] = [];
  const { answer, give } = holdAnswer();
  const app = renderApp('/agents/a1/workspace?path=report.txt', (server) => {
    prepare(server);
    server.on('GET /api/agents/a1/workspace/workspace', () => ({
      items: [{ name: 'report.txt', path: 'report.txt', type: 'file', size: 3 }],
      truncated: false,
    }));
    server.on(`GET ${PATH}`, () =>
      json({ path: 'report.txt', content: 'one', size: 3, truncated: false }, 200, { etag: '"v1"' }),
    );
    server.on(`PUT ${PATH}`, (request) => {
      named.push(request.headers.get('if-match'));
      return answer(request);
    });
  });
  await app.user.click(await screen.findByRole('button', { name: 'Edit' }));
  const box = await screen.findByLabelText<HTMLTextAreaElement>('Content');
  await replace(app, box, 'two');
  await app.user.click(screen.getByRole('button', { name: 'Save' }));
  await waitFor(() => expect(named).toEqual(['"v1"']));
  await replace(app, box, 'two and three');
  const save = screen.getByRole<HTMLButtonElement>('button', { name: /Save/ });
  give(json({ path: 'report.txt', size: 3 }, 200, { etag: '"v2"' }));
  await waitFor(() => expect(save.getAttribute('data-pending')).toBeNull());
  expect(screen.getByLabelText<HTMLTextAreaElement>('Content').value).toBe('two and three');
  app.server.on(`PUT ${PATH}`, (request) => {
    named.push(request.headers.get('if-match'));
    return json({ path: 'report.txt', size: 13 }, 200, { etag: '"v3"' });
  });
  await app.user.click(screen.getByRole('button', { name: 'Save' }));
  await waitFor(() => expect(screen.queryByLabelText('Content')).toBeNull());
  expect(named).toEqual(['"v1"', '"v2"']);
  await screen.findByText('two and three');
});

test('a message that was begun and a provider that was typed are asked about before another page takes their place', async () => {
  const app = renderApp('/agents/a1/chat', (server) => {
    prepare(server);
    server.on('GET /api/agents/a1/config', () => ({ config: {}, version: 1 }));
  });
  const box = await screen.findByLabelText<HTMLTextAreaElement>('Message');
  await replace(app, box, 'Half a message');
  await app.user.click(screen.getByRole('link', { name: 'Settings' }));
  await app.user.click(await screen.findByRole('button', { name: 'Stay here' }));
  expect([box.value, app.address()]).toEqual(['Half a message', '/agents/a1/chat']);
  await app.user.clear(box);
  await app.user.click(screen.getByRole('link', { name: 'Settings' }));
  await app.user.click(await screen.findByRole('link', { name: 'Model' }));
  await app.user.click(await screen.findByRole('button', { name: 'Add provider' }));
  // Opened and left as it was, it holds nobody.
  await screen.findByLabelText('Kind');
  void app.router.navigate({ to: '/account' });
  await screen.findByRole('heading', { name: 'Account' });
  void app.router.navigate({
    to: '/agents/$agentId/settings',
    params: { agentId: 'a1' },
    search: { section: 'model' },
  });
  await app.user.click(await screen.findByRole('button', { name: 'Add provider' }));
  await app.user.type(await screen.findByLabelText('Name'), 'mine');
  void app.router.navigate({ to: '/account' });
  await app.user.click(await screen.findByRole('button', { name: 'Stay here' }));
  expect(screen.getByLabelText<HTMLInputElement>('Name').value).toBe('mine');
  expect(app.address()).toBe('/agents/a1/settings?section=model');
});
