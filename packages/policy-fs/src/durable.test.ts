import type * as NodeFs from 'node:fs';
import { statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, vi } from 'vitest';
import { requires } from '../../../tools/host/host-test.js';
import { scratchAgent, type ScratchAgent } from './testing/scratch-agent.js';

/** What reached the kernel, in order: the inode that was synced, or the name that was put in place. */
const calls = vi.hoisted(() => [] as (number | string)[]);

// A power cut cannot be had in a test, so the calls that hold against one are watched; they still happen.
vi.mock('node:fs', async (original) => {
  const real = await original<typeof NodeFs>();
  return {
    ...real,
    fsync: (fd: number, done: (error: Error | null) => void) => {
      calls.push(real.fstatSync(fd).ino);
      real.fsync(fd, done);
    },
    renameSync: (from: string, to: string) => {
      // A name renamed to itself only waits for the lock of its directory (decision 0022).
      if (from !== to) calls.push(`rename ${to.slice(to.lastIndexOf('/') + 1)}`);
      real.renameSync(from, to);
    },
  };
});

describe('writes that outlive a power cut', () => {
  const { test } = requires('linux');
  let agent: ScratchAgent;
  beforeEach(() => {
    agent = scratchAgent();
    calls.length = 0;
  });
  afterEach(() => agent.remove());

  const inodeOf = (name: string): number => statSync(agent.inWorkspace(name)).ino;

  test('sync the file before it takes its name, and the directory behind that', async () => {
    const fs = await agent.open({ durable: true });
    calls.length = 0;
    await fs.writeFile('a.txt', 'text');
    expect(calls).toEqual([inodeOf('a.txt'), 'rename a.txt', inodeOf('.')]);
  });

  test('sync an edited file in the same way', async () => {
    const fs = await agent.open({ durable: true });
    await fs.writeFile('a.txt', 'text');
    calls.length = 0;
    await fs.editFile('a.txt', 'text', 'more');
    expect(calls).toEqual([inodeOf('a.txt'), 'rename a.txt', inodeOf('.')]);
  });

  test('sync what was appended', async () => {
    const fs = await agent.open({ durable: true });
    await fs.writeFile('a.txt', 'text');
    calls.length = 0;
    await fs.appendFile('a.txt', 'more');
    expect(calls).toContain(inodeOf('a.txt'));
  });

  test('do not happen where nobody asked: durable is off', async () => {
    const fs = await agent.open({ durable: false });
    calls.length = 0;
    await fs.writeFile('a.txt', 'text');
    expect(calls).toEqual(['rename a.txt']);
  });
});
