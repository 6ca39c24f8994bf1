import { appendFile, mkdtemp, readdir, readFile, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AgentFiles } from '../agents/agent-files.js';
import { SessionFiles, type NumberedEntry } from './session-files.js';

const AGENT = '0f9d4c1e-7a3b-4c5d-8e6f-001122334455';
let root: string;
let files: AgentFiles;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sessions-'));
  files = new AgentFiles(root, { allowDetectOnly: process.platform !== 'linux' });
});
afterEach(async () => {
  await files.close();
  await rm(root, { recursive: true, force: true });
});

const entry = (seq: number, sessionKey = 'cli:direct', content = `text ${seq}`): NumberedEntry => ({
  seq,
  sessionKey,
  entry: { role: 'user', content, turn_id: 't', time: '2026-01-01T00:00:00.000Z' },
});
const pathOf = (sessionKey = 'cli:direct'): string =>
  join(files.directory(AGENT), SessionFiles.path(sessionKey));
const numbers = async (sessionKey = 'cli:direct'): Promise<number[]> => {
  const text = await readFile(pathOf(sessionKey), 'utf8');
  expect(text.endsWith('\n')).toBe(true);
  return text
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { seq: number }).seq);
};

describe('the file of a session', () => {
  it('has one JSON line for each entry, with its number', async () => {
    const sessions = new SessionFiles(files);
    await sessions.append(AGENT, [entry(1, 'cli:direct', 'line\nbreak "quoted" ☀'), entry(2)]);
    const [first] = (await readFile(pathOf(), 'utf8')).split('\n');
    expect(JSON.parse(first!)).toEqual({ seq: 1, ...entry(1, 'cli:direct', 'line\nbreak "quoted" ☀').entry });
    expect(await numbers()).toEqual([1, 2]);
  });

  it('takes an entry once, however often the worker sends it', async () => {
    const sessions = new SessionFiles(files);
    await sessions.append(AGENT, [entry(1), entry(2)]);
    await sessions.append(AGENT, [entry(1), entry(2), entry(3)]);
    await sessions.append(AGENT, []);
    expect(await numbers()).toEqual([1, 2, 3]);
  });

  it('takes an entry once over a restart of the control plane too', async () => {
    await new SessionFiles(files).append(AGENT, [entry(1), entry(2)]);
    await new SessionFiles(files).append(AGENT, [entry(2), entry(3)]);
    expect(await numbers()).toEqual([1, 2, 3]);
  });

  it('goes on behind a line that a crash has torn: nothing is lost, nothing is doubled', async () => {
    await new SessionFiles(files).append(AGENT, [entry(1), entry(2)]);
    const whole = await readFile(pathOf());
    await truncate(pathOf(), whole.byteLength - 20);
    await new SessionFiles(files).append(AGENT, [entry(1), entry(2), entry(3)]);
    const lines = (await readFile(pathOf(), 'utf8')).trimEnd().split('\n');
    const readable = lines.flatMap((line) => {
      try {
        return [(JSON.parse(line) as { seq: number }).seq];
      } catch {
        return [];
      }
    });
    expect(readable).toEqual([1, 2, 3]);
  });

  it('goes on behind text that is no session entry at all', async () => {
    await new SessionFiles(files).append(AGENT, [entry(7)]);
    await appendFile(pathOf(), 'not JSON\n{"seq":"x"}\n\n');
    await new SessionFiles(files).append(AGENT, [entry(7), entry(8)]);
    expect(await readFile(pathOf(), 'utf8')).toMatch(/"seq":8/);
    expect((await readFile(pathOf(), 'utf8')).match(/"seq":7/g)).toHaveLength(1);
  });

  it('is found again behind an entry larger than what is read of its end', async () => {
    await new SessionFiles(files).append(AGENT, [entry(1), entry(2, 'cli:direct', '€'.repeat(500_000))]);
    await new SessionFiles(files).append(AGENT, [entry(2), entry(3)]);
    expect(await numbers()).toEqual([1, 2, 3]);
  });

  it('is one for each session', async () => {
    const sessions = new SessionFiles(files);
    await sessions.append(AGENT, [entry(1, 'a'), entry(2, 'b'), entry(3, 'a')]);
    expect([await numbers('a'), await numbers('b')]).toEqual([[1, 3], [2]]);
  });
});

describe('the name of a session', () => {
  it.each([
    '../../etc/passwd',
    '/etc/passwd',
    '.',
    '..',
    'a/b',
    'a\\b',
    'Ä ☀',
    'x'.repeat(300),
    '*?<>|',
    'CON',
    '~',
  ])('stays inside of .sessions: %s', async (key) => {
    expect(SessionFiles.path(key)).toMatch(/^\.sessions\/[^/]+\.jsonl$/);
    await new SessionFiles(files).append(AGENT, [entry(1, key)]);
    const names = await readdir(join(files.directory(AGENT), '.sessions'));
    expect(names).toHaveLength(1);
    expect(Buffer.byteLength(names[0]!)).toBeLessThan(255);
  });

  it('gives different sessions different files', () => {
    const keys = ['a', 'A', 'a/b', 'a%2Fb', `${'x'.repeat(200)}1`, `${'x'.repeat(200)}2`, 'a*b', 'a%2Ab'];
    expect(new Set(keys.map((key) => SessionFiles.path(key))).size).toBe(keys.length);
  });
});

describe('forgetting an agent', () => {
  it('starts over with its files', async () => {
    const sessions = new SessionFiles(files);
    await sessions.append(AGENT, [entry(5)]);
    await rm(pathOf());
    sessions.forget(AGENT);
    await sessions.append(AGENT, [entry(1)]);
    expect(await numbers()).toEqual([1]);
  });

  it('a hijacked worker that wants to end its link for good by a full file gets a second file', async () => {
    const sessions = new SessionFiles(files);
    await sessions.append(AGENT, [entry(1)]);
    await truncate(pathOf(), 100 * 1024 * 1024 - 10);
    await sessions.append(AGENT, [entry(2)]);
    await sessions.append(AGENT, [entry(3)]);
    expect(await numbers()).toEqual([2, 3]);
    expect((await readdir(join(files.directory(AGENT), '.sessions'))).sort()).toEqual([
      'cli%3Adirect%older.jsonl',
      'cli%3Adirect.jsonl',
    ]);
  });

  it('a key with half a character, meant to break the name of the file, is stored like any other', async () => {
    await new SessionFiles(files).append(AGENT, [entry(1, 'half \ud800')]);
    expect(await numbers('half \ufffd')).toEqual([1]);
  });
});
