import { AgentFS } from '../index.js';

// Run by the crash test in a process of its own, which is killed at any moment.
const [root = ''] = process.argv.slice(2);
const fs = await AgentFS.open(root);
await fs.mkdir('deep/er');
process.stdout.write('ready\n');
for (let round = 0; ; round += 1) {
  const letter = String.fromCharCode(97 + (round % 26));
  await fs.writeFile('deep/er/state.txt', letter.repeat(20_000 + (round % 7) * 10_000));
  await fs.editFile('deep/er/state.txt', letter, letter.toUpperCase(), { replaceAll: true });
  await fs.appendFile('deep/log.jsonl', `${JSON.stringify({ round, letter })}\n`);
}
