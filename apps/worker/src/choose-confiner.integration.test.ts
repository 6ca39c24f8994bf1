import { afterEach, expect, it, vi } from 'vitest';
import { confineHelper } from '../../../tools/host/confine-helper.js';
import { requires } from '../../../tools/host/host-test.js';
import { chooseConfiner } from './choose-confiner.js';

type Line = [level: string, message: string, fields: Record<string, unknown> | undefined];

afterEach(() => {
  vi.unstubAllEnvs();
});

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

it('starts where the temporary directory cannot be used, refuses exec, and says what to do', async () => {
  vi.stubEnv('TMPDIR', '/proc/nowhere');
  for (const choice of ['auto', 'container'] as const) {
    const { confiner, lines } = await choose(choice);
    expect(confiner).toEqual({ unavailable: expect.stringMatching(/^No working confiner: .*\.$/) });
    expect(lines).toEqual([['warn', expect.stringContaining('exec will be refused'), expect.anything()]]);
  }
});

requires('bwrap').test('names the temporary directory in that sentence', async () => {
  vi.stubEnv('TMPDIR', '/proc/nowhere');
  expect((await choose('bwrap')).confiner).toEqual({
    unavailable:
      'No working confiner: bubblewrap is installed but does not work here: ' +
      'The temporary directory /proc/nowhere cannot be used (ENOENT): make it writable or set TMPDIR.',
  });
});
