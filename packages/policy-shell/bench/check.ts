import { rmSync } from 'node:fs';
import { parse } from 'unbash';
import { ShellCommandPolicy } from '../src/index.js';
import { buildFixture, readCorpus } from '../src/testing/corpus.js';

const rounds = 30;
const fixture = buildFixture();
const policy = new ShellCommandPolicy({ workspace: fixture.workspace });
const corpus = readCorpus(fixture.workspace);
const daily = corpus.filter(({ expect }) => expect === 'allow').map(({ cmd }) => cmd);
const all = corpus.map(({ cmd }) => cmd).filter((cmd) => cmd.length < 8192);
const long = [`printf '%s' ${"'some quoted text' word ".repeat(85)}`];

// The best of several rounds: on a loaded machine the minimum is the trustworthy number.
function best(commands: readonly string[], work: (command: string) => unknown): number {
  let least = Infinity;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    for (const command of commands) work(command);
    least = Math.min(least, (performance.now() - start) / commands.length);
  }
  return least * 1000;
}

for (const [name, commands] of [
  ['daily commands', daily],
  ['whole corpus', all],
  ['one 2 KB command', long],
] as const) {
  const parser = best(commands, (command) => parse(command));
  const check = best(commands, (command) => policy.check(command));
  console.log(
    `${name}: parser ${parser.toFixed(1)} us, check ${check.toFixed(1)} us, ratio ${(check / parser).toFixed(1)}`,
  );
}
fixture.remove();
rmSync(fixture.workspace, { recursive: true, force: true });
