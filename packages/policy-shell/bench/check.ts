import fs from 'node:fs';
import { parse, type Script } from 'unbash';
import { buildFixture, readCorpus } from '../src/testing/corpus.js';
import { leastTime, mostTime, slowInputs, slowLines } from '../src/testing/slow-inputs.js';

const rounds = Number(process.env['BENCH_ROUNDS'] ?? 300);
const fixture = buildFixture();
const corpus = readCorpus(fixture.workspace);
const daily = corpus.filter(({ expect }) => expect === 'allow').map(({ cmd }) => cmd);
const all = corpus.map(({ cmd }) => cmd).filter((cmd) => cmd.length < 8192);
// `ratio` is the gate; what a check with the file system costs at most, in microseconds, is reported beside it.
const sets = [
  { name: 'daily commands', commands: daily, microseconds: 100 },
  { name: 'whole corpus', commands: all, microseconds: 100 },
  {
    name: 'one 2 KB command',
    commands: [`printf '%s' ${"'some quoted text' word ".repeat(85)}`],
    microseconds: 250,
  },
] as const;

// The parser leaves values and parts of words for later; reading them is part of parsing.
function readWords(script: Script): number {
  let read = 0;
  for (const { command } of script.commands) {
    if (command.type !== 'Command') continue;
    for (const word of [command.name, ...command.args]) {
      if (word?.type === 'Word') read += word.value.length + (word.parts?.length ?? 0);
    }
  }
  return read;
}

const work: Readonly<Record<string, (command: string) => unknown>> = {
  parser: (command) => readWords(parse(command)),
  nodes: (command) => parse(command),
  check: (command) => policy.check(command),
};

// Processor time, because the machine may be busy, and the least of many rounds in turns: what disturbs one disturbs all.
function costs(commands: readonly string[], names: readonly string[]): Record<string, number> {
  const least: Record<string, number> = {};
  const repeats = Math.ceil(100 / commands.length);
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      const run = work[name];
      if (!run) continue;
      const before = process.cpuUsage();
      for (let repeat = 0; repeat < repeats; repeat++) for (const command of commands) run(command);
      const { user, system } = process.cpuUsage(before);
      least[name] = Math.min(least[name] ?? Infinity, (user + system) / repeats / commands.length);
    }
  }
  return least;
}

// The package takes its calls of the file system when it is loaded: these answer from memory, at once, when told to.
const { lstatSync, readdirSync, statSync } = fs;
const entry = lstatSync(fixture.workspace);
let fromMemory = false;
Object.assign(fs, {
  lstatSync: (path: string, options: undefined) => (fromMemory ? entry : lstatSync(path, options)),
  statSync: (path: string, options: undefined) => (fromMemory ? entry : statSync(path, options)),
  readdirSync: (path: string, options: undefined) => (fromMemory ? [] : readdirSync(path, options)),
});
// The built package: the source runner wraps every function, which costs more than some of them do.
const { ShellCommandPolicy } = await import('../dist/index.js');
const policy = new ShellCommandPolicy({ workspace: fixture.workspace });
const withFiles = sets.map(({ commands }) => costs(commands, ['check']));

fromMemory = true;
const without = sets.map(({ commands }) => costs(commands, ['parser', 'nodes', 'check']));
fromMemory = false;

const mostRatio = 4;
for (const [at, { name, microseconds }] of sets.entries()) {
  const { parser = NaN, nodes = NaN, check = NaN } = without[at] ?? {};
  const files = withFiles[at]?.['check'] ?? NaN;
  console.log(
    `${name}: parser ${parser.toFixed(2)} us (nodes alone ${nodes.toFixed(2)}), check without file access ${check.toFixed(2)} us, ` +
      `ratio ${(check / parser).toFixed(2)} (goal ${mostRatio}), with link resolution ${files.toFixed(2)} us (goal ${microseconds})`,
  );
  if (!(check <= mostRatio * parser)) process.exitCode = 1;
}

const relaxed = new ShellCommandPolicy({ workspace: fixture.workspace, relaxed: true });
const slowest = [
  ...slowInputs.map(([what, text]) => [what, text, policy] as const),
  ...slowLines.map(([what, text]) => [what, text, relaxed] as const),
]
  .map(([what, text, judge]) => [leastTime(() => judge.check(text), 0), what] as const)
  .sort(([left], [right]) => right - left)[0];
if (slowest) {
  const [time, what] = slowest;
  console.log(`slowest input of up to 8 KB (${what}): ${time.toFixed(2)} ms (goal ${mostTime})`);
  if (!(time <= mostTime)) process.exitCode = 1;
}
fixture.remove();
