// @vitest-environment happy-dom
import { screen, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { ConfigServer, openSettings, refuseConfig } from '../../testing/config-server.js';

const POINTER = '/tools/web/fetch/exceptions';
const STORED = [
  { address: '10.0.0.5', port: 80 },
  { address: '10.0.0.6', port: 8080 },
];

const keeping = (exceptions = STORED): ConfigServer =>
  new ConfigServer({ tools: { web: { fetch: { exceptions } } } });
const panelOf = async () =>
  within(await screen.findByRole('region', { name: 'Private addresses that may be reached' }));

test('what is wrong with the list, and with an entry of it, stands in the notice beside what stands at the fields', async () => {
  const { server, user } = openSettings('web', keeping());
  const panel = await panelOf();
  await user.type(panel.getByLabelText('Address'), '10.0.0.7');
  await user.type(panel.getByLabelText('Port'), '443');
  refuseConfig(server, {
    [POINTER]: 'must NOT have more than 50 items.',
    [`${POINTER}/0/address`]: 'can never be admitted.',
    [`${POINTER}/2`]: 'must be object.',
    [`${POINTER}/2/address`]: 'must be one IPv4 or IPv6 address.',
  });
  await user.click(panel.getByRole('button', { name: 'Add exception' }));
  const notice = within(await panel.findByRole('alert'));
  expect(notice.getAllByRole('listitem').map(({ textContent }) => textContent)).toEqual([
    'Private addresses must NOT have more than 50 items.',
    `${POINTER}/0/address can never be admitted.`,
    `${POINTER}/2 must be object.`,
  ]);
  panel.getByText('must be one IPv4 or IPv6 address.');
});

test('a refused removal is shown to somebody who has no fields, too, and nothing is gone', async () => {
  const { server, user } = openSettings('web', keeping(), 'admin');
  const panel = await panelOf();
  refuseConfig(server, { [POINTER]: 'must be array.' });
  await user.click(await panel.findByRole('button', { name: 'Remove 10.0.0.5 port 80' }));
  const notice = within(await screen.findByRole('alert'));
  expect(notice.getByRole('listitem').textContent).toBe('Private addresses must be array.');
  panel.getByText('10.0.0.5 port 80');
});
