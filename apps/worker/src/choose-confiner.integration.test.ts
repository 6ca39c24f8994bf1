import { expect, it } from 'vitest';
import { confineHelper } from '../../../tools/host/confine-helper.js';
import { requires } from '../../../tools/host/host-test.js';
import { chooseConfiner } from './choose-confiner.js';

type Line = [level: string, message: string, fields: Record<string, unknown> | undefined];

const choose = async (choice: Parameters<typeof chooseConfiner>[0]) => {
  const lines: Line[] = [];
  const confiner = await chooseConfiner(choice, (...line) => lines.push(line as Line));
  return { confiner, lines };
};

requires('cc', 'landlock').test(
  'in a container of its own, a worker confines commands with Landlock',
  async () => {
    confineHelper();
    for (const choice of ['landlock', 'container'] as const) {
      const { confiner, lines } = await choose(choice);
      expect(confiner).toMatchObject({ backend: 'landlock', confined: true });
      expect(lines).toEqual([
        ['info', 'commands are confined', expect.objectContaining({ backend: 'landlock' })],
      ]);
    }
  },
);

requires('bwrap').test('elsewhere bubblewrap comes first', async () => {
  expect((await choose('auto')).confiner).toMatchObject({ backend: 'bwrap' });
});

it('takes nothing away silently: told to have no confiner, it says so and has none', async () => {
  expect((await choose('none')).confiner).toEqual({
    unavailable: 'this worker was started without a confiner for commands.',
  });
});
