import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { requires } from '../../../tools/host/host-test.js';
import type { AgentFS } from './index.js';
import { codeOf, scratchAgent, type ScratchAgent } from './testing/scratch-agent.js';

// Large enough that its write takes many turns of the event loop.
const LARGE = Buffer.alloc(64 * 1024 * 1024, 'x');

let agent: ScratchAgent;
let fs: AgentFS;
beforeEach(async () => {
  agent = scratchAgent();
  fs = await agent.open();
});
afterEach(() => agent.remove());

const names = (): string[] => readdirSync(agent.inWorkspace('.'));

/** Does something once the new content is being written, and gives the code that the write ends with. */
async function meanwhile(writing: Promise<unknown>, act: () => void): Promise<string> {
  const state = { over: false };
  const code = codeOf(writing).finally(() => (state.over = true));
  while (!state.over && !names().some((name) => name.startsWith('.clawforce-tmp-'))) await turn();
  if (!state.over) act();
  return code;
}

describe('what another program does while new content is written', () => {
  const { test } = requires('linux');

  for (const [what, act, left] of [
    ['changes the file', (path: string) => writeFileSync(path, 'theirs'), 'theirs'],
    ['removes the file', (path: string) => rmSync(path), undefined],
  ] as const) {
    test(`is not overwritten with ifMatch when it ${what}`, async () => {
      const path = agent.inWorkspace('a');
      const { etag } = await fs.writeFile('a', 'ours');
      expect(await meanwhile(fs.writeFile('a', LARGE, { ifMatch: etag }), () => act(path))).toBe('STALE');
      expect(names()).toEqual(left === undefined ? [] : ['a']);
      if (left !== undefined) expect(readFileSync(path, 'utf8')).toBe(left);
    });
  }

  test('is not overwritten with ifNoneMatch when it makes the file', async () => {
    const path = agent.inWorkspace('new');
    const writing = fs.writeFile('new', LARGE, { ifNoneMatch: '*' });
    expect(await meanwhile(writing, () => writeFileSync(path, 'theirs'))).toBe('EXISTS');
    expect(readFileSync(path, 'utf8')).toBe('theirs');
    expect(names()).toEqual(['new']);
  });

  test('is not overwritten by an edit', async () => {
    const path = agent.inWorkspace('a');
    writeFileSync(path, `first${'x'.repeat(24 * 1024 * 1024)}`);
    expect(await meanwhile(fs.editFile('a', 'first', 'FIRST'), () => writeFileSync(path, 'theirs'))).toBe(
      'STALE',
    );
    expect(readFileSync(path, 'utf8')).toBe('theirs');
    expect(names()).toEqual(['a']);
  });
});
