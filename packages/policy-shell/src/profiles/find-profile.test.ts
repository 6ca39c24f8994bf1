import { describe, expect, it } from 'vitest';
import { shellRules } from '../rules/catalogue.js';
import { refusedTools } from './data/refused-tools.js';
import { compileGrammar, compileSubcommands } from './compile-grammar.js';
import { findProfile, toolProfiles } from './find-profile.js';

describe('the profiles', () => {
  const names = toolProfiles.flatMap((profile) => profile.names.split(' '));

  it('describe the arguments of more than 150 tools', () => {
    expect(new Set(names).size).toBeGreaterThan(150);
  });

  it('name each tool once', () => {
    expect(names.filter((name, at) => name === '' || names.indexOf(name) !== at)).toEqual([]);
  });

  it('compile, sub-commands included, and refuse by rules that exist', () => {
    for (const profile of toolProfiles) {
      const { entries, globals } = compileSubcommands(profile);
      const grammars = [...entries.values()].filter((entry) => typeof entry === 'object');
      for (const grammar of [profile, ...grammars]) {
        const { options, refusedOperands } = compileGrammar(grammar, globals);
        for (const meaning of options.values()) {
          if (meaning.kind === 'refuse') expect(shellRules).toHaveProperty([meaning.rule]);
        }
        for (const rule of refusedOperands.values()) expect(shellRules).toHaveProperty([rule]);
      }
    }
    for (const rule of Object.keys(refusedTools)) expect(shellRules).toHaveProperty([rule]);
  });

  it.each([
    ['python3.11', 'python'],
    ['gcc-12', 'gcc'],
    ['RM', 'rm'],
    ['rm.exe', 'rm'],
    ['mkfs.ext4', 'mkfs.ext4'],
    ['git-shell', 'git-shell'],
    ['x86_64-linux-gnu-gcc-12', 'gcc'],
    ['aarch64-none-elf-objcopy', 'objcopy'],
    ['arm-none-eabi-gdb', 'gdb'],
    ['perl5.36-x86_64-linux-gnu', 'perl'],
    ['python3.13t', 'python'],
    ['python3-dbg', 'python'],
    ['grm', 'rm'],
    ['gnuenv', 'env'],
    ['uu_printenv', 'printenv'],
  ])('are found by other names: %s', (name, wanted) => {
    expect(findProfile(name)?.name).toBe(wanted);
  });

  it.each(['rmx', 'xrm', 'pythonic', 'unknown-tool', ''])('are not found by accident: %j', (name) => {
    expect(findProfile(name)).toBeUndefined();
  });
});
