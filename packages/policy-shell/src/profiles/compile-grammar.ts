import type { ShellRuleId } from '../rules/catalogue.js';
import { isBeginning } from './is-beginning.js';
import type { Grammar, ToolDescription, ValueRole } from './tool-profile.js';

/** What an option means: it is refused by a rule, or it takes values of a role. */
export type OptionMeaning =
  | { readonly kind: 'refuse'; readonly rule: ShellRuleId }
  | { readonly kind: 'value'; readonly role: ValueRole }
  | { readonly kind: 'flag' }
  | { readonly kind: 'follow' }
  | { readonly kind: 'nofollow' }
  | { readonly kind: 'info' }
  | { readonly kind: 'optional' }
  | { readonly kind: 'text2' }
  | { readonly kind: 'text-path' };

/** A grammar ready for lookup. Every one has the same members, which the engine reads far faster than those of the profiles. */
export interface CompiledGrammar {
  readonly operands: readonly ValueRole[];
  readonly needsOperand: ShellRuleId | undefined;
  readonly unknownOption: ShellRuleId | undefined;
  readonly singleDash: boolean;
  readonly comparesTrees: boolean;
  readonly optionsFirst: boolean;
  readonly takesCommands: boolean;
  readonly refusesInput: ShellRuleId | undefined;
  /** Whether it is a shell: what it reads from its input is a text like that behind `-c`. */
  readonly shell: boolean;
  /** Whether it is one with another grammar than that of POSIX. */
  readonly foreignShell: boolean;
  readonly options: ReadonlyMap<string, OptionMeaning>;
  /** The options of one dash and one ASCII letter, by its character code. */
  readonly letters: readonly (OptionMeaning | undefined)[];
  /** Whether some option does not begin with a dash (`+x` of shells). */
  readonly bare: boolean;
  readonly refusedOperands: ReadonlyMap<string, ShellRuleId>;
  /** Roles of the operands that apply when one of the options is present. */
  readonly operandsWith: readonly {
    readonly options: readonly string[];
    readonly operands: readonly ValueRole[];
  }[];
}

/** The sub-commands of a tool ready for lookup, and its global options as a grammar of their own. */
export interface CompiledSubcommands {
  readonly globals: Grammar;
  readonly entries: ReadonlyMap<string, Grammar | ShellRuleId>;
  /** Those that run a script of the project or a program by name; absent where an unknown sub-command does not either. */
  readonly runs: ReadonlySet<string> | undefined;
  /** Whether some global option does not begin with a dash. */
  readonly bare: boolean;
  /** Gives the listed name of a sub-command, which it may be a beginning of; what is not listed stays as it is. */
  readonly fullName: (subcommand: string) => string;
  /** Gives the tool and a sub-command as one text, made once for each that is listed. */
  readonly labelOf: (tool: string, subcommand: string) => string;
  readonly refusedOperands: ReadonlyMap<string, ShellRuleId>;
}

/** Whether an option never takes a value, so that other letters may follow in its cluster. */
export function isSwitch({ kind }: OptionMeaning): boolean {
  return kind === 'flag' || kind === 'follow' || kind === 'nofollow' || kind === 'info';
}

const compiledAlone = new WeakMap<Grammar, CompiledGrammar>();
const compiled = new WeakMap<Grammar, WeakMap<Grammar, CompiledGrammar>>();

const words = (list: string): string[] => list.split(' ').filter((word) => word !== '');

/** Gives the lookup form of a grammar over the global options of its tool; each pair is compiled once. */
export function compileGrammar(grammar: Grammar, globals?: Grammar): CompiledGrammar {
  if (globals === undefined || globals === grammar) {
    const known = compiledAlone.get(grammar);
    if (known) return known;
    const made = compile(grammar, grammar);
    compiledAlone.set(grammar, made);
    return made;
  }
  let perGlobals = compiled.get(grammar);
  if (!perGlobals) compiled.set(grammar, (perGlobals = new WeakMap<Grammar, CompiledGrammar>()));
  const known = perGlobals.get(globals);
  if (known) return known;
  const made = compile(grammar, globals);
  perGlobals.set(globals, made);
  return made;
}

const anyOperand: readonly ValueRole[] = ['any'];

function compile(grammar: Grammar, globals: Grammar): CompiledGrammar {
  const options = new Map<string, OptionMeaning>();
  const refusedOperands = new Map<string, ShellRuleId>();
  for (const source of new Set([globals, grammar])) {
    for (const [kind, list] of Object.entries(source.options ?? {})) {
      const meaning: OptionMeaning =
        kind === 'flag' ||
        kind === 'follow' ||
        kind === 'nofollow' ||
        kind === 'info' ||
        kind === 'optional' ||
        kind === 'text2' ||
        kind === 'text-path'
          ? { kind }
          : { kind: 'value', role: kind as ValueRole };
      for (const option of words(list)) options.set(option, meaning);
    }
    // Refusals come last: a tool never loosens what it refuses by listing the option twice.
    for (const [rule, list] of Object.entries(source.refuse ?? {})) {
      for (const option of words(list)) options.set(option, { kind: 'refuse', rule: rule as ShellRuleId });
    }
    for (const [rule, list] of Object.entries(source.refuseOperands ?? {})) {
      for (const operand of words(list)) refusedOperands.set(operand, rule as ShellRuleId);
    }
  }
  const operandsWith = (grammar.operandsWith ?? []).map(({ options: list, operands }) => ({
    options: words(list),
    operands,
  }));
  const letters = Array.from({ length: 128 }, (_, code) => options.get(`-${String.fromCharCode(code)}`));
  const bare = [...options.keys()].some((option) => !option.startsWith('-'));
  const operands = grammar.operands ?? anyOperand;
  const roles = [...options.values()].map((meaning) => (meaning.kind === 'value' ? meaning.role : undefined));
  return {
    operands,
    needsOperand: grammar.needsOperand,
    unknownOption: grammar.unknownOption,
    singleDash: grammar.style === 'single-dash',
    comparesTrees: grammar.comparesTrees === true,
    optionsFirst: grammar.optionsFirst === true,
    takesCommands: grammar.takesCommands === true,
    refusesInput: grammar.refusesInput,
    shell: roles.some((role) => role === 'command-text' || role === 'foreign-text'),
    foreignShell: roles.includes('foreign-text'),
    options,
    letters,
    bare,
    refusedOperands,
    operandsWith,
  };
}

const subcommands = new WeakMap<ToolDescription, CompiledSubcommands>();

/** Gives the lookup form of the sub-commands of a tool; each profile is compiled once. */
export function compileSubcommands(profile: ToolDescription): CompiledSubcommands {
  const known = subcommands.get(profile);
  if (known) return known;
  const entries = new Map<string, Grammar | ShellRuleId>();
  for (const [names, entry] of Object.entries(profile.subcommands ?? {})) {
    // The first list that names a sub-command describes it.
    for (const name of words(names)) if (!entries.has(name)) entries.set(name, entry);
  }
  const refusedOperands = new Map<string, ShellRuleId>();
  for (const [rule, list] of Object.entries(profile.refuseOperands ?? {})) {
    for (const operand of words(list)) refusedOperands.set(operand, rule as ShellRuleId);
  }
  const globals: Grammar = {
    ...(profile.options ? { options: profile.options } : {}),
    ...(profile.refuse ? { refuse: profile.refuse } : {}),
  };
  const labels = new Map<string, { readonly tool: string; readonly label: string }>();
  const labelOf = (tool: string, subcommand: string): string => {
    const made = labels.get(subcommand);
    // Several tools share a profile (`yarn`, `pnpm`).
    if (made?.tool === tool) return made.label;
    const label = `${tool} ${subcommand}`;
    if (entries.has(subcommand)) labels.set(subcommand, { tool, label });
    return label;
  };
  const bare = Object.values(globals.options ?? {}).some((list) => words(list).some((option) => !option.startsWith('-'))); // prettier-ignore
  const runs = profile.runsPrograms === undefined ? undefined : new Set(words(profile.runsPrograms));
  const fullName =
    profile.abbreviates === true ? fullNames(entries, refusedOperands) : (name: string) => name;
  const result = { globals, entries, refusedOperands, runs, fullName, labelOf, bare };
  subcommands.set(profile, result);
  return result;
}

// A beginning that several names share is refused by the tool itself. Ours may be fewer than its own, so that what is refused
// goes before what is not.
function fullNames(
  entries: ReadonlyMap<string, Grammar | ShellRuleId>,
  refusedOperands: ReadonlyMap<string, ShellRuleId>,
): (name: string) => string {
  const all = [...refusedOperands.keys(), ...entries.keys()];
  const isRefused = (name: string): boolean =>
    refusedOperands.has(name) || typeof entries.get(name) === 'string';
  const startsCommand = (name: string): boolean => {
    const entry = entries.get(name);
    return typeof entry === 'object' && entry.operands?.at(-1) !== 'any';
  };
  return (given) => {
    if (entries.has(given) || refusedOperands.has(given)) return given;
    // npm reads humps as dashes.
    const dashed = given.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const begun = all.filter((name) => isBeginning(dashed, name));
    return begun.find(isRefused) ?? begun.find(startsCommand) ?? begun[0] ?? given;
  };
}
