// @vitest-environment happy-dom
import { configure, screen, waitFor, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import type { Agent } from '../../api/api-types.js';
import { ConfigServer, openSettings } from '../../testing/config-server.js';
import { anAgent } from '../../testing/render-app.js';

configure({ asyncUtilTimeout: 20_000 });

/** Opens Security for an agent like this; gives what stands behind each word of the panel, as it is by then. */
async function openFacts(changes: Partial<Agent>): Promise<(term: string) => string> {
  const { server } = openSettings('security', new ConfigServer());
  const agent = anAgent(changes);
  server.on('GET /api/agents/a1', () => agent);
  server.push('status', agent);
  const title = await screen.findByRole('heading', { name: 'Requested and confirmed' });
  const panel = within(title.closest('section') ?? document.body);
  return (term) => panel.getByText(term, { selector: 'dt' }).nextElementSibling?.textContent ?? '';
}
const STARTED_OTHERWISE = 'The present worker was started at another level; stop and start the agent.';

test.each([
  [
    'what was found as asked for is confirmed',
    { status: 'running', level: 'sandboxed', running_level: 'sandboxed', attested: 'matched' },
    ['Safe', 'Safe'],
    'ConfirmedThe control plane looked at the worker from outside when it started and found what was asked for.',
  ],
  [
    'a confirmation of the level before is none of the one that is asked for now',
    { status: 'running', level: 'sandboxed', running_level: 'privileged', attested: 'matched' },
    ['Safe', `Power${STARTED_OTHERWISE}`],
    'ConfirmedThe control plane looked at the worker from outside when it started and found what was asked for.',
  ],
  [
    'what was found otherwise got no work, also when it is gone',
    { status: 'failed', level: 'sandboxed', running_level: null, attested: 'mismatched' },
    ['Safe', 'No worker'],
    'DiffersThe worker was not what was asked for, so it got no work.',
  ],
  [
    'a worker that nobody looked at is not confirmed',
    { status: 'running', level: 'permissive', running_level: 'permissive', attested: 'none' },
    ['Standard', 'Standard'],
    'Nothing confirmedNo worker has been looked at from outside.',
  ],
  [
    'an agent without a worker has nothing to confirm',
    { status: 'stopped', level: 'privileged', running_level: null, attested: 'none' },
    ['Power', 'No worker'],
    'Nothing confirmedNo worker runs now.',
  ],
  [
    'a word that this page does not know is shown as it is and confirms nothing',
    { status: 'running', level: 'permissive', running_level: 'permissive', attested: 'constructor' },
    ['Standard', 'Standard'],
    'constructor',
  ],
] as const)('%s', async (_title, agent, [requested, running], confirmed) => {
  const of = await openFacts(agent);
  await waitFor(() => {
    const shown = [of('Requested'), of('Running'), of('Confirmed from outside')];
    expect(shown).toEqual([requested, running, confirmed]);
  });
});
