import { mkdtemp, readFile, readlink, rm, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AgentFS } from '@clawforce/policy-fs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openLoggers, type Loggers } from '../log/logger.js';
import { createServices, openCore, type Core } from '../server/core.js';
import { readSettings, type Settings } from '../settings/index.js';
import type { AgentRecord } from '../storage/index.js';
import { DEMO_FILES, DEMO_LINK } from './demo-files.js';
import { startDemoOrigin, type DemoOrigin } from './demo-origin.js';
import { provisionDemoAgent } from './provision-demo-agent.js';

let dataDir: string;
let loggers: Loggers;
let core: Core;
let settings: Settings;
let origin: DemoOrigin;

const given = (env: Record<string, string> = {}): Settings =>
  readSettings({
    env: { ADMIN_STORAGE_ROOT: dataDir, AGENT_RUNTIME_DIR: join(dataDir, 'run'), ...env },
    flags: {},
  });

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'demo-'));
  settings = given();
  loggers = openLoggers({ level: 'error', adminDir: settings.adminDir, production: false, silent: true });
  core = await openCore(settings, loggers);
  origin = await startDemoOrigin('http://localhost:8080', undefined);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await origin.close();
  await core.close();
  await loggers.close();
  await rm(dataDir, { recursive: true, force: true });
});

const nothing = (): undefined => undefined;
/** One start of the server. */
function start(): Promise<void> {
  const { storage, files, audit } = core;
  const { configs } = createServices(core, nothing, nothing, nothing);
  return provisionDemoAgent(
    { storage, files, configs, audit, backend: 'process', maxLevel: settings.maxLevel },
    origin,
  );
}
const agents = async (): Promise<readonly AgentRecord[]> => (await core.storage.agents.list('all')).items;
const inAgent = async (path: string): Promise<string> =>
  join(core.files.directory((await agents())[0]?.id ?? 'no agent'), path);
const link = async (): Promise<string> => inAgent(join('workspace', DEMO_LINK.path));

async function expectComplete(): Promise<void> {
  expect((await agents()).map(({ name, isDemo }) => [name, isDemo])).toEqual([['demo', true]]);
  for (const [path, content] of Object.entries(DEMO_FILES))
    expect(await readFile(await inAgent(path), 'utf8')).toBe(content);
  expect(await readlink(await link())).toBe(DEMO_LINK.target);
}

it('where the maximum of the server is stricter than the level of the demo, the demo is at it, also afterwards', async () => {
  const level = async (): Promise<string> => {
    const { configs } = createServices(core, nothing, nothing, nothing);
    return (await configs.effective((await agents())[0]?.id ?? 'no agent', 'a test')).docker.level;
  };
  await start();
  expect(await level()).toBe('permissive');
  await core.close();
  settings = given({ CLAWFORCE_MAX_LEVEL: 'sandboxed' });
  core = await openCore(settings, loggers);
  await start();
  expect(await level()).toBe('sandboxed');
  await expectComplete();
});

it('a first start at the strictest maximum makes the demo agent', async () => {
  await core.close();
  settings = given({ CLAWFORCE_MAX_LEVEL: 'sandboxed' });
  core = await openCore(settings, loggers);
  await start();
  await expectComplete();
});

it.each([
  ['the directory is made', () => vi.spyOn(core.files, 'control')],
  ['the first file is written', () => vi.spyOn(AgentFS.prototype, 'writeFile')],
])('a start that ends before %s is made good by the next, without a second agent', async (_what, part) => {
  const full = Object.assign(new Error('no space left'), { code: 'ENOSPC' });
  (part() as unknown as { mockRejectedValueOnce(error: Error): void }).mockRejectedValueOnce(full);
  await expect(start()).rejects.toThrow();
  expect(await agents()).toHaveLength(1);
  await start();
  await expectComplete();
});

it('a start that ends between two files is made good by the next', async () => {
  const control = core.files.control.bind(core.files);
  vi.spyOn(core.files, 'control').mockImplementation(async (id) => {
    const fs = await control(id);
    const writeFile = fs.writeFile.bind(fs);
    let calls = 0;
    vi.spyOn(fs, 'writeFile').mockImplementation((...args) => {
      calls += 1;
      return calls === 2 ? Promise.reject(new Error('no space left')) : writeFile(...args);
    });
    return fs;
  });
  await expect(start()).rejects.toThrow('no space left');
  vi.restoreAllMocks();
  await start();
  await expectComplete();
});

it('a file and a link that were removed later stay removed, and so does the agent', async () => {
  await start();
  await expectComplete();
  const [file = ''] = Object.keys(DEMO_FILES);
  await unlink(await inAgent(file));
  await unlink(await link());
  await start();
  await expect(readFile(await inAgent(file))).rejects.toMatchObject({ code: 'ENOENT' });
  await expect(readlink(await link())).rejects.toMatchObject({ code: 'ENOENT' });
  await core.storage.agents.remove((await agents())[0]?.id ?? '');
  await start();
  expect(await agents()).toEqual([]);
});
