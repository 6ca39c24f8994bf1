// @vitest-environment happy-dom
import { screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { holdAnswer } from '../../testing/held-answer.js';
import { ConfigServer, openSettings, refuseConfig } from '../../testing/config-server.js';

const PATCH = 'PATCH /api/agents/a1/config';
const POINTER = '/tools/web/fetch/exceptions';
const STORED = [
  { address: '10.0.0.5', port: 80 },
  { address: '10.0.0.6', port: 8080 },
];

async function open(role?: string) {
  const state = new ConfigServer({ tools: { web: { fetch: { exceptions: STORED } } } });
  const app = openSettings('web', state, role);
  const panel = within(await screen.findByRole('region', { name: 'Private addresses that may be reached' }));
  await panel.findByText('10.0.0.5 port 80');
  const field = (label: string) => panel.getByLabelText<HTMLInputElement>(label);
  const add = async (address: string, port: string): Promise<void> => {
    for (const [label, text] of [
      ['Address', address],
      ['Port', port],
    ] as const) {
      await app.user.clear(field(label));
      await app.user.type(field(label), text);
    }
    await app.user.click(panel.getByRole('button', { name: 'Add exception' }));
  };
  const marked = (): unknown[] =>
    ['Address', 'Port'].map((label) => [
      field(label).value,
      field(label).getAttribute('aria-invalid') === 'true',
    ]);
  const askToRemove = async (name: string) => {
    await app.user.click(await panel.findByRole('button', { name: `Remove ${name}` }));
    return within(await screen.findByRole('alertdialog', { name: `Remove ${name}` }));
  };
  return { ...app, state, panel, add, marked, askToRemove };
}

test('what the schema does not take of an exception stands at its field, nothing is sent, and what was typed stays', async () => {
  const { server, panel, add, marked } = await open();
  await add('10.0.0.7', 'http');
  await panel.findByText('Must be a whole number.');
  expect(marked()).toEqual([
    ['10.0.0.7', false],
    ['http', true],
  ]);
  await add('x', '70000');
  await panel.findByText('Must be from 1 to 65535.');
  panel.getByText('Must have at least 2 characters.');
  expect(marked()).toEqual([
    ['x', true],
    ['70000', true],
  ]);
  expect(within(panel.getByRole('alert')).queryByRole('listitem')).toBeNull();
  expect(server.bodies(PATCH)).toEqual([]);
});

test('what the server alone finds wrong with an exception stands at its field, and what was typed stays', async () => {
  const { server, panel, add, marked } = await open();
  refuseConfig(server, { [`${POINTER}/2/address`]: 'must be one IPv4 or IPv6 address.' });
  await add('10.0.0.0/8', '443');
  await panel.findByText('must be one IPv4 or IPv6 address.');
  expect(marked()).toEqual([
    ['10.0.0.0/8', true],
    ['443', false],
  ]);
  expect(server.bodies(PATCH)).toEqual([
    { tools: { web: { fetch: { exceptions: [...STORED, { address: '10.0.0.0/8', port: 443 }] } } } },
  ]);
});

test('what is wrong with the list, and with an entry of it, stands in the notice beside what stands at the fields', async () => {
  const { server, panel, add } = await open();
  refuseConfig(server, {
    [POINTER]: 'must NOT have more than 50 items.',
    [`${POINTER}/0/address`]: 'can never be admitted.',
    [`${POINTER}/2`]: 'must be object.',
    [`${POINTER}/2/address`]: 'must be one IPv4 or IPv6 address.',
  });
  await add('10.0.0.7', '443');
  const notice = within(await panel.findByRole('alert'));
  expect(notice.getAllByRole('listitem').map(({ textContent }) => textContent)).toEqual([
    'Private addresses must NOT have more than 50 items.',
    `${POINTER}/0/address can never be admitted.`,
    `${POINTER}/2 must be object.`,
  ]);
  panel.getByText('must be one IPv4 or IPv6 address.');
});

test('what is typed while an exception is added stays', async () => {
  const { server, user, panel, add } = await open();
  const { answer, give } = holdAnswer();
  server.on(PATCH, answer);
  await add('10.0.0.7', '80');
  await waitFor(() => expect(server.bodies(PATCH)).toHaveLength(1));
  const address = panel.getByLabelText<HTMLInputElement>('Address');
  await user.clear(address);
  await user.type(address, '10.0.0.8');
  const exceptions = [...STORED, { address: '10.0.0.7', port: 80 }];
  give({ config: { tools: { web: { fetch: { exceptions } } } }, version: 4, applied: 'stored' });
  await panel.findByText('10.0.0.7 port 80');
  expect(address.value).toBe('10.0.0.8');
});

test('an exception is removed behind a question, and not without', async () => {
  const { server, user, state, panel, askToRemove } = await open();
  let question = await askToRemove('10.0.0.5 port 80');
  question.getByText('Only a superadmin may add it again, with the password.', { exact: false });
  await user.click(question.getByRole('button', { name: 'Cancel' }));
  await waitFor(() => expect(screen.queryByRole('alertdialog')).toBeNull());
  expect(server.bodies(PATCH)).toEqual([]);
  question = await askToRemove('10.0.0.5 port 80');
  await user.click(question.getByRole('button', { name: 'Remove exception' }));
  await panel.findByText('Saved. It applies when the agent starts.');
  expect(panel.queryByText('10.0.0.5 port 80')).toBeNull();
  expect(state.config.tools?.web?.fetch?.exceptions).toEqual(STORED.slice(1));
  await user.click(
    (await askToRemove('10.0.0.6 port 8080')).getByRole('button', { name: 'Remove exception' }),
  );
  await panel.findByText('None. Every private address is refused.');
  expect(server.bodies(PATCH).at(-1)).toEqual({ tools: { web: { fetch: { exceptions: null } } } });
});

test('a refused removal of an exception is said in the question, to somebody without fields, too, and nothing is gone', async () => {
  const { server, user, panel, askToRemove } = await open('admin');
  refuseConfig(server, { [POINTER]: 'must be array.' });
  const question = await askToRemove('10.0.0.5 port 80');
  await user.click(question.getByRole('button', { name: 'Remove exception' }));
  const notice = within(await question.findByRole('alert'));
  expect(notice.getByRole('listitem').textContent).toBe(`${POINTER} must be array.`);
  await user.click(question.getByRole('button', { name: 'Cancel' }));
  await waitFor(() => expect(screen.queryByRole('alertdialog')).toBeNull());
  panel.getByText('10.0.0.5 port 80');
  expect(screen.queryByRole('alert')).toBeNull();
});

test('an exception is removed from the list as it is by then, not from that of the question', async () => {
  const { user, state, panel, askToRemove } = await open();
  const question = await askToRemove('10.0.0.6 port 8080');
  state.put({ tools: { web: { fetch: { exceptions: [{ address: '10.0.0.4', port: 22 }, ...STORED] } } } });
  await user.click(question.getByRole('button', { name: 'Remove exception' }));
  await question.findByText('The configuration changed meanwhile.');
  await panel.findByText('10.0.0.4 port 22');
  await user.click(question.getByRole('button', { name: 'Remove exception' }));
  await panel.findByText('Saved. It applies when the agent starts.');
  expect(state.config.tools?.web?.fetch?.exceptions).toEqual([{ address: '10.0.0.4', port: 22 }, STORED[0]]);
});
