import {
  chmod,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AgentFS } from '@clawforce/policy-fs';
import { describe, expect, it } from 'vitest';
import type { OutboxEntry } from '@clawforce/protocol/link-client';
import { requires } from '../../../../tools/host/host-test.js';
import { giveOwnerAccess } from '../worker/owner-access.js';
import { openFileOutbox, type StateFs } from './file-outbox.js';

const event = (content: string): OutboxEntry => ({
  type: 'activity',
  event: { event_type: 'error', content },
});
const limits = { maxItems: 1_000, maxBytes: 1_000_000 };

/** A disk whose appends can fail in the middle. */
class Disk {
  text: string | undefined;
  appends = 0;
  failAppendAfter: number | undefined;
  closed = false;

  get fs(): StateFs {
    return {
      readFile: async () => {
        if (this.text === undefined) throw Object.assign(new Error('none'), { code: 'NOT_FOUND' });
        return this.text;
      },
      appendFile: async (_path: string, data: string) => {
        this.appends += 1;
        if (this.closed) throw new Error('no access');
        if (this.failAppendAfter !== undefined) {
          this.text = (this.text ?? '') + data.slice(0, this.failAppendAfter);
          throw new Error('disk is full');
        }
        this.text = (this.text ?? '') + data;
      },
      writeFile: async (_path: string, data: string) => {
        if (this.closed) throw new Error('no access');
        this.text = data;
      },
    } as unknown as StateFs;
  }
}

/** The disk behind a mode that shuts its owner out. */
const closedUntil = (disk: Disk, opened: () => boolean): StateFs =>
  ({
    ...disk.fs,
    readFile: async (path: string) => {
      if (!opened()) throw Object.assign(new Error('closed'), { code: 'PERMISSION' });
      return disk.fs.readFile(path);
    },
    remove: async () => void (disk.text = undefined),
  }) as unknown as StateFs;

describe('openFileOutbox', () => {
  it('continues behind what is on disk and behind what the control plane has', async () => {
    const disk = new Disk();
    const first = await openFileOutbox(disk.fs);
    expect(await first.append([event('a'), event('b')])).toBe(2);
    const second = await openFileOutbox(disk.fs);
    expect([second.lowSeq, second.nextSeq]).toEqual([1, 3]);
    expect(await second.resumeAfter(1)).toEqual({ renumbered: false });
    expect(second.lowSeq).toBe(2);
    const third = await openFileOutbox(disk.fs);
    expect(await third.resumeAfter(9)).toEqual({ renumbered: false });
    expect(await third.append([event('c')])).toBe(10);
  });

  it('remembers the next number when everything is acknowledged and compacted away', async () => {
    const disk = new Disk();
    const outbox = await openFileOutbox(disk.fs);
    await outbox.append(Array.from({ length: 100 }, () => event('x'.repeat(4_000))));
    await outbox.trim(100);
    expect(disk.text!.length).toBeLessThan(100);
    expect((await openFileOutbox(disk.fs)).nextSeq).toBe(101);
  });

  it('drops a line torn by a crash, and only that, wherever the tear is', async () => {
    const disk = new Disk();
    const outbox = await openFileOutbox(disk.fs);
    await outbox.append([event('a')]);
    await outbox.append([event('b')]);
    const whole = disk.text!;
    const endOfFirst = whole.indexOf('\n', whole.indexOf('"seq":1')) + 1;
    for (let cut = endOfFirst; cut < whole.length; cut += 1) {
      disk.text = whole.slice(0, cut);
      const reopened = await openFileOutbox(disk.fs);
      expect([reopened.nextSeq, reopened.damagedLines]).toEqual([2, 0]);
      await reopened.append([event('again')]);
      const contents = (await openFileOutbox(disk.fs)).itemsFrom(1, limits).map(({ seq }) => seq);
      expect(contents).toEqual([1, 2]);
    }
  });

  it('counts lines that make no sense instead of failing or inventing numbers', async () => {
    const disk = new Disk();
    const outbox = await openFileOutbox(disk.fs);
    for (const name of ['a', 'b', 'c']) await outbox.append([event(name)]);
    disk.text = disk.text!.replace('"seq":2', '"seq":"two"');
    const reopened = await openFileOutbox(disk.fs);
    expect(reopened.damagedLines).toBe(2);
    expect(reopened.itemsFrom(1, limits).map(({ seq }) => seq)).toEqual([1]);
  });

  it('gives out no number for what is not on disk, and recovers from a half-written line', async () => {
    const disk = new Disk();
    const outbox = await openFileOutbox(disk.fs);
    await outbox.append([event('a')]);
    disk.failAppendAfter = 20;
    await expect(outbox.append([event('b')])).rejects.toMatchObject({ code: 'OUTBOX_IO' });
    expect(outbox.nextSeq).toBe(2);
    disk.failAppendAfter = undefined;
    expect(await outbox.append([event('c')])).toBe(2);
    const items = (await openFileOutbox(disk.fs)).itemsFrom(1, limits);
    expect(items.map((item) => item.type === 'activity' && item.event.content)).toEqual(['a', 'c']);
  });

  it('tells that a write failed only after its place could not be repaired, and repairs once', async () => {
    const disk = new Disk();
    let repairs = 0;
    let heals = true;
    const outbox = await openFileOutbox(disk.fs, {
      repair: async () => {
        repairs += 1;
        disk.closed = !heals;
      },
    });
    await outbox.append([event('a')]);
    disk.closed = true;
    expect(await outbox.append([event('b')])).toBe(2);
    heals = false;
    disk.closed = true;
    await expect(outbox.append([event('c')])).rejects.toMatchObject({ code: 'OUTBOX_IO' });
    expect(repairs).toBe(2);
    const items = (await openFileOutbox(disk.fs)).itemsFrom(1, limits);
    expect(items.map((item) => item.type === 'activity' && item.event.content)).toEqual(['a', 'b']);
  });

  it('repairs its place also when the link comes back, and fails where it cannot', async () => {
    const disk = new Disk();
    let heals = true;
    const outbox = await openFileOutbox(disk.fs, {
      repair: async () => {
        disk.closed = !heals;
      },
    });
    await outbox.append([event('a'), event('b')]);
    disk.closed = true;
    expect(await outbox.resumeAfter(1)).toEqual({ renumbered: false });
    expect((await openFileOutbox(disk.fs)).itemsFrom(2, limits).map(({ seq }) => seq)).toEqual([2]);
    expect(disk.text).not.toContain('"seq":1');
    heals = false;
    disk.closed = true;
    await expect(outbox.resumeAfter(2)).rejects.toThrow('no access');
  });

  it('opens a journal that a command has closed, and keeps what waits in it', async () => {
    const disk = new Disk();
    await (await openFileOutbox(disk.fs)).append([event('a'), event('b')]);
    const repaired: string[] = [];
    const outbox = await openFileOutbox(
      closedUntil(disk, () => repaired.length > 0),
      {
        repair: async (path) => void repaired.push(path),
      },
    );
    expect(repaired).toEqual(['.state/outbox.jsonl']);
    expect([outbox.damagedLines, outbox.itemsFrom(1, limits).map(({ seq }) => seq)]).toEqual([0, [1, 2]]);
  });

  it('makes room for a new journal only when the closed one could not be opened', async () => {
    const disk = new Disk();
    await (await openFileOutbox(disk.fs)).append([event('a')]);
    let repairs = 0;
    const closed = closedUntil(disk, () => false);
    const outbox = await openFileOutbox(closed, { repair: async () => void (repairs += 1) });
    expect([repairs, outbox.damagedLines, outbox.nextSeq, disk.text]).toEqual([1, 1, 1, undefined]);
  });

  it('writes events that come together with one sync', async () => {
    const disk = new Disk();
    const outbox = await openFileOutbox(disk.fs);
    const seqs = await Promise.all(Array.from({ length: 50 }, (_, at) => outbox.append([event(String(at))])));
    expect(seqs).toEqual(Array.from({ length: 50 }, (_, at) => at + 1));
    expect(disk.appends).toBeLessThan(5);
  });

  it('refuses more than may wait, and an event that breaks the contract', async () => {
    const disk = new Disk();
    const outbox = await openFileOutbox(disk.fs, { maxBytes: 2_000 });
    await expect(outbox.append([event('x'.repeat(3_000))])).rejects.toMatchObject({ code: 'OUTBOX_FULL' });
    await expect(outbox.append([{ type: 'activity', event: {} } as never])).rejects.toMatchObject({
      code: 'EVENT_INVALID',
    });
    expect(await outbox.append([event('fits')])).toBe(1);
  });
});

describe('a journal that a command which was root has spoiled', () => {
  it.each<[string, (path: string) => Promise<unknown>]>([
    ['a directory', (path) => mkdir(join(path, 'x'), { recursive: true })],
    ['a link out of the agent', (path) => symlink('/etc/hosts', path)],
    ['a second name', (path) => writeFile(`${path}-2`, 'x').then(() => link(`${path}-2`, path))],
    ['a file that nobody may read', (path) => writeFile(path, 'x').then(() => chmod(path, 0))],
    ['a file without end', (path) => writeFile(path, '').then(() => truncate(path, 4 * 1024 ** 2))],
    ['no text', (path) => writeFile(path, Buffer.from([0, 255, 254, 10]))],
  ])('%s is no reason never to start again: it makes room for a new journal', async (_what, spoil) => {
    const root = await mkdtemp(join(tmpdir(), 'journal-'));
    const path = join(root, '.state', 'outbox.jsonl');
    await mkdir(join(root, '.state'));
    await spoil(path);
    const zones = [{ name: '.state', mode: 'rw' }] as const;
    const fs = await AgentFS.open(root, { zones, maxReadBytes: 1024 ** 2, allowDetectOnly: true });
    try {
      const outbox = await openFileOutbox(fs);
      expect(outbox.nextSeq).toBe(1);
      expect(await outbox.append([event('one')])).toBe(1);
      expect((await lstat(path)).isFile()).toBe(true);
      expect(await readFile(path, 'utf8')).toContain('"one"');
      expect(await readFile('/etc/hosts', 'utf8')).not.toContain('"one"');
    } finally {
      await fs.close();
      await rm(root, { recursive: true });
    }
  });
});

// Root is never shut out: only as another user does this find more than that nothing is lost.
requires('linux').test(
  'a journal and a place that a command of its own user closed lose nothing',
  async () => {
    const root = await mkdtemp(join(tmpdir(), 'journal-'));
    const place = join(root, '.state');
    const path = join(place, 'outbox.jsonl');
    await mkdir(place);
    const zones = [{ name: '.state', mode: 'rw' }] as const;
    const fs = await AgentFS.open(root, { zones, allowDetectOnly: true });
    const repair = async (journal: string): Promise<void> => {
      await giveOwnerAccess(place);
      await giveOwnerAccess(join(root, journal));
    };
    try {
      await (await openFileOutbox(fs)).append([event('a'), event('b')]);
      await chmod(path, 0);
      await chmod(place, 0);
      const outbox = await openFileOutbox(fs, { repair });
      expect([outbox.damagedLines, outbox.itemsFrom(1, limits).map(({ seq }) => seq)]).toEqual([0, [1, 2]]);
      await chmod(place, 0);
      await outbox.resumeAfter(1);
      await chmod(path, 0);
      expect(await outbox.append([event('c')])).toBe(3);
      expect((await openFileOutbox(fs, { repair })).itemsFrom(2, limits).map(({ seq }) => seq)).toEqual([
        2, 3,
      ]);
    } finally {
      await fs.close();
      await chmod(place, 0o700);
      await rm(root, { recursive: true });
    }
  },
);
