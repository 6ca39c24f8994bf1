// @vitest-environment happy-dom
import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { refusal } from '../testing/fake-server.js';
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

describe('a question that is not taken', () => {
  const POLICY_TEST = 'POST /api/agents/a1/policy/test';
  const stateOf = (field: HTMLElement): unknown[] => [
    (field as HTMLTextAreaElement).value,
    field.getAttribute('aria-invalid') === 'true',
    document.getElementById(field.getAttribute('aria-describedby') ?? '')?.textContent,
  ];
  async function asked(search: string, answer?: () => unknown) {
    const app = renderApp(`/playground${search}`, (server) => {
      server.on('GET /api/agents', () => ({ items: [anAgent()] }));
      server.on(POLICY_TEST, answer ?? (() => verdict));
    });
    return { ...app, field: await screen.findByLabelText<HTMLTextAreaElement>('Command') };
  }

  it('is not sent when it is empty, and says so at the field until something is typed', async () => {
    const { server, user, field, address } = await asked('?agent=a1&tool=exec&input=ls');
    await screen.findByText('A pipe starts a second command.');
    await user.clear(field);
    await user.click(screen.getByRole('button', { name: 'Judge' }));
    await waitFor(() => expect(stateOf(field)).toEqual(['', true, 'Must not be empty.']));
    expect([server.bodies(POLICY_TEST).length, address()]).toEqual([
      1,
      '/playground?agent=a1&tool=exec&input=ls',
    ]);
    await user.type(field, 'x');
    await waitFor(() => expect(stateOf(field)).toEqual(['x', false, undefined]));
  });

  it.each([
    [
      'is larger than a request may be',
      () => refusal(413, 'PAYLOAD_TOO_LARGE', 'The body is larger than this route takes.'),
      'The body is larger than this route takes.',
    ],
    [
      'is no argument that the API takes',
      () =>
        refusal(400, 'VALIDATION_FAILED', 'The body is not valid: /args must be object.', {
          issues: [
            { pointer: '/args', message: 'must be object.' },
            { pointer: '/args/command', message: 'must be string.' },
          ],
        }),
      'must be object. must be string.',
    ],
    [
      'is longer than the tool takes, which is a verdict',
      () => ({
        ...verdict,
        decision: {
          ...verdict.decision,
          layer: 'arguments',
          rule: 'tool.arguments',
          reason: 'The argument "command" must NOT have more than 32768 characters.',
        },
      }),
      'The argument "command" must NOT have more than 32768 characters.',
    ],
  ])('that %s says so at the field, and stays', async (_what, answer, words) => {
    const { user, field, address } = await asked('', answer);
    const text = 'x'.repeat(40_000);
    await user.click(field);
    await user.paste(text);
    await user.click(screen.getByRole('button', { name: 'Judge' }));
    await waitFor(() => expect(stateOf(field)).toEqual([text, true, words]));
    expect(address()).toBe(`/playground?agent=a1&tool=exec&input=${text}`);
  });

  it('of a kind that is not known is not taken for another one', async () => {
    const { server, user, field } = await asked('?agent=a1&tool=shred&input=report.md');
    const kind = screen.getByLabelText('What it would do');
    expect(stateOf(kind).slice(1)).toEqual([
      true,
      'The address asks for something that is not known here. Choose what is meant.',
    ]);
    expect([field.value, server.bodies(POLICY_TEST)]).toEqual(['report.md', []]);
    await user.selectOptions(kind, 'read_file');
    await user.click(screen.getByRole('button', { name: 'Judge' }));
    await waitFor(() => expect(stateOf(kind).slice(0, 2)).toEqual(['read_file', false]));
    expect(server.bodies(POLICY_TEST)).toEqual([{ tool: 'read_file', args: { path: 'report.md' } }]);
  });

  it('of a kind that the API does not know says so at the kind', async () => {
    const { user, field } = await asked('', () =>
      refusal(400, 'VALIDATION_FAILED', 'The body is not valid.', {
        issues: [{ pointer: '/tool', message: 'must NOT have more than 128 characters.' }],
      }),
    );
    await user.type(field, 'ls');
    await user.click(screen.getByRole('button', { name: 'Judge' }));
    const kind = screen.getByLabelText('What it would do');
    await waitFor(() =>
      expect(stateOf(kind).slice(1)).toEqual([true, 'must NOT have more than 128 characters.']),
    );
    expect(within(screen.getByRole('alert')).queryByRole('listitem')).toBeNull();
    expect(field.value).toBe('ls');
  });

  it('about an agent that is gone says so at the agent, and asks another one when that is chosen', async () => {
    const { server, user, field } = await asked('?agent=gone&tool=exec&input=ls');
    server.on('POST /api/agents/gone/policy/test', () =>
      refusal(404, 'NOT_FOUND', 'There is no such agent.'),
    );
    const agent = screen.getByLabelText<HTMLSelectElement>('Agent');
    await user.click(await screen.findByRole('button', { name: 'Try again' }));
    await waitFor(() => expect(stateOf(agent)).toEqual(['gone', true, 'There is no such agent.']));
    await user.selectOptions(agent, 'a1');
    await user.click(screen.getByRole('button', { name: 'Judge' }));
    await screen.findByText('A pipe starts a second command.');
    expect([field.value, stateOf(agent)[1]]).toEqual(['ls', false]);
  });
});
