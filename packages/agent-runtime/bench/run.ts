import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AgentFS } from '@clawforce/policy-fs';
import { NetworkSecurityPolicy } from '@clawforce/policy-net/policy';
import { ShellCommandPolicy } from '@clawforce/policy-shell';
import { compareCosts } from '../../../tools/bench/compare.js';
import { createGate } from '../src/index.js';
import { testConfig } from '../src/testing/harness.js';

const root = mkdtempSync(join(tmpdir(), 'clawforce-bench-'));
const workspace = join(root, 'workspace');
mkdirSync(workspace);
writeFileSync(join(workspace, 'a.txt'), 'abc');
const fs = await AgentFS.open(root);
const gate = createGate({ config: testConfig, workspace, fs });
const shell = new ShellCommandPolicy({ workspace, restrictToWorkspace: true, elevation: 'deny' });
const net = new NetworkSecurityPolicy({});
const context = { sessionKey: 's', actor: 'model', channel: 'api', chatId: 'c' };
const command = 'ls -l a.txt';
const urls = Array.from({ length: 1_000 }, (_, at) => `https://example.com/page?${at}`);
const url = (call: number): string => urls[call % urls.length] ?? '';
for (const [tool, args] of [
  ['exec', { command }],
  ['web_fetch', { url: url(0) }],
  ['read_file', { path: 'a.txt' }],
] as const) {
  const { effect } = gate.judge(tool, args, context).record.decision;
  if (effect !== 'allow') throw new Error(`${tool}: ${effect}`);
}

await compareCosts(
  'exec',
  {
    'policy-shell alone': () => shell.check(command, { cwd: workspace }),
    gate: () => gate.judge('exec', { command }, context),
  },
  { calls: 500 },
);
await compareCosts(
  'web_fetch',
  {
    'policy-net alone': (call) => net.checkUrl(url(call)),
    gate: (call) => gate.judge('web_fetch', { url: url(call) }, context),
  },
  { calls: 1_000 },
);
await compareCosts(
  'read_file',
  {
    'policy-fs alone': () => fs.check('readFile', 'a.txt'),
    gate: () => gate.judge('read_file', { path: 'a.txt' }, context),
  },
  { calls: 500 },
);
await fs.close();
rmSync(root, { recursive: true });
