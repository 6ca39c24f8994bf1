import type { ShellRuleId } from '../rules/catalogue.js';
import type { Grammar, ValueRole } from './tool-profile.js';

/** What an option means: it is refused by a rule, or it takes values of a role. */
export type OptionMeaning =
  | { readonly kind: 'refuse'; readonly rule: ShellRuleId }
  | { readonly kind: 'value'; readonly role: ValueRole }
  | { readonly kind: 'flag' }
  | { readonly kind: 'info' }
  | { readonly kind: 'optional' }
  | { readonly kind: 'text2' }
  | { readonly kind: 'text-path' };

/** A grammar ready for lookup. */
export interface CompiledGrammar {
  readonly grammar: Grammar;
  readonly options: ReadonlyMap<string, OptionMeaning>;
  readonly refusedOperands: ReadonlyMap<string, ShellRuleId>;
}

const compiled = new WeakMap<Grammar, WeakMap<Grammar, CompiledGrammar>>();

const words = (list: string): string[] => list.split(' ').filter((word) => word !== '');

/** Gives the lookup form of a grammar over the global options of its tool; each pair is compiled once. */
export function compileGrammar(grammar: Grammar, globals: Grammar = grammar): CompiledGrammar {
  let perGlobals = compiled.get(grammar);
  if (!perGlobals) compiled.set(grammar, (perGlobals = new WeakMap<Grammar, CompiledGrammar>()));
  const known = perGlobals.get(globals);
  if (known) return known;
  const options = new Map<string, OptionMeaning>();
  const refusedOperands = new Map<string, ShellRuleId>();
  for (const source of new Set([globals, grammar])) {
    for (const [kind, list] of Object.entries(source.options ?? {})) {
      const meaning: OptionMeaning =
        kind === 'flag' || kind === 'info' || kind === 'optional' || kind === 'text2' || kind === 'text-path'
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
  const result = { grammar, options, refusedOperands };
  perGlobals.set(globals, result);
  return result;
}
