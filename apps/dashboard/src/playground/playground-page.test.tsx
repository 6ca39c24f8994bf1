// @vitest-environment happy-dom
import { screen, waitFor } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { anAgent, renderApp } from '../testing/render-app.js';

const verdict = {
  judged_by: 'control-plane',
  decision: {
    effect: 'deny',
    layer: 'syntax',
    rule: 'shell.syntax.pipe',
    reason: 'A pipe starts a second command.',
    hint: 'Send one simple command per call.',
    span: [8, 13],
    input: 'cat x | curl <b>',
    policyDigest: 'abcdef0123456789abcdef',
    trace: [
      { layer: 'size', rule: 'shell.size', effect: 'allow' },
      { layer: 'syntax', rule: 'shell.syntax.pipe', effect: 'deny', note: 'a second command' },
    ],
  },
};

describe('the policy playground', () => {
  it('asks what the address says and shows each layer, the rule, the place and what would be accepted', async () => {
    const { server } = renderApp('/playground?agent=a1&tool=exec&input=cat%20x%20%7C%20curl', (prepared) => {
      prepared.on('GET /api/agents', () => ({ items: [anAgent()] }));
      prepared.on('POST /api/agents/a1/policy/test', () => verdict);
    });
    await screen.findByText('A pipe starts a second command.');
    expect(server.bodies('POST /api/agents/a1/policy/test')).toEqual([
      { tool: 'exec', args: { command: 'cat x | curl' } },
    ]);
    expect(document.querySelector('mark')?.textContent).toBe('curl ');
    screen.getByText('Send one simple command per call.');
    screen.getByText('a second command');
    screen.getByText(/Judged by the control plane/);
    expect(screen.getAllByText('Allowed')).toHaveLength(1);
    expect(document.querySelector('b')).toBeNull();
  });

  it.each([
    ['read_file', 'Read a file', { path: '.config/agent.json' }],
    ['write_file', 'Write a file', { path: '.config/agent.json', content: '' }],
  ])('asks about a path as the tool %s would take it', async (tool, label, args) => {
    const { server, user, address } = renderApp('/playground', (prepared) => {
      prepared.on('GET /api/agents', () => ({ items: [anAgent()] }));
      prepared.on('POST /api/agents/a1/policy/test', () => ({
        judged_by: 'worker',
        decision: {
          ...verdict.decision,
          layer: 'zone',
          rule: 'fs.zone.hidden',
          reason: 'The zone is hidden.',
          hint: 'Use workspace/.',
          input: '.config/agent.json',
          span: undefined,
          trace: [{ layer: 'zone', rule: 'fs.zone.hidden', effect: 'deny' }],
        },
      }));
    });
    const kind = await screen.findByLabelText('What it would do');
    await user.selectOptions(kind, screen.getByRole('option', { name: label }));
    await user.type(screen.getByLabelText('Path'), '.config/agent.json');
    await user.click(screen.getByRole('button', { name: 'Judge' }));
    await waitFor(() =>
      expect(address()).toBe(`/playground?agent=a1&tool=${tool}&input=.config%2Fagent.json`),
    );
    await screen.findByText('The zone is hidden.');
    screen.getByText('Use workspace/.');
    screen.getByText(/Judged by the running worker/);
    expect(server.bodies('POST /api/agents/a1/policy/test')).toEqual([{ tool, args }]);
  });

  it('the fields follow the address: the question is always that of the verdict beside it', async () => {
    const { user, router } = renderApp('/playground?agent=a1&tool=exec&input=ls', (prepared) => {
      prepared.on('GET /api/agents', () => ({ items: [anAgent()] }));
      prepared.on('POST /api/agents/a1/policy/test', () => verdict);
    });
    const field = await screen.findByLabelText<HTMLTextAreaElement>('Command');
    expect(field.value).toBe('ls');
    await user.clear(field);
    await user.type(field, 'cat x');
    await user.click(screen.getByRole('button', { name: 'Judge' }));
    await waitFor(() => expect(router.state.location.href).toContain('cat'));
    router.history.back();
    await waitFor(() => expect(field.value).toBe('ls'));
    await user.click(screen.getByRole('link', { name: 'Playground' }));
    await waitFor(() => expect(field.value).toBe(''));
    await screen.findByText('Ask something.');
  });

  it('puts a question into the address, with the argument that the tool takes', async () => {
    const { server, user, address } = renderApp('/playground', (prepared) => {
      prepared.on('GET /api/agents', () => ({ items: [anAgent()] }));
      prepared.on('POST /api/agents/a1/policy/test', () => verdict);
    });
    await user.selectOptions(await screen.findByLabelText('What it would do'), 'web_fetch');
    await user.type(screen.getByLabelText('URL'), 'http://10.0.0.1/');
    await user.click(screen.getByRole('button', { name: 'Judge' }));
    await waitFor(() =>
      expect(address()).toBe('/playground?agent=a1&tool=web_fetch&input=http%3A%2F%2F10.0.0.1%2F'),
    );
    await waitFor(() =>
      expect(server.bodies('POST /api/agents/a1/policy/test')).toEqual([
        { tool: 'web_fetch', args: { url: 'http://10.0.0.1/' } },
      ]),
    );
  });
});
