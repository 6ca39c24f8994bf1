import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCommand } from './parse/parse-command.js';
import { quoteArgv } from './quote-argv.js';
import { ShellCommandPolicy } from './shell-command-policy.js';
import { buildFixture, readCorpus, readLines } from './testing/corpus.js';
import {
  abbreviate,
  elevate,
  joinWords,
  respell,
  rewriteOptions,
  rewritePaths,
  rewriteProgram,
  rewriteTexts,
  seededRandom,
  wrap,
  wrapLine,
} from './testing/mutate.js';

const scale = Number(process.env['CLAWFORCE_MUTATION_SCALE'] ?? 1);
const seed = Number(process.env['CLAWFORCE_MUTATION_SEED'] ?? 20_261_127);

describe('mutants', () => {
  let fixture: ReturnType<typeof buildFixture>;
  let policy: ShellCommandPolicy;
  let relaxed: ShellCommandPolicy;
  let open: ShellCommandPolicy;
  beforeAll(() => {
    fixture = buildFixture();
    policy = new ShellCommandPolicy({ workspace: fixture.workspace });
    const { workspace } = fixture;
    relaxed = new ShellCommandPolicy({ workspace, relaxed: true });
    open = new ShellCommandPolicy({ workspace, relaxed: true, inlineCode: 'allow', elevation: 'allow' });
  });
  afterAll(() => fixture.remove());

  const readAttacks = (): readonly string[] => [
    ...readCorpus(fixture.workspace)
      .filter((entry) => entry.expect === 'deny' && entry.contested !== true)
      .map(({ cmd }) => cmd),
    ...readLines('attacks.txt', fixture.workspace),
  ];

  const wordsOf = (command: string): readonly string[] | undefined => {
    const parsed = parseCommand(command);
    if (!parsed.ok) return undefined;
    const [{ words, assignments }] = parsed.line[0].commands;
    const literal = assignments.length === 0 && words.every(({ pieces }) => !pieces);
    return literal ? words.map(({ value }) => value) : undefined;
  };

  it('of attacks never pass: spellings, blanks, wrappers, options, paths, places in a line', () => {
    const attacks = readAttacks();
    const random = seededRandom(seed);
    const passed: string[] = [];
    let count = 0;
    let inTexts = 0;
    const judge = (mutant: string, by: ShellCommandPolicy = policy): void => {
      count += 1;
      if (by.check(mutant).effect === 'allow') passed.push(mutant);
    };
    for (const attack of attacks) {
      const words = wordsOf(attack);
      if (!words) {
        // Not one literal command: only what stands around it can change.
        for (const mutant of [`  ${attack}`, `\t${attack}`, `timeout 5 ${attack}`, `env CI=1 ${attack}`])
          judge(mutant);
        continue;
      }
      for (let round = 0; round < scale; round++) {
        judge(joinWords(words, random));
        judge(joinWords(wrap(words, random), random));
        judge(joinWords(rewriteOptions(words, random), random));
        judge(joinWords(rewritePaths(words, random), random));
        const texts = rewriteTexts(words, random);
        if (texts.join() !== words.join()) {
          judge(joinWords(texts, random));
          inTexts += 1;
        }
        judge(
          joinWords(
            wrap(rewriteOptions(rewritePaths(rewriteProgram(words, random), random), random), random),
            random,
          ),
        );
        judge(
          `${joinWords(['true'], random).split(' #')[0] ?? ''} && ${joinWords(wrap(words, random), random)}`,
          relaxed,
        );
      }
    }
    console.info(`mutants of attacks: ${count}, of texts inside ${inTexts}`);
    expect(inTexts).toBeGreaterThanOrEqual(50);
    expect(passed).toEqual([]);
    expect(count).toBeGreaterThanOrEqual(10_000);
  }, 600_000);

  it('of attacks in texts for a shell, and with other rights, never pass where code and rights are allowed', () => {
    const attacks = [
      ...readAttacks(),
      ...readLines('relaxed-attacks.txt', fixture.workspace).map((line) => line.replaceAll('\\n', '\n')),
    ].filter((attack) => open.check(attack).effect !== 'allow');
    const random = seededRandom(seed);
    const passed: string[] = [];
    let count = 0;
    for (const attack of attacks) {
      const words = wordsOf(attack);
      for (let round = 0; round < scale; round++) {
        const mutants = wrapLine(words ? quoteArgv(words) : attack, random);
        if (words) mutants.push(quoteArgv(elevate(words, random)));
        count += mutants.length;
        passed.push(...mutants.filter((mutant) => open.check(mutant).effect === 'allow'));
      }
    }
    console.info(`mutants of attacks in texts: ${count}`);
    expect(passed).toEqual([]);
    expect(count).toBeGreaterThanOrEqual(10_000);
  }, 600_000);

  it('of attacks with long options never pass when these are shortened as far as they may be', () => {
    const passed: string[] = [];
    let count = 0;
    for (const attack of readAttacks()) {
      const words = wordsOf(attack);
      const short = words && abbreviate(words);
      if (!words || !short || short.join('\0') === words.join('\0')) continue;
      count += 1;
      if (policy.check(quoteArgv(short)).effect === 'allow') passed.push(quoteArgv(short));
    }
    expect(passed).toEqual([]);
    expect(count).toBeGreaterThanOrEqual(100);
  });

  it('of honest commands still pass when only quotes and blanks change', () => {
    const honest = [
      ...readCorpus(fixture.workspace)
        .filter((entry) => entry.expect === 'allow' && entry.contested !== true)
        .map(({ cmd }) => cmd),
      ...readLines('daily.txt', fixture.workspace),
    ];
    const random = seededRandom(seed);
    const refused: string[] = [];
    for (const command of honest) {
      const words = wordsOf(command);
      if (!words) continue;
      for (let round = 0; round < scale; round++) {
        const mutant = joinWords(words, random);
        if (policy.check(mutant).effect !== 'allow') refused.push(mutant);
      }
    }
    expect(refused).toEqual([]);
  });

  it('spell what they are made from: the parser reads the same words', () => {
    const random = seededRandom(seed);
    for (const text of [
      'rm',
      '-rf',
      "it's",
      'a b',
      '$(id)',
      'x\\y',
      '"',
      '`',
      '*?[',
      '~',
      '{a,b}',
      'ü🎉',
      '#',
      '!',
      '=',
      'a\nb',
    ]) {
      for (let round = 0; round < 50; round++) {
        const spelled = `f ${respell(text, random)}`;
        expect([spelled, wordsOf(spelled)]).toEqual([spelled, ['f', text]]);
      }
    }
  });
});
