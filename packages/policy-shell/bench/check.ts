import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { parse, type Script } from 'unbash';
// The built package: the source runner wraps every function, which costs more than some of them do.
import { ShellCommandPolicy } from '../dist/index.js';
import { buildFixture, readCorpus } from '../src/testing/corpus.js';

const rounds = Number(process.env['BENCH_ROUNDS'] ?? 300);
const fixture = buildFixture();
const corpus = readCorpus(fixture.workspace);
const daily = corpus.filter(({ expect }) => expect === 'allow').map(({ cmd }) => cmd);
const all = corpus.map(({ cmd }) => cmd).filter((cmd) => cmd.length < 8192);
const sets = [
  ['daily commands', daily],
  ['whole corpus', all],
  ['one 2 KB command', [`printf '%s' ${"'some quoted text' word ".repeat(85)}`]],
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

// The best of many rounds: on a loaded machine the minimum is the trustworthy number.
function best(commands: readonly string[], work: (command: string) => unknown): number {
  let least = Infinity;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    for (const command of commands) work(command);
    least = Math.min(least, (performance.now() - start) / commands.length);
  }
  return least * 1000;
}

const policy = new ShellCommandPolicy({ workspace: fixture.workspace });
const parser = sets.map(([, commands]) => best(commands, (command) => readWords(parse(command))));
const bare = sets.map(([, commands]) => best(commands, (command) => parse(command)));
const withFiles = sets.map(([, commands]) => best(commands, (command) => policy.check(command)));

// Without file access: the file system answers from memory, at once.
const { lstatSync, readdirSync, statSync } = fs;
const entry = lstatSync(fixture.workspace);
Object.assign(fs, { lstatSync: () => entry, statSync: () => entry, readdirSync: () => [] });
syncBuiltinESMExports();
const without = sets.map(([, commands]) => best(commands, (command) => policy.check(command)));
Object.assign(fs, { lstatSync, readdirSync, statSync });
syncBuiltinESMExports();

const goal = 4;
for (const [at, [name]] of sets.entries()) {
  const [words = 0, script = 0, files = 0, memory = 0] = [parser[at], bare[at], withFiles[at], without[at]];
  console.log(
    `${name}: parser ${words.toFixed(2)} us (nodes alone ${script.toFixed(2)}), check without file access ${memory.toFixed(2)} us, ` +
      `ratio ${(memory / words).toFixed(1)} (goal ${goal}), with link resolution ${files.toFixed(2)} us (goal 100)`,
  );
  if (memory > goal * words) process.exitCode = 1;
}
fixture.remove();
