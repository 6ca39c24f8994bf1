import { mkdtemp, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AgentFS, AgentFSError } from '@clawforce/policy-fs';

const root = await mkdtemp(join(tmpdir(), 'agent-'));
const fs = await AgentFS.open(root, { create: true, allowDetectOnly: process.platform !== 'linux' });

await fs.writeFile('notes/today.md', '# Today\n- write the report\n');
await fs.editFile('notes/today.md', 'write the report', 'send the report');
console.log(await fs.readFile('notes/today.md'));
console.log((await fs.listDir('notes')).map(({ name, size }) => `${name} ${size}`));

await symlink('/etc', join(root, 'workspace/out'));
for (const path of ['out/passwd', '../secret', '.config/agent.json', '/etc/passwd']) {
  await fs.readFile(path).catch((error) => {
    if (error instanceof AgentFSError) console.log(path, '->', error.code, error.decision.rule);
  });
}
await fs.close();
