import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { requires } from '../../../tools/host/host-test.js';
import { codeOf, failure, scratchAgent, type ScratchAgent } from './testing/scratch-agent.js';
import { temporaryName } from './write/temporary-file.js';

let agent: ScratchAgent;
beforeEach(() => {
  agent = scratchAgent();
});
afterEach(() => agent.remove());

const { test } = requires('linux');

/** A path in the workspace whose last name is no UTF-8. */
const bytesAt = (directory: string, ...bytes: number[]): Buffer =>
  Buffer.concat([Buffer.from(`${agent.inWorkspace(directory)}/`), Buffer.from(bytes)]);

const found = async (work: Promise<readonly { readonly name: string }[]>): Promise<string[]> =>
  (await work).map(({ name }) => name);

describe('names that are no UTF-8', () => {
  test('hide nothing: they are listed, counted against the quota and removed with their directory', async () => {
    mkdirSync(agent.inWorkspace('d'));
    writeFileSync(bytesAt('d', 0xff), 'x'.repeat(900));
    mkdirSync(bytesAt('d', 0x61, 0xfe));
    writeFileSync(Buffer.concat([bytesAt('d', 0x61, 0xfe), Buffer.from('/in')]), 'y'.repeat(90));
    const fs = await agent.open({ quota: { bytes: 1000 } });
    expect(await fs.listDir('d')).toMatchObject([
      { name: 'a\uFFFD', type: 'directory' },
      { name: '\uFFFD', type: 'file', size: 900 },
    ]);
    expect(await fs.tree('d')).toMatchObject([
      { name: 'a\uFFFD', children: [{ name: 'in', size: 90 }] },
      { name: '\uFFFD', size: 900 },
    ]);
    expect(await fs.grep('yyy')).toHaveLength(1);
    expect(await codeOf(fs.writeFile('new', '12345678901'))).toBe('QUOTA');
    await fs.remove('d', { recursive: true });
    expect(readdirSync(agent.inWorkspace('.'))).toEqual([]);
    expect((await fs.writeFile('new', '12345678901')).created).toBe(true);
  });

  test('are removed by what they are shown as, when only one is shown so', async () => {
    writeFileSync(bytesAt('.', 0xff), '');
    writeFileSync(bytesAt('.', 0x62, 0xff), '');
    mkdirSync(bytesAt('.', 0x62, 0xfe));
    const fs = await agent.open();
    expect(await codeOf(fs.remove('a\uFFFD'))).toBe('NOT_FOUND');
    expect(await codeOf(fs.remove('b\uFFFD'))).toBe('AMBIGUOUS');
    await fs.remove('\uFFFD');
    expect(readdirSync(agent.inWorkspace('.'))).toHaveLength(2);
  });

  test('a link that is spelled like the decoded form of a directory leads nowhere unnoticed', async () => {
    mkdirSync(bytesAt('.', 0xff));
    writeFileSync(Buffer.concat([bytesAt('.', 0xff), Buffer.from('/secret')]), 'behind the link');
    symlinkSync(Buffer.from([0xff]), agent.inWorkspace('\uFFFD'));
    const fs = await agent.open({ links: 'deny' });
    expect(await codeOf(fs.readFile('\uFFFD/secret'))).toBe('ESCAPE');
  });
});

describe('names of writes in progress', () => {
  test('hide a file of a living writer only: no directory, no link, nothing of anybody else', async () => {
    const mine = temporaryName();
    writeFileSync(agent.inWorkspace(mine), 'in progress');
    const [directory, link, foreign] = [
      temporaryName(),
      temporaryName(),
      '.clawforce-tmp-1-1-1-0123456789abcdef',
    ];
    mkdirSync(agent.inWorkspace(directory));
    writeFileSync(agent.inWorkspace(`${directory}/stash`), 'x'.repeat(2000));
    symlinkSync('x', agent.inWorkspace(link));
    writeFileSync(agent.inWorkspace(foreign), 'stash');
    writeFileSync(agent.inWorkspace('.clawforce-tmp-x'), 'an ordinary name');
    const fs = await agent.open({ quota: { bytes: 1000 } });
    const shown = ['.clawforce-tmp-x', directory, foreign, link].sort();
    expect(await found(fs.listDir('workspace'))).toEqual(shown);
    expect(await found(fs.tree('workspace'))).toEqual(shown);
    expect(await codeOf(fs.writeFile('new', 'x'))).toBe('QUOTA');
    expect(await fs.readFile('.clawforce-tmp-x')).toBe('an ordinary name');
  });
});

describe('files that cost their reader more than their owner', () => {
  const compiled = requires('linux', 'cc');

  compiled.test(
    'a lease of another process does not hold a call up',
    async () => {
      // fcntl(2): opening a leased file blocks until its holder gives way, 45 seconds by default.
      const source = join(agent.root, 'lease.c');
      writeFileSync(
        source,
        `#define _GNU_SOURCE
       #include <fcntl.h>
       #include <signal.h>
       #include <stdio.h>
       #include <unistd.h>
       int main(int argc, char **argv) {
         signal(SIGIO, SIG_IGN);
         int fd = open(argv[1], O_RDWR);
         if (fd < 0 || fcntl(fd, F_SETLEASE, F_WRLCK) != 0) return 1;
         puts("held"); fflush(stdout);
         for (;;) pause();
       }`,
      );
      execFileSync('cc', ['-o', join(agent.root, 'lease'), source]);
      const fs = await agent.open();
      await fs.writeFile('leased', 'text');
      await fs.writeFile('free', 'text');
      const holder = spawn(join(agent.root, 'lease'), [agent.inWorkspace('leased')], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      try {
        await once(holder.stdout, 'data');
        const started = performance.now();
        const error = await failure(fs.readFile('leased'));
        expect([error.code, error.decision.reason]).toEqual(['IO', 'Another program holds the file.']);
        expect(await codeOf(fs.appendFile('leased', 'x'))).toBe('IO');
        expect(await codeOf(fs.editFile('leased', 'text', 'x'))).toBe('IO');
        expect(await fs.grep('text')).toMatchObject([{ path: 'workspace/free' }]);
        expect(await fs.writeFile('leased', 'replaced')).toMatchObject({ created: false });
        // One blocking open alone takes 45 s.
        expect(performance.now() - started).toBeLessThan(30_000);
      } finally {
        const gone = once(holder, 'close');
        holder.kill('SIGKILL');
        await gone;
      }
      expect(await fs.readFile('leased')).toBe('replaced');
    },
    60_000,
  );

  test('lines of a sparse file of terabytes are looked for in its beginning, while others get their turn', async () => {
    const fd = openSync(agent.inWorkspace('sparse'), 'w');
    ftruncateSync(fd, 4 * 1024 ** 4);
    closeSync(fd);
    const fs = await agent.open();
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 1);
    try {
      const error = await failure(fs.readFile('sparse', { unit: 'lines', offset: 1, limit: 1 }));
      expect([error.code, error.decision.hint]).toEqual(['TOO_LARGE', 'Use offset and limit in bytes.']);
      expect(await codeOf(fs.readFile('sparse', { unit: 'lines', limit: 1 }))).toBe('TOO_LARGE');
      expect(await codeOf(fs.grep('x', { path: 'sparse' }))).toBe('TOO_LARGE');
    } finally {
      clearInterval(timer);
    }
    expect(turns).toBeGreaterThan(10);
  }, 60_000);

  test('a search through many long names lets others have their turn', async () => {
    mkdirSync(agent.inWorkspace('g'));
    for (let n = 0; n < 1000; n += 1) writeFileSync(agent.inWorkspace(`g/${'a'.repeat(240)}${n}`), '');
    const fs = await agent.open();
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 1);
    try {
      expect(await fs.glob(`g/${'{*a,?*a}'.repeat(6)}b`)).toEqual([]);
    } finally {
      clearInterval(timer);
    }
    expect(turns).toBeGreaterThan(2);
  });
});

describe('what changes while it is worked on', () => {
  test('a hidden file that vanishes during the search for hard links is no failure of the read', async () => {
    const fs = await agent.open({ hardLinks: 'allow' });
    await fs.writeFile('one', 'content');
    linkSync(agent.inWorkspace('one'), agent.inWorkspace('two'));
    writeFileSync(Buffer.concat([Buffer.from(join(agent.root, '.config/')), Buffer.from([0xff])]), 'x');
    expect(await fs.readFile('two')).toBe('content');
    linkSync(
      Buffer.concat([Buffer.from(join(agent.root, '.config/')), Buffer.from([0xff])]),
      agent.inWorkspace('stolen'),
    );
    expect(await codeOf(fs.readFile('stolen'))).toBe('HARD_LINK');
  });

  requires('linux', 'root').test(
    'a directory whose owner took his own rights away is removed by that owner',
    () => {
      const home = agent.inWorkspace('.');
      const probe = fileURLToPath(new URL('testing/host-probe.ts', import.meta.url));
      execFileSync('sh', [
        '-ec',
        'chmod 755 "$2"; mkdir -p "$1/d/closed/in" "$1/d/readonly"; touch "$1/d/closed/in/x" "$1/d/readonly/x"; chmod 0 "$1/d/closed"; chmod 555 "$1/d/readonly" "$1/d"; chown -R 65534:65534 "$1"',
        'sh',
        home,
        agent.root,
      ]);
      const steps = [
        ['remove', 'd', { recursive: true }],
        ['glob', '**'],
      ];
      const output = execFileSync(
        process.execPath,
        [
          '--conditions=@clawforce/source',
          '--import',
          'tsx',
          probe,
          agent.root,
          '65534',
          JSON.stringify(steps),
        ],
        { encoding: 'utf8' },
      );
      expect(JSON.parse(output.trim().split('\n').at(-1) ?? '')).toMatchObject({
        uid: 65534,
        outcomes: [null, []],
      });
      expect(lstatSync(home).isDirectory()).toBe(true);
    },
  );
});
