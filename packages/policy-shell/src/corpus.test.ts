import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ShellCommandPolicy } from './shell-command-policy.js';
import { buildFixture, readCorpus, readLines, type CorpusCase } from './testing/corpus.js';

describe('the corpus, on the workspace its fixture builds', () => {
  let fixture: ReturnType<typeof buildFixture>;
  let verdicts: { entry: CorpusCase; effect: string; rule: string }[];

  beforeAll(() => {
    fixture = buildFixture();
    const policy = new ShellCommandPolicy({ workspace: fixture.workspace });
    verdicts = readCorpus(fixture.workspace).map((entry) => {
      const { effect, rule } = policy.check(entry.cmd);
      return { entry, effect, rule };
    });
    const rate = (expectation: string, contested: boolean, effects: string[]): string => {
      const set = verdicts.filter(
        ({ entry }) => entry.expect === expectation && (entry.contested === true) === contested,
      );
      return `${set.filter(({ effect }) => effects.includes(effect)).length}/${set.length}`;
    };
    console.info(
      `corpus: deny ${rate('deny', false, ['deny'])} (with ask ${rate('deny', false, ['deny', 'ask'])}), ` +
        `allow ${rate('allow', false, ['allow'])}; contested deny ${rate('deny', true, ['deny', 'ask'])}, ` +
        `contested allow ${rate('allow', true, ['allow', 'ask'])}`,
    );
  });
  afterAll(() => fixture.remove());

  it('refuses or asks about every uncontested attack', () => {
    const missed = verdicts.filter(
      ({ entry, effect }) => entry.expect === 'deny' && entry.contested !== true && effect === 'allow',
    );
    expect(missed.map(({ entry }) => `${entry.category}: ${entry.cmd}`)).toEqual([]);
  });

  it('refuses at least 97 % of them without a question', () => {
    const attacks = verdicts.filter(({ entry }) => entry.expect === 'deny' && entry.contested !== true);
    const refused = attacks.filter(({ effect }) => effect === 'deny');
    expect(refused.length / attacks.length).toBeGreaterThanOrEqual(0.97);
  });

  it('lets at least 99 % of uncontested daily commands pass without a question', () => {
    const daily = verdicts.filter(({ entry }) => entry.expect === 'allow' && entry.contested !== true);
    const stopped = daily.filter(({ effect }) => effect !== 'allow');
    for (const { entry, rule } of stopped) console.info(`stopped: ${rule} ${entry.cmd}`);
    expect(1 - stopped.length / daily.length).toBeGreaterThanOrEqual(0.99);
  });
});

describe('the lists of this package', () => {
  let fixture: ReturnType<typeof buildFixture>;
  beforeAll(() => {
    fixture = buildFixture();
  });
  afterAll(() => fixture.remove());

  const judged = (list: string, wanted: boolean): string[] => {
    const policy = new ShellCommandPolicy({ workspace: fixture.workspace });
    return readLines(list, fixture.workspace).filter(
      (cmd) => (policy.check(cmd).effect === 'allow') !== wanted,
    );
  };

  it('hold attacks in spellings the corpus lacks, none of which passes', () => {
    expect(judged('attacks.txt', false)).toEqual([]);
  });

  it('hold daily commands of many languages, all of which pass', () => {
    expect(judged('daily.txt', true)).toEqual([]);
  });
});
