import { rmSync, statSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { requires } from '../../../../tools/host/host-test.js';
import { codeOf, scratchAgent, type ScratchAgent } from '../testing/scratch-agent.js';
import { kernelBackend } from '../walk/kernel-backend.js';
import { PinnedRoot } from '../walk/pinned-root.js';
import { zoneTable } from '../zones/zone-table.js';
import { UsageMeter } from './usage-meter.js';

const MiB = 1024 * 1024;

let agent: ScratchAgent;
beforeEach(() => {
  agent = scratchAgent();
});
afterEach(() => agent.remove());

const { test } = requires('linux');
const outcomeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'ok',
    () => codeOf(call),
  );
const onDisk = (): number =>
  readdirSync(agent.inWorkspace('.')).reduce((sum, name) => sum + statSync(agent.inWorkspace(name)).size, 0);

describe('a quota holds', () => {
  for (const method of ['writeFile', 'appendFile'] as const) {
    test(`for calls of ${method} at the same time`, async () => {
      // A count in between may find the first step of a write, 1 MiB, on disk.
      const fs = await agent.open({ quota: { bytes: 3.25 * MiB } });
      const content = Buffer.alloc(2 * MiB, 'x');
      const outcomes = await Promise.all(
        ['a', 'b', 'c', 'd'].map((name) => outcomeOf(fs[method](name, content))),
      );
      expect(outcomes).toEqual(['ok', 'QUOTA', 'QUOTA', 'QUOTA']);
      expect(onDisk()).toBe(2 * MiB);
    });
  }

  test('after a large write that failed while the count was renewed', async () => {
    const fs = await agent.open({ quota: { bytes: 10 * MiB } });
    const { etag } = await fs.writeFile('f', '1');
    const failing = outcomeOf(fs.writeFile('f', Buffer.alloc(9 * MiB, 1), { ifMatch: etag }));
    await turn();
    const other = outcomeOf(fs.writeFile('other', Buffer.alloc(2 * MiB, 1)));
    writeFileSync(agent.inWorkspace('f'), 'changed');
    expect([await failing, await other]).toEqual(['STALE', 'QUOTA']);
    let admitted = 0;
    for (let n = 0; n < 15; n += 1) {
      if ((await outcomeOf(fs.writeFile(`s${n}`, Buffer.alloc(MiB, 1)))) === 'ok') admitted += 1;
    }
    expect(admitted).toBe(9);
    expect(onDisk()).toBeLessThanOrEqual(10 * MiB);
  });

  test('after the removal or replacement of a file that another program has made larger', async () => {
    const fs = await agent.open({ quota: { bytes: 1000 } });
    await fs.writeFile('a', 'x');
    truncateSync(agent.inWorkspace('a'), 10_000_000);
    await fs.remove('a');
    expect(await codeOf(fs.writeFile('b', 'y'.repeat(100_000)))).toBe('QUOTA');
    await fs.writeFile('a', 'x');
    truncateSync(agent.inWorkspace('a'), 10_000_000);
    await fs.writeFile('a', 'y'.repeat(900));
    expect(await codeOf(fs.writeFile('b', 'y'.repeat(900)))).toBe('QUOTA');
    truncateSync(agent.inWorkspace('a'), 1);
    await fs.writeFile('b', 'y'.repeat(900));
  });
});

describe('the meter', () => {
  let root: PinnedRoot;
  beforeEach(() => {
    root = new PinnedRoot(kernelBackend, agent.root, zoneTable(undefined));
  });
  afterEach(() => root.close());

  const refused = (meter: UsageMeter, bytes: number, files = 1): boolean => {
    try {
      meter.reserve({ bytes, files }).drop();
      return false;
    } catch {
      return true;
    }
  };

  test('counts what is being written once, whether or not it is on disk already', () => {
    const meter = new UsageMeter(root, { bytes: 1000, files: 2 });
    const room = meter.reserve({ bytes: 600, files: 1 });
    const temporary = '.clawforce-tmp-1-1-1-0123456789abcdef';
    room.writesTo(temporary);
    for (const written of [0, 300, 600]) {
      writeFileSync(agent.inWorkspace(temporary), 'x'.repeat(written));
      expect([refused(meter, 401), refused(meter, 400), refused(meter, 1, 2)]).toEqual([true, false, true]);
    }
    // Another file of that name hides no more than what is reserved.
    writeFileSync(agent.inWorkspace(temporary), 'x'.repeat(900));
    // The first is refused after a new count.
    expect([refused(meter, 401), refused(meter, 101), refused(meter, 100)]).toEqual([true, true, false]);
    rmSync(agent.inWorkspace(temporary));
    room.drop();
    expect([refused(meter, 1001), refused(meter, 1000)]).toEqual([true, false]);
  });

  test('gives back what was dropped, and keeps what was kept, once', () => {
    const meter = new UsageMeter(root, { bytes: 1000 });
    const dropped = meter.reserve({ bytes: 900, files: 1 });
    dropped.drop();
    dropped.keep();
    const kept = meter.reserve({ bytes: 900, files: 1 });
    writeFileSync(agent.inWorkspace('kept'), 'x'.repeat(900));
    kept.keep();
    kept.drop();
    expect([refused(meter, 101), refused(meter, 100)]).toEqual([true, false]);
  });
});
