import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { codeOf, scratchAgent, type ScratchAgent } from './testing/scratch-agent.js';

let agent: ScratchAgent;
beforeEach(() => {
  agent = scratchAgent();
});
afterEach(() => agent.remove());

describe('changes that meet at one name happen in the order of their calls', () => {
  for (const [what, move] of [
    ['move', (fs) => fs.move('d/m', './d/t')],
    ['rename', (fs) => fs.rename('workspace/d/m', 't')],
  ] as const satisfies readonly (readonly [
    string,
    (fs: Awaited<ReturnType<ScratchAgent['open']>>) => Promise<string>,
  ])[]) {
    test(`a ${what} does not vanish under a write that began earlier`, async () => {
      // Syncing takes turns.
      const fs = await agent.open({ durable: true });
      await fs.writeFile('d/m', 'precious');
      const writing = fs.writeFile('d/t', 'written');
      expect(await codeOf(move(fs))).toBe('EXISTS');
      await writing;
      expect(readFileSync(agent.inWorkspace('d/m'), 'utf8')).toBe('precious');
      expect(readFileSync(agent.inWorkspace('d/t'), 'utf8')).toBe('written');
    });

    test(`a write that begins later finds what a ${what} has put there`, async () => {
      const fs = await agent.open({ durable: true });
      await fs.writeFile('d/m', 'old');
      const large = 'x'.repeat(1_000_000);
      const calls = [fs.appendFile('d/m', large), move(fs), fs.appendFile('d/t', ' new')] as const;
      await Promise.all(calls);
      expect(readdirSync(agent.inWorkspace('d'))).toEqual(['t']);
      expect(readFileSync(agent.inWorkspace('d/t'), 'utf8')).toBe(`old${large} new`);
    });
  }

  test('moves in a circle wait for each other and end', async () => {
    const fs = await agent.open({ durable: true });
    await fs.writeFile('a', 'A');
    await fs.writeFile('b', 'B');
    await Promise.all([fs.move('a', 'c'), fs.move('b', 'a'), fs.move('c', 'b')]);
    expect([await fs.readFile('a'), await fs.readFile('b')]).toEqual(['B', 'A']);
  });
});
