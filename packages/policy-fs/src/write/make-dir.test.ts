import { chownSync, lstatSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { requires } from '../../../../tools/host/host-test.js';
import { failure, scratchAgent, type ScratchAgent } from '../testing/scratch-agent.js';
import type { Dir } from '../walk/backend.js';
import { kernelBackend } from '../walk/kernel-backend.js';
import type { Owner } from '../zones/zone-table.js';
import { holdFresh } from './make-dir.js';

const NOBODY = 65534;

let agent: ScratchAgent;
let parent: Dir;
beforeEach(() => {
  agent = scratchAgent();
  mkdirSync(agent.inWorkspace('new'));
  parent = kernelBackend.openTop(agent.inWorkspace('.'));
});
afterEach(async () => {
  parent.close();
  await agent.remove();
});

const hold = (owner?: Owner): Promise<Dir> =>
  new Promise((resolve) => {
    resolve(holdFresh(kernelBackend, parent, 'new', owner));
  });

/** Does what an attacker does between mkdir(2) and the look at what was made. */
function replace(): void {
  renameSync(agent.inWorkspace('new'), agent.inWorkspace('aside'));
}

describe('a directory that was just made', () => {
  const { test } = requires('linux');

  test('is held', async () => {
    const dir = await hold();
    expect(lstatSync(dir.self).ino).toBe(lstatSync(agent.inWorkspace('new')).ino);
    dir.close();
  });

  test('is not taken for one with something in it, for a link or for a file that has its name by then', async () => {
    const others = [
      () => mkdirSync(agent.inWorkspace('new/private'), { recursive: true }),
      () => symlinkSync('aside', agent.inWorkspace('new')),
      () => writeFileSync(agent.inWorkspace('new'), ''),
    ];
    for (const [round, other] of others.entries()) {
      replace();
      other();
      expect((await failure(hold())).code).toBe('RACE');
      renameSync(agent.inWorkspace('new'), agent.inWorkspace(`other-${round}`));
      renameSync(agent.inWorkspace('aside'), agent.inWorkspace('new'));
    }
  });

  requires('linux', 'root').test('is not taken for one of another user', async () => {
    chownSync(agent.inWorkspace('new'), NOBODY, NOBODY);
    expect((await failure(hold())).code).toBe('RACE');
    (await hold({ uid: NOBODY, gid: NOBODY })).close();
  });
});
