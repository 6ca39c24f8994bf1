// @vitest-environment happy-dom
import { screen, waitFor } from '@testing-library/react';
import { expect, test } from 'vitest';
import { refusal, type FakeServer } from '../testing/fake-server.js';
import { giveHeight } from '../testing/give-height.js';
import { anAgent, renderApp } from '../testing/render-app.js';

giveHeight(600);

const READINGS = [
  'GET /api/agents/a1',
  'GET /api/agents/a1/sessions',
  'GET /api/agents/a1/messages',
  'GET /api/agents/a1/activity',
  'GET /api/agents/a1/sessions/dashboard%3Amain',
];

function chat(prepare: (server: FakeServer) => void = () => undefined) {
  return renderApp('/agents/a1/chat', (server) => {
    for (const route of READINGS) server.on(route, () => ({ items: [], more: false }));
    server.on('GET /api/agents/a1', () => anAgent({ status: 'running', desired: 'running' }));
    prepare(server);
  });
}

const box = () => screen.findByRole<HTMLTextAreaElement>('textbox', { name: 'Message' });

test.each(READINGS)(
  'what is being typed stays when %s fails later, and the failure is shown',
  async (route) => {
    const { server, services, user } = chat();
    await user.type(await box(), 'Half a message');
    server.on(route, () => refusal(503, 'OVERLOADED', 'Too much to do.'));
    void services.queries.invalidateQueries();
    await screen.findByText('Too much to do.');
    expect((await box()).value).toBe('Half a message');
    server.on(route, () => (route.endsWith('/a1') ? anAgent() : { items: [], more: false }));
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    await waitFor(() => expect(screen.queryByText('Too much to do.')).toBeNull());
    expect((await box()).value).toBe('Half a message');
  },
);

test('an agent that was removed elsewhere is said to be gone, and can neither be started nor stopped', async () => {
  const { server, user } = chat();
  await screen.findByText('Live');
  await screen.findByRole('button', { name: 'Stop Researcher' });
  await user.type(await box(), 'Half a message');
  server.on('GET /api/agents/a1', () => refusal(404, 'NOT_FOUND', 'There is no such agent.'));
  server.push('removed', { agent_id: 'a1' });
  server.push('agent_removed', { cursor: '1', agent_id: 'a1' });
  await screen.findByText('There is no such agent.');
  await screen.findByText('This agent is not there any more.');
  expect(screen.queryByRole('button', { name: /^(Start|Stop) Researcher/ })).toBeNull();
  expect(screen.queryByText('Running')).toBeNull();
  expect((await box()).value).toBe('Half a message');
});
