import { describe, expect, it } from 'vitest';
import { compileSubcommands } from '../profiles/compile-grammar.js';
import { toolProfiles } from '../profiles/find-profile.js';
import { concernsCommand, hasRulesOfItsOwn } from './whole-command.js';

describe('the rules over whole commands', () => {
  // A rule for a program that is never asked about would hold for nothing.
  it('are asked about every program and sub-command that one of them speaks of', () => {
    const unasked: string[] = [];
    let asked = 0;
    for (const profile of toolProfiles) {
      for (const name of profile.names.split(' ')) {
        const labels = [name];
        if (profile.subcommands) {
          const { entries, labelOf } = compileSubcommands(profile);
          labels.push(...[...entries.keys()].map((subcommand) => labelOf(name, subcommand)));
        }
        const meant = labels.filter(concernsCommand);
        if (meant.length > 0 && !hasRulesOfItsOwn(name)) unasked.push(...meant);
        asked += meant.length;
      }
    }
    expect(unasked).toEqual([]);
    expect(asked).toBeGreaterThan(200);
  });
});
