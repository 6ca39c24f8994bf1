import { closeSync, openSync, readdirSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { AgentFS, AgentFSError } from '../index.js';

// Run by the host test on a file system whose times come in steps: another program changes a file that has just been
// written, in place and without changing its size, while new content is on its way. Prints the outcomes by kind of call.
const [root = ''] = process.argv.slice(2);
const fs = await AgentFS.open(root, { durable: true });
const path = join(root, 'workspace/f');
const isWriting = (): boolean =>
  readdirSync(join(root, 'workspace')).some((name) => name.startsWith('.clawforce-tmp-'));

/** Gives what a call ends with when the file is changed between its last look and the sync of its new content. */
async function overtaken(begin: () => Promise<unknown>): Promise<string> {
  const state = { over: false };
  const outcome = begin()
    .then(
      () => 'ok',
      (error: unknown) => (error instanceof AgentFSError ? error.code : String(error)),
    )
    .finally(() => (state.over = true));
  // A small write needs no turn of the event loop before its sync; with one it might be over.
  for (let step = 0; step < 50 && !isWriting(); step += 1) await Promise.resolve();
  while (!isWriting() && !state.over) await turn();
  const fd = openSync(path, 'r+');
  writeSync(fd, 'BBBB', 0);
  closeSync(fd);
  return outcome;
}

const outcomes: Record<string, string[]> = {};
for (const [size, rounds] of [
  [4, 20],
  [300_000, 5],
] as const) {
  const content = 'A'.repeat(size);
  for (const method of ['writeFile', 'editFile'] as const) {
    const list: string[] = (outcomes[`${method} of ${size}`] = []);
    for (let round = 0; round < rounds; round += 1) {
      writeFileSync(path, content);
      const { etag } = await fs.readFileInfo('f', { limit: 1 });
      list.push(
        await overtaken(() => {
          writeFileSync(path, content);
          return method === 'writeFile'
            ? fs.writeFile('f', 'mine', { ifMatch: etag })
            : fs.editFile('f', content, 'mine');
        }),
      );
    }
  }
}
await fs.close();
console.log(JSON.stringify(outcomes));
