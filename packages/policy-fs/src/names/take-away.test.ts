import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { requires } from '../../../../tools/host/host-test.js';
import { scratchAgent, type ScratchAgent } from '../testing/scratch-agent.js';
import type { Dir, Entry } from '../walk/backend.js';
import { kernelBackend } from '../walk/kernel-backend.js';
import { takeAway } from './take-away.js';

let agent: ScratchAgent;
let parent: Dir;
let moved: Entry;
beforeEach(() => {
  agent = scratchAgent();
  writeFileSync(agent.inWorkspace('old'), 'moved');
  linkSync(agent.inWorkspace('old'), agent.inWorkspace('new'));
  parent = kernelBackend.openTop(agent.inWorkspace('.'));
  moved = kernelBackend.openEntry(parent, 'old');
});
afterEach(async () => {
  moved.close();
  parent.close();
  await agent.remove();
});

const { test } = requires('linux');
const take = (): void => takeAway(parent, 'old', moved, parent.at('new'));

describe('the old name of a file that was moved', () => {
  test('is removed', () => {
    take();
    expect(readdirSync(agent.inWorkspace('.'))).toEqual(['new']);
  });

  test('is no longer ours when another program has given it to a newer file', () => {
    rmSync(agent.inWorkspace('old'));
    writeFileSync(agent.inWorkspace('old'), 'newer');
    take();
    expect(readFileSync(agent.inWorkspace('old'), 'utf8')).toBe('newer');
    expect(readFileSync(agent.inWorkspace('new'), 'utf8')).toBe('moved');
    expect(readdirSync(agent.inWorkspace('.'))).toEqual(['new', 'old']);
  });

  test('may be gone, or a directory by now', () => {
    rmSync(agent.inWorkspace('old'));
    take();
    mkdirSync(agent.inWorkspace('old'));
    take();
    expect(existsSync(agent.inWorkspace('old'))).toBe(true);
  });
});
