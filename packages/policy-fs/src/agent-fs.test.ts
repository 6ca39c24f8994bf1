import { lstatSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PolicyDeniedError } from '@clawforce/policy-core';
import { AgentFS, type AgentFSOptions, type AuditEvent, type Operation } from './index.js';
import { codeOf, failure, scratchAgent, type ScratchAgent } from './testing/scratch-agent.js';

let agent: ScratchAgent;
beforeEach(() => {
  agent = scratchAgent();
});
afterEach(() => agent.remove());

describe('decisions and audit', () => {
  test('check judges without doing, and says which rule', async () => {
    const fs = await agent.open();
    symlinkSync('../.config', agent.inWorkspace('out'));
    expect(fs.check('writeFile', 'new.txt')).toMatchObject({ effect: 'allow', input: 'workspace/new.txt' });
    expect(fs.check('readFile', 'missing')).toMatchObject({ effect: 'allow' });
    expect(fs.check('readFile', 'missing/x')).toMatchObject({
      effect: 'allow',
      rule: 'fs.outcome.not-found',
    });
    expect(fs.check('write', 'profiles/p.md')).toMatchObject({ effect: 'deny', rule: 'fs.zone.read-only' });
    expect(fs.check('readFile', 'out/agent.json')).toMatchObject({ effect: 'deny', rule: 'fs.link.escape' });
    expect(fs.check('tree', '.')).toMatchObject({ effect: 'allow' });
    expect(fs.check('glob', '.config/*')).toMatchObject({ effect: 'deny', rule: 'fs.zone.hidden' });
    expect(fs.check('move', 'a', '.config/a')).toMatchObject({ effect: 'deny', rule: 'fs.zone.hidden' });
    expect(fs.check('rename', 'a', 'b/c').effect).toBe('deny');
    expect(fs.check('remove', 'workspace')).toMatchObject({ effect: 'deny', rule: 'fs.zone.root' });
    expect(() => fs.check('format' as 'read', 'x')).toThrow(TypeError);
    expect(readdirSync(agent.inWorkspace('.'))).toEqual(['out']);
  });

  test('every call yields one event with path, place, outcome and bytes', async () => {
    const events: AuditEvent[] = [];
    const fs = await agent.open({ onAudit: (event) => events.push(event) });
    await fs.writeFile('a.txt', 'abc');
    await fs.readFile('./a.txt');
    await failure(fs.readFile('.config/agent.json'));
    await failure(fs.readFile('nope'));
    await fs.move('a.txt', 'b.txt');
    const { dev, ino } = lstatSync(agent.inWorkspace('b.txt'));
    expect(events.every(({ micros }) => micros >= 0)).toBe(true);
    expect(events.map(({ micros: _, ...event }) => event)).toEqual([
      { op: 'writeFile', path: 'a.txt', resolved: 'workspace/a.txt', outcome: 'ok', bytes: 3 },
      {
        op: 'readFile',
        path: './a.txt',
        resolved: 'workspace/a.txt',
        identity: `${dev}:${ino}`,
        outcome: 'ok',
        bytes: 3,
      },
      {
        op: 'readFile',
        path: '.config/agent.json',
        outcome: 'denied',
        code: 'HIDDEN',
        rule: 'fs.zone.hidden',
      },
      { op: 'readFile', path: 'nope', outcome: 'failed', code: 'NOT_FOUND', rule: 'fs.outcome.not-found' },
      {
        op: 'move',
        path: 'a.txt',
        to: 'b.txt',
        resolved: 'workspace/b.txt',
        identity: `${dev}:${ino}`,
        outcome: 'ok',
      },
    ]);
  });

  test.each<[string, (fs: AgentFS) => Promise<unknown>, Partial<AuditEvent>]>([
    ['readFile', (fs) => fs.readFile('a', { offset: -1 }), { op: 'readFile', path: 'a' }],
    ['readFileInfo', (fs) => fs.readFileInfo('a', null as never), { op: 'readFile', path: 'a' }],
    ['writeFile, content', (fs) => fs.writeFile('a', 5 as never), { op: 'writeFile', path: 'a' }],
    [
      'writeFile, option',
      (fs) => fs.writeFile('a', '', { ifMatch: 5 as never }),
      { op: 'writeFile', path: 'a' },
    ],
    ['appendFile', (fs) => fs.appendFile('a', [1] as never), { op: 'appendFile', path: 'a' }],
    ['editFile, text', (fs) => fs.editFile('a', 'x', undefined as never), { op: 'editFile', path: 'a' }],
    ['editFile, option', (fs) => fs.editFile('a', 'x', 'y', { replaceAll: 1 as never }), { op: 'editFile' }],
    ['listDir', (fs) => fs.listDir('.', { limit: 0 }), { op: 'listDir', path: '.' }],
    ['listDirPage', (fs) => fs.listDirPage('.', null as never), { op: 'listDir', path: '.' }],
    ['tree', (fs) => fs.tree('sub', { maxDepth: 0 }), { op: 'tree', path: 'sub' }],
    ['glob', (fs) => fs.glob('*', { limit: 1.5 }), { op: 'glob', path: '*' }],
    ['grep, pattern', (fs) => fs.grep('', { path: 'sub' }), { op: 'grep', path: 'sub' }],
    ['grep, option', (fs) => fs.grep('x', null as never), { op: 'grep', path: 'workspace' }],
    ['remove', (fs) => fs.remove('a', null as never), { op: 'remove', path: 'a' }],
    ['remove, flag', (fs) => fs.remove('a', { recursive: 'yes' as never }), { op: 'remove', path: 'a' }],
    ['glob, flag', (fs) => fs.glob('*', { dot: 1 as never }), { op: 'glob', path: '*' }],
    ['grep, flag', (fs) => fs.grep('x', { ignoreCase: 'no' as never }), { op: 'grep', path: 'workspace' }],
    ['writeFile, misspelt', (fs) => fs.writeFile('a', '', { ifmatch: 'x' } as never), { op: 'writeFile' }],
    ['readFile, misspelt', (fs) => fs.readFile('a', { Limit: 1 } as never), { op: 'readFile' }],
    ['listDir, misspelt', (fs) => fs.listDir('.', { max: 1 } as never), { op: 'listDir' }],
    ['grep, misspelt', (fs) => fs.grep('x', { Path: 'sub' } as never), { op: 'grep' }],
  ])('a wrong argument yields its TypeError and one event: %s', async (_, call, event) => {
    const events: AuditEvent[] = [];
    const fs = await agent.open({ onAudit: (audited) => events.push(audited) });
    await fs.mkdir('sub');
    events.length = 0;
    await expect(call(fs)).rejects.toThrow(TypeError);
    expect(events).toEqual([
      expect.objectContaining({
        ...event,
        outcome: 'failed',
        code: 'INVALID_ARGUMENT',
        micros: expect.any(Number),
      }),
    ]);
    expect(readdirSync(agent.inWorkspace('.'))).toEqual(['sub']);
  });

  test.each<[string, (fs: AgentFS) => Promise<unknown>, Operation]>([
    ['stat', (fs) => fs.stat(5 as never), 'stat'],
    ['mkdir', (fs) => fs.mkdir({} as never), 'mkdir'],
    ['rename', (fs) => fs.rename('sub', 5 as never), 'rename'],
    ['move', (fs) => fs.move('sub', null as never), 'move'],
    ['readFile', (fs) => fs.readFile(undefined as never), 'readFile'],
    ['grep', (fs) => fs.grep('x', { path: 5 as never }), 'grep'],
    ['glob', (fs) => fs.glob(5 as never), 'glob'],
  ])('a path that is no text is refused with one event of plain texts: %s', async (_, call, op) => {
    const events: AuditEvent[] = [];
    const fs = await agent.open({ onAudit: (audited) => events.push(audited) });
    await fs.mkdir('sub');
    events.length = 0;
    await expect(call(fs)).rejects.toThrow();
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({ op, outcome: expect.stringMatching(/^(denied|failed)$/) });
    expect(typeof events[0]?.path).toBe('string');
    expect(['string', 'undefined']).toContain(typeof events[0]?.to);
    expect(readdirSync(agent.inWorkspace('.'))).toEqual(['sub']);
  });

  test('events of the agent root and of a search say what was reached and given', async () => {
    const events: AuditEvent[] = [];
    const fs = await agent.open({ onAudit: (event) => events.push(event) });
    await fs.writeFile('a.txt', 'one äöü');
    events.length = 0;
    await fs.listDir('.');
    await fs.stat('.');
    await fs.tree('.');
    await fs.grep('one');
    expect(events).toEqual([
      expect.objectContaining({ op: 'listDir', resolved: '.' }),
      expect.objectContaining({ op: 'stat', resolved: '.' }),
      expect.objectContaining({ op: 'tree', resolved: '.' }),
      expect.objectContaining({ op: 'grep', resolved: 'workspace', bytes: Buffer.byteLength('one äöü') }),
    ]);
    const { mode, mtimeMs } = lstatSync(agent.root);
    expect(await fs.stat('.')).toEqual({
      path: '.',
      type: 'directory',
      size: 0,
      mode: mode & 0o777,
      mtimeMs,
    });
  });

  test('what is done to the options after the opening changes nothing', async () => {
    const quota = { bytes: 3 };
    const fs = await agent.open({ quota });
    quota.bytes = 1_000;
    expect(await codeOf(fs.writeFile('a', '1234'))).toBe('QUOTA');
    expect(Object.isFrozen(fs.zones)).toBe(true);
  });

  test('judges names that would be made, and both paths before what is on disk', async () => {
    const fs = await agent.open();
    expect(fs.check('writeFile', 'new/f')).toMatchObject({
      effect: 'allow',
      rule: 'fs.zone.admitted',
      input: 'workspace/new/f',
    });
    expect(fs.check('writeFile', 'new/a\u0001/f')).toMatchObject({ effect: 'deny', rule: 'fs.name.control' });
    expect(fs.check('mkdir', ' ')).toMatchObject({ effect: 'deny', rule: 'fs.name.blank' });
    expect(fs.check('move', 'missing', '.config/x')).toMatchObject({ rule: 'fs.zone.hidden' });
    expect(fs.check('move', 'missing/deep', 'profiles/x')).toMatchObject({ rule: 'fs.zone.read-only' });
    expect(fs.check('rename', 'missing/x', '../y').effect).toBe('deny');
    expect(fs.check('read', 42 as never)).toMatchObject({ effect: 'deny', input: '' });
    expect(readdirSync(agent.inWorkspace('.'))).toEqual([]);
  });

  test('a listener that throws fails the call, and is told of it once', async () => {
    let events = 0;
    const fs = await agent.open({
      onAudit() {
        events += 1;
        throw new Error('the audit log is full');
      },
    });
    await expect(fs.writeFile('a.txt', 'abc')).rejects.toThrow('the audit log is full');
    expect(events).toBe(1);
  });

  test('errors are policy errors with the path, the rule and a hint', async () => {
    const fs = await agent.open();
    const error = await failure(fs.readFile('/etc/passwd'));
    expect(error).toBeInstanceOf(PolicyDeniedError);
    expect(error.decision).toMatchObject({
      effect: 'deny',
      layer: 'path',
      rule: 'fs.path.absolute',
      input: '/etc/passwd',
      policyDigest: fs.policyDigest,
    });
    expect(error.message).toBe(`${error.decision.reason} ${error.decision.hint}`);
  });
});

describe('opening and closing', () => {
  test.each<[string, unknown, string]>([
    ['an unknown option', { zone: [] }, 'zone'],
    ['a bad mode', { zones: [{ name: 'a', mode: 'rx' }] }, 'zones[0].mode'],
    ['a zone name that is a path', { zones: [{ name: 'a/b', mode: 'rw' }] }, 'zones[0].name'],
    ['mode bits as text', { fileMode: '600' }, 'fileMode'],
    ['an owner without group', { owner: { uid: 1 } }, 'owner'],
    [
      'a misspelt key of a zone',
      { zones: [{ name: 'a', mode: 'rw', filemode: 0o600 }] },
      'zones[0].filemode',
    ],
    [
      'zones that some file systems take for one',
      {
        zones: [
          { name: 'workspace', mode: 'rw' },
          { name: 'Workspace', mode: 'hidden' },
        ],
      },
      'zones[1].name',
    ],
    ['a misspelt key of the quota', { quota: { maxBytes: 10 } }, 'quota.maxBytes'],
    ['a quota that is a number', { quota: 10 }, 'quota'],
    ['a negative quota', { quota: { bytes: -1 } }, 'quota.bytes'],
  ])('%s is a TypeError that names it', async (_, options, name) => {
    await expect(AgentFS.open(agent.root, options as AgentFSOptions)).rejects.toThrow(
      expect.objectContaining({ name: 'TypeError', message: expect.stringContaining(`"${name}"`) }),
    );
  });

  test('a missing root is NOT_FOUND, a relative one a TypeError', async () => {
    expect(await codeOf(AgentFS.open(join(agent.root, 'nope'), { allowDetectOnly: true }))).toBe('NOT_FOUND');
    await expect(AgentFS.open('relative')).rejects.toThrow(TypeError);
  });

  test('the weaker way is taken only when it is accepted, and says what it is', async () => {
    expect(await codeOf(AgentFS.open(agent.root, { containment: 'detect' }))).toBe('UNSUPPORTED');
    const fs = await agent.open({ containment: 'detect', allowDetectOnly: true });
    expect(fs.containment).toBe('detect');
    await fs.writeFile('d/a.txt', 'a');
    expect(await fs.tree('d')).toMatchObject([{ path: 'workspace/d/a.txt', size: 1 }]);
  });

  test('closing waits for calls in progress; later ones are CLOSED', async () => {
    const fs = await agent.open({ durable: true });
    const writing = fs.writeFile('a.txt', 'abc');
    await fs.close();
    expect(await writing).toMatchObject({ size: 3 });
    expect(await codeOf(fs.readFile('a.txt'))).toBe('CLOSED');
    expect(fs.check('read', 'a.txt').rule).toBe('fs.outcome.closed');
    await fs.close();
  });

  test('removes what a killed writer left, and not what a living one is writing', async () => {
    const fs = await agent.open();
    await fs.mkdir('d');
    const left = agent.inWorkspace('d/.clawforce-tmp-1-1-1-0123456789abcdef');
    writeFileSync(left, 'torn');
    const fresh = await agent.open();
    expect(readdirSync(agent.inWorkspace('d'))).toHaveLength(1);
    expect((await fresh.listDir('d')).map(({ name }) => name)).toEqual([basename(left)]);
    utimesSync(left, 1, 1);
    await agent.open();
    expect(readdirSync(agent.inWorkspace('d'))).toEqual([]);
  });
});
