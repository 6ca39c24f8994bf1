import { tmpdir } from 'node:os';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCommand } from './parse/parse-command.js';
import { quoteArgv } from './quote-argv.js';
import { ShellCommandPolicy, type ShellDecision } from './shell-command-policy.js';
import { buildFixture, readCorpus } from './testing/corpus.js';
import { leastTime, mostTime, slowInputs, slowLines } from './testing/slow-inputs.js';

const piece = fc.constantFrom(
  'ls', 'rm', '-rf', 'git', '-c', 'a.txt', '../', '/etc', '$', '$(', ')', '`', '"', "'", '\\', ' ', '\n', ';', '|', '&',
  '>', '<', '<<E', '{', '}', ',', '[', ']', '*', '?', '~', '=', '#', '!', '(', 'if', 'then', 'fi', 'x=1', '\u0000', 'é', '$[',
  '@(', '+', ':', 'awk', 'sed', 's/a/b/', 'env', '-S', 'sh', '%', '^', '--', '--x=', 'echo', '🎉', '\u202e', '\ud800',
); // prettier-ignore
const commands = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join('')),
  fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(' ')),
);
// Up to 8 KB of one thing, which is where a slow rule shows.
const longCommands = fc
  .tuple(piece, fc.array(piece, { minLength: 1, maxLength: 6 }), fc.integer({ min: 1, max: 1_500 }))
  .map(([first, pieces, times]) => `${first} ${pieces.join('').repeat(times)}`.slice(0, 8_192));

describe('any input', () => {
  let fixture: ReturnType<typeof buildFixture>;
  let policy: ShellCommandPolicy;
  let relaxed: ShellCommandPolicy;
  let codeAllowed: ShellCommandPolicy;
  beforeAll(() => {
    fixture = buildFixture();
    const { workspace } = fixture;
    policy = new ShellCommandPolicy({ workspace });
    relaxed = new ShellCommandPolicy({ workspace, relaxed: true });
    codeAllowed = new ShellCommandPolicy({
      workspace,
      relaxed: true,
      inlineCode: 'allow',
      elevation: 'allow',
    });
    policy.check('ls');
  });
  afterAll(() => fixture.remove());

  const property = (
    judges: () => readonly ShellCommandPolicy[],
    inputs: fc.Arbitrary<string>,
  ): fc.IProperty<[string]> =>
    fc.property(inputs, (command) => {
      for (const judge of judges()) {
        let decision: ShellDecision | undefined;
        const time = leastTime(() => (decision = judge.check(command)));
        expect(decision?.rule).not.toBe('shell.internal');
        expect(decision?.plan !== undefined).toBe(decision?.effect === 'allow');
        expect(time).toBeLessThan(mostTime);
      }
    });

  it('gets a decision within 5 ms, never an exception, and a plan exactly when it is allowed', () => {
    fc.assert(
      property(() => [policy, relaxed, codeAllowed], commands),
      { numRuns: 10_000 },
    );
    // Making a slow input shorter takes minutes and shows nothing.
    fc.assert(
      property(() => [policy, relaxed, codeAllowed], longCommands),
      { numRuns: 700, endOnFailure: true },
    );
  }, 120_000);

  it.each(slowInputs)('is judged within 5 ms of processor time: %s', (_what, command) => {
    expect(leastTime(() => policy.check(command))).toBeLessThan(mostTime);
  });

  it.each(slowLines)('is judged within 5 ms of processor time as a line: %s', (_what, command) => {
    expect(leastTime(() => relaxed.check(command))).toBeLessThan(mostTime);
  });

  it.each([undefined, null, 7, {}, [], Symbol('x'), 10n, () => 'ls'])(
    'is refused when it is not a string',
    (value) => {
      expect(policy.check(value as never)).toMatchObject({
        effect: 'deny',
        rule: 'shell.syntax.not-a-string',
      });
    },
  );

  it('is refused, not thrown at, with a broken context', () => {
    for (const context of [undefined, {}, { cwd: undefined }, { cwd: '.' }, { cwd: 'src' }])
      expect(policy.check('ls', context).effect).toBe('allow');
    for (const context of [
      null,
      5,
      'src',
      true,
      [],
      ['src'],
      () => 'src',
      { dir: 'src' },
      { cwd: 'src', x: 1 },
    ])
      expect(policy.check('ls', context as never)).toMatchObject({
        effect: 'deny',
        rule: 'shell.workspace.context',
      });
    for (const cwd of [7, null, '', 'src\0x', tmpdir(), 'missing', 'a.txt', 'src/../missing'])
      expect([cwd, policy.check('ls', { cwd: cwd as never }).rule]).toEqual([cwd, 'shell.workspace.cwd']);
  });

  it('has a canonical form that reads back as the same words', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 12 }), { minLength: 1, maxLength: 6 }), (words) => {
        const parsed = parseCommand(quoteArgv(words));
        if (parsed.ok) expect(parsed.line[0].commands[0].words.map(({ value }) => value)).toEqual(words);
      }),
      { numRuns: 3_000 },
    );
  });

  it('keeps its verdict on every attack when quotes split the words', () => {
    const attacks = readCorpus(fixture.workspace).filter(
      ({ expect: wanted, contested }) => wanted === 'deny' && contested !== true,
    );
    const loosened: string[] = [];
    for (const { cmd } of attacks) {
      const parsed = parseCommand(cmd);
      if (
        !parsed.ok ||
        parsed.line[0].commands[0].assignments.length > 0 ||
        parsed.line[0].commands[0].words.some(({ pieces }) => pieces)
      )
        continue;
      const words = parsed.line[0].commands[0].words.map(({ value }) => value);
      const [program = '', ...rest] = words;
      const mutants = [
        words
          .map(
            (word) =>
              Array.from(word)
                .map((letter) => `'${letter.replaceAll("'", "'\\''")}'`)
                .join('') || "''",
          )
          .join('  '),
        words.map((word) => `""${quoteArgv([word])}''`).join('\t'),
        `timeout 9 ${quoteArgv(words)}`,
        `env NODE_ENV=test nice -n 3 nohup ${quoteArgv(words)}`,
        `/usr/bin/${quoteArgv([program])} ${quoteArgv(rest)}`,
        `stdbuf -oL setsid timeout -k 1 5 ${quoteArgv(words)}`,
        `busybox ${quoteArgv(words)}`,
      ];
      for (const mutant of mutants) if (policy.check(mutant).effect === 'allow') loosened.push(mutant);
    }
    expect(loosened).toEqual([]);
  });
});
