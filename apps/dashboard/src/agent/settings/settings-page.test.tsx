// @vitest-environment happy-dom
import { cleanup, configure, screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { giveHeight } from '../../testing/give-height.js';
import { ConfigServer, openSettings as open, PLACEHOLDER } from '../../testing/config-server.js';
import { refusal } from '../../testing/fake-server.js';
import { anAgent, renderApp } from '../../testing/render-app.js';

configure({ asyncUtilTimeout: 20_000 });

giveHeight(600);

test('another section does not take the place of what was typed without a question, nor ask when all is saved', async () => {
  const { user, address } = open('tools', new ConfigServer());
  const field = await screen.findByLabelText<HTMLInputElement>('Seconds until a command is ended');
  await user.clear(field);
  await user.type(field, '40');
  await user.click(screen.getByRole('link', { name: 'General' }));
  await user.click(await screen.findByRole('button', { name: 'Stay here' }));
  expect([field.value, address()]).toEqual(['40', '/agents/a1/settings?section=tools']);
  await user.click(screen.getByRole('button', { name: 'Save' }));
  await screen.findByText(/^Saved/);
  await user.click(screen.getByRole('link', { name: 'General' }));
  await waitFor(() => expect(address()).toBe('/agents/a1/settings?section=general'));
});

test('a preset that was chosen and not applied is asked about, and not when it is taken back', async () => {
  const { user, address } = open('security', new ConfigServer());
  await user.click(await screen.findByRole('radio', { name: 'Safe' }));
  await user.click(screen.getByRole('link', { name: 'General' }));
  await user.click(await screen.findByRole('button', { name: 'Stay here' }));
  expect(screen.getByRole<HTMLInputElement>('radio', { name: 'Safe' }).checked).toBe(true);
  expect(address()).toBe('/agents/a1/settings?section=security');
  await user.click(screen.getByRole('button', { name: 'Keep Standard' }));
  await user.click(screen.getByRole('link', { name: 'General' }));
  await waitFor(() => expect(address()).toBe('/agents/a1/settings?section=general'));
});

test.each([
  ['variables', 'Name'],
  ['variables', 'Value'],
  ['web', 'Address'],
  ['web', 'Port'],
])('in %s, what was typed as %s and not added is asked about', async (section, label) => {
  const { user, server, address } = open(section, new ConfigServer());
  server.on('GET /api/agents/a1/variables', () => ({ items: [{ name: 'TOKEN' }] }));
  const field = await screen.findByLabelText<HTMLInputElement>(label);
  await user.type(field, '1');
  await user.click(screen.getByRole('link', { name: 'General' }));
  await user.click(await screen.findByRole('button', { name: 'Stay here' }));
  expect([field.value, address()]).toEqual(['1', `/agents/a1/settings?section=${section}`]);
  await user.clear(field);
  await user.click(screen.getByRole('link', { name: 'General' }));
  await waitFor(() => expect(address()).toBe('/agents/a1/settings?section=general'));
});

test('what is not saved holds nobody who is signed out', async () => {
  const { user, channel, address } = open('tools', new ConfigServer());
  await user.type(await screen.findByLabelText('Seconds until a command is ended'), '4');
  channel.hear({ kind: 'signed-out' });
  await screen.findByRole('heading', { name: 'Sign in' });
  expect(address()).toBe('/login?to=%2Fagents%2Fa1%2Fsettings%3Fsection%3Dtools');
  expect(screen.queryByRole('alertdialog')).toBeNull();
});

test('a preset counts as stored only when the server has taken it', async () => {
  const state = new ConfigServer();
  const { user, server } = open('security', state);
  const safe = await screen.findByRole('radio', { name: 'Safe' });
  expect(screen.getByRole<HTMLInputElement>('radio', { name: 'Standard' }).checked).toBe(true);
  await user.click(safe);
  await screen.findByText(/The agent will not start until that changes/);
  let answer: (body: object) => void = () => undefined;
  server.on('PATCH /api/agents/a1/config', () => new Promise<object>((resolve) => (answer = resolve)));
  await user.click(screen.getByRole('button', { name: 'Apply' }));
  const card = (name: string) => screen.getByRole('radio', { name }).closest('label')!;
  expect(within(card('Standard')).getByText('Stored')).toBeTruthy();
  answer({ config: { security: { docker: { level: 'sandboxed' } } }, version: 4, applied: 'confirmed' });
  await waitFor(() => expect(within(card('Safe')).getByText('Stored')).toBeTruthy());
  expect(within(card('Standard')).queryByText('Stored')).toBeNull();
  await screen.findByText('Saved, and the running worker has confirmed it.');
});

test('Power asks for the password, and without it nothing is changed', async () => {
  const state = new ConfigServer();
  state.needsPassword = true;
  const { user, server } = open('security', state);
  await user.click(await screen.findByRole('radio', { name: 'Power' }));
  await screen.findByText('Your password is needed to apply it.');
  await user.click(screen.getByRole('button', { name: 'Apply' }));
  await screen.findByRole('alertdialog', { name: 'Confirm with your password' });
  await user.click(screen.getByRole('button', { name: 'Cancel' }));
  await screen.findByText('Nothing was changed.');
  expect(state.version).toBe(3);

  await user.click(screen.getByRole('button', { name: 'Apply' }));
  await user.type(await screen.findByLabelText('Password'), 'correct horse');
  await user.click(screen.getByRole('button', { name: 'Confirm' }));
  await screen.findByText('Saved. It applies when the agent starts.');
  expect(server.bodies('POST /api/auth/reauthenticate')).toEqual([{ password: 'correct horse' }]);
  expect(state.config).toEqual({ security: { docker: { level: 'privileged' } } });
});

test('a protection is taken off only behind its consequence, and the switch shows what is stored', async () => {
  const state = new ConfigServer();
  const { user } = open('security', state);
  const control = await screen.findByRole('switch', { name: 'Refuse private addresses' });
  await waitFor(() => expect((control as HTMLInputElement).disabled).toBe(false));
  await user.click(control);
  const dialog = await screen.findByRole('alertdialog');
  within(dialog).getByText(/machines of your own network/);
  expect((control as HTMLInputElement).checked).toBe(true);
  await user.click(within(dialog).getByRole('button', { name: 'Take it off' }));
  await waitFor(() => expect((control as HTMLInputElement).checked).toBe(false));
  expect(state.config).toEqual({ tools: { ssrf_protection: false } });
});

test('a conflict keeps what was typed, shows what the others set, and saves over it only knowingly', async () => {
  const state = new ConfigServer({ tools: { exec: { timeout: 10 } } });
  const { user } = open('tools', state);
  const field = await screen.findByLabelText('Seconds until a command is ended');
  await waitFor(() => expect((field as HTMLInputElement).disabled).toBe(false));
  await user.clear(field);
  await user.type(field, '30');
  state.put({ tools: { exec: { timeout: 20, policy: { deny: ['curl'] } } } });
  await user.click(screen.getByRole('button', { name: 'Save' }));
  const notice = await screen.findByText(/Seconds until a command is ended is now/);
  expect(notice.textContent).toContain('20');
  expect((field as HTMLInputElement).value).toBe('30');
  expect(state.config.tools?.exec?.timeout).toBe(20);

  await user.click(screen.getByRole('button', { name: 'Keep my changes' }));
  await user.click(screen.getByRole('button', { name: 'Save' }));
  await screen.findByText('Saved. It applies when the agent starts.');
  expect(state.config).toEqual({ tools: { exec: { timeout: 30, policy: { deny: ['curl'] } } } });
  expect(state.ifMatch).toEqual(['"3"', '"4"']);
});

test('what another tab changed shows here by itself, and what is being typed stays', async () => {
  const state = new ConfigServer({ tools: { exec: { timeout: 10 } } });
  const { server, user } = open('security', state);
  const control = await screen.findByRole<HTMLInputElement>('switch', { name: 'Refuse private addresses' });
  await waitFor(() => expect(control.checked).toBe(true));
  await screen.findByText('Live');
  const memory = screen.getByLabelText<HTMLInputElement>('Memory');
  await user.type(memory, '512m');
  state.put({ tools: { ssrf_protection: false }, security: { docker: { level: 'privileged' } } });
  server.push('status', anAgent({ level: 'privileged', unsafe: ['tools.ssrf_protection'] }));
  await waitFor(() => expect(control.checked).toBe(false));
  const power = screen.getByRole<HTMLInputElement>('radio', { name: 'Power' });
  expect(within(power.closest('label')!).getByText('Stored')).toBeTruthy();
  expect(power.checked).toBe(true);
  expect(memory.value).toBe('512m');
  await user.click(screen.getByRole('button', { name: 'Save' }));
  await screen.findByText('Saved. It applies when the agent starts.');
  expect(state.config).toEqual({
    tools: { ssrf_protection: false },
    security: { docker: { level: 'privileged', mem_limit: '512m' } },
  });
});

test('what another tab changed during a cut shows when the connection is back, though nothing tells of it', async () => {
  const state = new ConfigServer();
  const { server } = open('security', state);
  const control = await screen.findByRole<HTMLInputElement>('switch', { name: 'Refuse private addresses' });
  await waitFor(() => expect(control.checked).toBe(true));
  await screen.findByText('Live');
  server.cutSockets();
  state.put({ tools: { ssrf_protection: false }, security: { docker: { level: 'privileged' } } });
  const after = { cursor: 'c1', agent: anAgent({ level: 'privileged', unsafe: ['tools.ssrf_protection'] }) };
  await waitFor(() => expect(server.frames.filter(([name]) => name === 'watch')).toHaveLength(2));
  // Of a whole fleet agents are sent again, of one agent only its activity.
  server.push('agent', after);
  await waitFor(() => expect(control.checked).toBe(false));
  const card = screen.getByRole('radio', { name: 'Power' }).closest('label')!;
  expect(within(card).getByText('Stored')).toBeTruthy();
});

test('the answer to a save that comes behind a later save sets nothing back', async () => {
  const state = new ConfigServer();
  const { server, user } = open('security', state);
  await user.click(await screen.findByRole('radio', { name: 'Safe' }));
  let answer: (body: object) => void = () => undefined;
  server.on('PATCH /api/agents/a1/config', () => {
    state.put({ security: { docker: { level: 'sandboxed' } } });
    const saved = { ...state.view(), applied: 'unconfirmed' };
    // It waits for the worker.
    return new Promise<object>((resolve) => (answer = () => resolve(saved)));
  });
  await user.click(await screen.findByRole('button', { name: 'Apply' }));
  await waitFor(() => expect(state.version).toBe(4));
  const stored = (name: string) =>
    within(screen.getByRole('radio', { name }).closest('label')!).queryByText('Stored');
  state.put({ security: { docker: { level: 'privileged' } } });
  server.push('status', anAgent({ level: 'privileged' }));
  await waitFor(() => expect(stored('Power')).toBeTruthy());
  answer({});
  await waitFor(() =>
    expect(screen.getByRole('button', { name: 'Apply' })).not.toHaveProperty('disabled', true),
  );
  await screen.findByText(/Saved/);
  expect(stored('Power')).toBeTruthy();
  expect(stored('Safe')).toBeNull();
});

test('the news of a save that comes before its answer is no conflict with oneself', async () => {
  const state = new ConfigServer({ tools: { exec: { timeout: 10 } } });
  const { server, user } = open('tools', state);
  const field = await screen.findByLabelText<HTMLInputElement>('Seconds until a command is ended');
  await waitFor(() => expect(field.disabled).toBe(false));
  await screen.findByText('Live');
  let answer: () => void = () => undefined;
  server.on('PATCH /api/agents/a1/config', () => {
    state.put({ tools: { exec: { timeout: 30 } } });
    server.push('status', anAgent());
    return new Promise((resolve) => (answer = () => resolve({ ...state.view(), applied: 'stored' })));
  });
  await user.clear(field);
  await user.type(field, '30');
  const reads = () => server.asked.filter((asked) => asked === 'GET /api/agents/a1/config').length;
  const before = reads();
  const notices: string[] = [];
  const watch = new MutationObserver(() => {
    if (/is now/.test(document.body.textContent)) notices.push('conflict');
  });
  watch.observe(document.body, { subtree: true, childList: true, characterData: true });
  await user.click(screen.getByRole('button', { name: 'Save' }));
  await waitFor(() => expect(reads()).toBeGreaterThan(before));
  answer();
  await screen.findByText('Saved. It applies when the agent starts.');
  watch.disconnect();
  expect(notices).toEqual([]);
  expect(field.value).toBe('30');
});

test("what the API's schema does not take stands at its field, and nothing is sent", async () => {
  const { user, server } = open('tools', new ConfigServer());
  const field = await screen.findByLabelText<HTMLInputElement>('Seconds until a command is ended');
  await waitFor(() => expect(field.disabled).toBe(false));
  await user.type(field, 'soon');
  await user.click(screen.getByRole('button', { name: 'Save' }));
  await screen.findByText('Must be a whole number.');
  expect(field.getAttribute('aria-invalid')).toBe('true');
  expect(field.value).toBe('soon');
  await user.clear(field);
  await user.type(field, '9999');
  await user.click(screen.getByRole('button', { name: 'Save' }));
  await screen.findByText('Must be from 1 to 3600.');
  expect(server.bodies('PATCH /api/agents/a1/config')).toEqual([]);
  await user.clear(field);
  await user.type(field, '99');
  await user.click(screen.getByRole('button', { name: 'Save' }));
  await screen.findByText('Saved. It applies when the agent starts.');
  expect(server.bodies('PATCH /api/agents/a1/config')).toEqual([{ tools: { exec: { timeout: 99 } } }]);
});

test('what the server alone finds wrong stands at its field too, and what was typed stays', async () => {
  const { user, server } = open('tools', new ConfigServer());
  server.on('PATCH /api/agents/a1/config', () =>
    refusal(400, 'CONFIG_INVALID', 'The configuration is not valid.', {
      issues: [{ pointer: '/tools/exec/timeout', message: 'This server allows at most 600 seconds.' }],
    }),
  );
  const field = await screen.findByLabelText<HTMLInputElement>('Seconds until a command is ended');
  await waitFor(() => expect(field.disabled).toBe(false));
  await user.type(field, '900');
  await user.click(screen.getByRole('button', { name: 'Save' }));
  await screen.findByText('This server allows at most 600 seconds.');
  expect(field.getAttribute('aria-invalid')).toBe('true');
  expect(field.value).toBe('900');
  expect(server.bodies('PATCH /api/agents/a1/config')).toEqual([{ tools: { exec: { timeout: 900 } } }]);
});

test('a key is never shown, and only what was replaced is sent', async () => {
  const state = new ConfigServer({
    providers: {
      main: { kind: 'anthropic', api_key: PLACEHOLDER, extra_headers: { 'x-team': PLACEHOLDER } },
    },
  });
  const { user, server } = open('model', state);
  await user.click(await screen.findByRole('button', { name: 'Edit main' }));
  const dialog = await screen.findByRole('alertdialog', { name: 'main' });
  expect(document.body.innerHTML).not.toContain('0123456789abcdef');
  await user.click(within(dialog).getByRole('button', { name: 'Replace API key' }));
  await user.type(within(dialog).getByLabelText('API key'), 'sk-new');
  await user.click(within(dialog).getByRole('button', { name: 'Remove x-team' }));
  await user.click(within(dialog).getByRole('button', { name: 'Save provider' }));
  await waitFor(() => expect(screen.queryByRole('alertdialog')).toBeNull());
  expect(server.bodies('PATCH /api/agents/a1/config')).toEqual([
    { providers: { main: { kind: 'anthropic', api_key: 'sk-new', extra_headers: { 'x-team': null } } } },
  ]);
});

test('an address that changes while its key is kept says that the key must be entered again', async () => {
  const state = new ConfigServer({
    providers: {
      main: { kind: 'openai_compatible', api_key: PLACEHOLDER, api_base: 'https://one.example/v1' },
    },
  });
  const { user } = open('model', state);
  await user.click(await screen.findByRole('button', { name: 'Edit main' }));
  await user.type(await screen.findByLabelText('Address'), '/other');
  await screen.findByText('The address or kind changes, so the secrets must be entered again.');
});

test('hosts are added to the allowlist line by line, and the whole list is taken away again', async () => {
  const state = new ConfigServer({ tools: { web: { fetch: { allowlist: ['example.com'] } } } });
  const { user, server } = open('web', state);
  const field = await screen.findByLabelText<HTMLTextAreaElement>('Allowed hosts');
  await waitFor(() => expect(field.value).toBe('example.com'));
  await user.type(field, '{Enter}*.example.org');
  await user.click(screen.getByRole('button', { name: 'Save' }));
  await waitFor(() =>
    expect(state.config.tools?.web?.fetch?.allowlist).toEqual(['example.com', '*.example.org']),
  );
  await user.clear(field);
  await user.click(await screen.findByRole('button', { name: 'Save' }));
  await waitFor(() => expect(state.config.tools?.web?.fetch?.allowlist ?? []).toEqual([]));
  expect(server.bodies('PATCH /api/agents/a1/config')[0]).toEqual({
    tools: { web: { fetch: { allowlist: ['example.com', '*.example.org'] } } },
  });
});

test('an exception is for a superadmin, and is added to those that are there', async () => {
  const exceptions = [{ address: '10.0.0.5', port: 80 }];
  const state = new ConfigServer({ tools: { web: { fetch: { exceptions } } } });
  const { user } = open('web', state);
  await user.type(await screen.findByLabelText('Address'), '10.0.0.6');
  await user.type(screen.getByLabelText('Port'), '8080');
  await user.click(screen.getByRole('button', { name: 'Add exception' }));
  await screen.findByText('10.0.0.6 port 8080');
  expect(state.config.tools?.web?.fetch?.exceptions).toEqual([
    ...exceptions,
    { address: '10.0.0.6', port: 8080 },
  ]);
});

test('an admin may not add an exception, nor take a protection off', async () => {
  open('web', new ConfigServer(), 'admin');
  await screen.findByText('Only a superadmin may add one.');
  expect(screen.queryByRole('button', { name: 'Add exception' })).toBeNull();
  cleanup();
  open('security', new ConfigServer(), 'admin');
  for (const name of ['Refuse private addresses', 'Keep commands inside the workspace']) {
    const control = await screen.findByRole<HTMLInputElement>('switch', { name });
    await waitFor(() => expect(control.disabled).toBe(true));
    expect(control.checked).toBe(true);
  }
  expect(screen.getAllByText(/Only a superadmin may take it off/)).toHaveLength(2);
  // What an admin may change is not locked with them.
  expect(screen.getByRole<HTMLInputElement>('switch', { name: 'Read-only container' }).disabled).toBe(false);
});

test('a viewer sees the settings and can change none', async () => {
  open('tools', new ConfigServer(), 'viewer');
  const field = await screen.findByLabelText('Seconds until a command is ended');
  expect((field as HTMLInputElement).disabled).toBe(true);
  expect(screen.queryByRole('button', { name: 'Save' })).toBeNull();
});

test('settings that cannot be changed because nobody knows who is asking say so', async () => {
  const state = new ConfigServer();
  const { user, server } = renderApp('/agents/a1/settings?section=tools', (fake) => {
    state.attach(fake);
    fake.on('GET /api/auth/me', () => refusal(503, 'OVERLOADED', 'Your account is not read now.'));
  });
  const main = within(await screen.findByRole('main'));
  await main.findByText('Your account is not read now.');
  // Who one acts as stands beside every page, and says so, too.
  expect(screen.getAllByText('Your account is not read now.')).toHaveLength(2);
  const field = await screen.findByLabelText<HTMLInputElement>('Seconds until a command is ended');
  expect(field.disabled).toBe(true);
  state.attach(server);
  await user.click(main.getByRole('button', { name: 'Try again' }));
  await waitFor(() => expect(field.disabled).toBe(false));
  expect(screen.queryByText('Your account is not read now.')).toBeNull();
});

test('a pasted value of several lines keeps them; the end of a single line is none', async () => {
  const { user, server } = open('variables', new ConfigServer());
  server.on('GET /api/agents/a1/variables', () => ({ items: [] }));
  server.on('PUT /api/agents/a1/variables', () => ({ items: [], applied: 'stored' }));
  const key = '-----BEGIN KEY-----\nabc\n-----END KEY-----\n';
  for (const pasted of [key, 'token\n']) {
    await user.type(await screen.findByLabelText('Name'), 'KEY');
    await user.click(screen.getByLabelText('Value'));
    await user.paste(pasted);
    await user.click(screen.getByRole('button', { name: 'Set variable' }));
    await waitFor(() => expect(screen.getByLabelText<HTMLInputElement>('Name').value).toBe(''));
    expect(screen.getByLabelText('Value').getAttribute('type')).toBe('password');
  }
  expect(server.bodies('PUT /api/agents/a1/variables')).toEqual([
    { variables: { KEY: key } },
    { variables: { KEY: 'token' } },
  ]);
});

test('variables show names only, are set one at a time, and removed behind a question', async () => {
  const { user, server } = open('variables', new ConfigServer());
  server.on('GET /api/agents/a1/variables', () => ({ items: [{ name: 'TOKEN' }] }));
  server.on('PUT /api/agents/a1/variables', () => ({
    items: [{ name: 'OTHER' }, { name: 'TOKEN' }],
    applied: 'unconfirmed',
  }));
  await screen.findByText('TOKEN');
  await user.type(screen.getByLabelText('Name'), 'OTHER');
  const value = screen.getByLabelText('Value');
  expect(value.getAttribute('type')).toBe('password');
  await user.type(value, 'secret');
  await user.click(screen.getByRole('button', { name: 'Set variable' }));
  await screen.findByText('OTHER');
  expect((value as HTMLInputElement).value).toBe('');
  await screen.findByText('Saved, but the worker has not confirmed it.');
  await user.click(screen.getByRole('button', { name: 'Remove TOKEN' }));
  await user.click(await screen.findByRole('button', { name: 'Remove variable' }));
  await waitFor(() =>
    expect(server.bodies('PUT /api/agents/a1/variables')).toEqual([
      { variables: { OTHER: 'secret' } },
      { variables: { TOKEN: null } },
    ]),
  );
});

test("a variable that the API's schema does not take is not sent, and the reason stands at its field", async () => {
  const { user, server } = open('variables', new ConfigServer());
  server.on('GET /api/agents/a1/variables', () => ({ items: [] }));
  const name = await screen.findByLabelText<HTMLInputElement>('Name');
  const value = screen.getByLabelText<HTMLInputElement>('Value');
  const marked = (): (string | null)[] => [name, value].map((field) => field.getAttribute('aria-invalid'));
  for (const typed of ['not a name', 'LD_PRELOAD']) {
    await user.clear(name);
    await user.type(name, typed);
    await user.click(screen.getByRole('button', { name: 'Set variable' }));
    await waitFor(() => expect(marked()).toEqual(['true', null]));
    expect(name.value).toBe(typed);
  }
  await screen.findByText('The name is not allowed.');
  await user.clear(name);
  await user.type(name, 'TOKEN');
  await user.click(value);
  await user.paste('x'.repeat(32_769));
  await user.click(screen.getByRole('button', { name: 'Set variable' }));
  await waitFor(() => expect(marked()).toEqual([null, 'true']));
  await screen.findByText('Must have at most 32768 characters.');
  expect(value.value).toHaveLength(32_769);
  expect(server.bodies('PUT /api/agents/a1/variables')).toEqual([]);
});

test('a worker that runs at another level than the stored one is said to', async () => {
  const { server } = open('security', new ConfigServer());
  server.on('GET /api/agents/a1', () =>
    anAgent({ status: 'running', level: 'sandboxed', running_level: 'privileged', attested: 'matched' }),
  );
  server.push('status', anAgent({ status: 'running', level: 'sandboxed', running_level: 'privileged' }));
  await screen.findByText(/The present worker was started at another level/);
});

test('an image that is a custom one, or older than that of the next start, is said to be', async () => {
  const { server } = open('security', new ConfigServer());
  const image = { name: 'mine/worker:1', custom: true, outdated: true };
  server.on('GET /api/agents/a1', () => anAgent({ status: 'running', running_level: 'permissive', image }));
  server.push('status', anAgent({ status: 'running', running_level: 'permissive', image }));
  await screen.findByText('mine/worker:1');
  await screen.findByText(/what the worker says about itself, is its own word/);
  await screen.findByText(/An older image than the next start gets/);
});

test('protections count as held only where the server runs containers', async () => {
  const { server, services } = open('security', new ConfigServer());
  await screen.findByText('This server does not hold what the cards promise of containers.');
  expect(screen.getAllByText('Only in a container:')).toHaveLength(3);
  server.on('GET /api/runtime/info', () => ({
    version: '1.0.0',
    backend: 'docker',
    max_level: 'privileged',
    unconfined_exec: false,
  }));
  await services.queries.invalidateQueries({ queryKey: ['runtime'] });
  await waitFor(() => expect(screen.queryByText('Only in a container:')).toBeNull());
});
