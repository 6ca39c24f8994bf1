import { posix } from 'node:path';
import { isDirectory } from '../path/is-directory.js';
import {
  compileGrammar,
  type CompiledGrammar,
  isSwitch,
  type OptionMeaning,
} from '../profiles/compile-grammar.js';
import type { Grammar, ValueRole } from '../profiles/tool-profile.js';
import type { ShellRuleId } from '../rules/catalogue.js';
import type { Token } from '../rules/finding.js';
import type { Inspection } from './inspection.js';
import { directoriesLeftOut, inspectFollowedTrees } from './followed-trees.js';
import { recordPossiblePaths, recordUnknownOption } from './possible-paths.js';
import { namesProgram } from '../scanners/startable.js';
import { addBase, inspectValue } from './value-roles.js';

/** The program whose arguments are walked, for those who take words over. */
export interface Walker {
  readonly name: string;
  readonly token: Token;
  readonly into: Inspection;
}

/** What the walk over arguments hands back to its caller instead of judging it itself. */
export interface WalkHandlers {
  /** The rest of the words is another command. */
  readonly command: (words: readonly Token[], walker: Walker) => void;
  /** The rest of the words is `NAME=value` pairs and another command. */
  readonly assignmentsThenCommand: (words: readonly Token[], walker: Walker) => void;
  /** A module name (`python -m`) and its arguments. */
  readonly module: (words: readonly Token[], walker: Walker) => void;
  /** One word that is a command line for a shell. */
  readonly commandText: (word: Token, walker: Walker) => void;
  /** One word that is a command line for a shell with another grammar. */
  readonly foreignText: (word: Token, walker: Walker) => void;
  /** One word that the tool splits, and the words behind it: its arguments anew. */
  readonly splitCommand: (word: Token, rest: readonly Token[], walker: Walker) => void;
  /** One word that is a command line and judged as one. */
  readonly commandLine: (word: Token, walker: Walker) => void;
}

/** What the walk found out. */
export interface WalkResult {
  /** Whether another command, module or text was handed to a handler. */
  readonly delegated: boolean;
  /** Where the first operand stands, or -1. */
  readonly firstOperand: number;
  /** The operands in order; none where a handler took over. */
  readonly operands: readonly Token[];
}

/** Judges the arguments of a tool by its grammar: every option and operand gets a role, and every role a judgement. */
export function inspectArguments(
  program: string,
  token: Token,
  grammar: Grammar,
  args: readonly Token[],
  into: Inspection,
  handlers: WalkHandlers,
  globals?: Grammar,
): WalkResult {
  const { view } = into;
  const table = compileGrammar(grammar, globals);
  const walk = new ArgumentWalk(program, token, table, args, into, handlers);
  const result = walk.run();
  if (walk.doubted.size > 0) {
    const other = into.otherLook(view);
    if (!other) {
      into.object('shell.syntax.too-complex', token, `Options of ${program} that may be flags`);
      return result;
    }
    new ArgumentWalk(program, token, table, args, other, handlers, walk.doubted).run();
    into.takeOver(other);
  }
  return result;
}

/** Gives the position of the first operand behind the global options of a tool, or -1; judges the options before it. */
export function inspectGlobalOptions(
  program: string,
  token: Token,
  grammar: Grammar,
  args: readonly Token[],
  into: Inspection,
  handlers: WalkHandlers,
): number {
  const walk = new ArgumentWalk(program, token, compileGrammar(grammar), args, into, handlers);
  const at = walk.globals();
  for (const doubted of walk.doubted) {
    const hidden = args[doubted + 1];
    if (hidden?.value.startsWith('-'))
      inspectGlobalOptions(program, token, grammar, [hidden], into, handlers);
  }
  return at;
}

const none: readonly string[] = [];
const nothing: readonly Token[] = [];

// In tools whose profile does not list it.
const entersDirectory = /^--(?:cwd|chdir|work(?:ing)?-?dir(?:ectory)?)(?:=(.*))?$/s;

const noPlaces: ReadonlySet<number> = new Set();

class ArgumentWalk {
  /**
   * Where options stand that may be flags after all: their value looks like an option, or they are a beginning that may mean
   * another one. Profiles are shared by tools and by sub-commands, and what such an option hides would not be judged.
   */
  get doubted(): ReadonlySet<number> {
    return this.#doubted ?? noPlaces;
  }
  #doubted: Set<number> | undefined;
  readonly #asFlags: ReadonlySet<number>;
  readonly #program: string;
  readonly #token: Token;
  readonly #table: CompiledGrammar;
  readonly #args: readonly Token[];
  readonly #into: Inspection;
  readonly #handlers: WalkHandlers;
  #seen: readonly string[] = none;
  #index = 0;
  #informational = false;
  #delegated = false;
  /** What the first operand of a shell is behind `-c`, which takes no value: further options may stand between. */
  #text: 'command-text' | 'foreign-text' | undefined;
  #follows = false;
  #keepsLinks = false;

  constructor(
    program: string,
    token: Token,
    table: CompiledGrammar,
    args: readonly Token[],
    into: Inspection,
    handlers: WalkHandlers,
    asFlags = noPlaces,
  ) {
    this.#asFlags = asFlags;
    this.#program = program;
    this.#token = token;
    this.#table = table;
    this.#args = args;
    this.#into = into;
    this.#handlers = handlers;
  }

  globals(): number {
    for (let token = this.#args[this.#index]; token; token = this.#args[this.#index]) {
      if (!this.#isOption(token)) return this.#index;
      this.#option(token);
      this.#index++;
    }
    return -1;
  }

  run(): WalkResult {
    const {
      operands: roles,
      optionsFirst,
      needsOperand,
      refusedOperands,
      takesCommands,
      refusesInput,
    } = this.#table;
    const operands: Token[] = [];
    let firstOperand = -1;
    let ended = false;
    for (let token = this.#args[this.#index]; token; token = this.#args[this.#index]) {
      if (!ended && token.value === '--') {
        ended = true;
      } else if (!ended && this.#isOption(token)) {
        this.#option(token);
        if (this.#delegated) return { delegated: true, firstOperand, operands: nothing };
      } else {
        if (firstOperand < 0) firstOperand = this.#index;
        if (this.#text) {
          if (this.#text === 'command-text') this.#handlers.commandText(token, this.#walker());
          else this.#handlers.foreignText(token, this.#walker());
          return { delegated: true, firstOperand, operands: nothing };
        }
        const role = roleAt(roles, operands.length);
        // `command -v rm` looks it up. Other tools may not heed the option, or not know it, and go on.
        if (this.#informational && role === 'command' && this.#program === 'command')
          return { delegated: false, firstOperand, operands };
        if (role === 'command' || role === 'assignments-then-command') {
          const rest = this.#args.slice(this.#index);
          if (role === 'command') this.#handlers.command(rest, this.#walker());
          else this.#handlers.assignmentsThenCommand(rest, this.#walker());
          for (const [at, operand] of operands.entries()) this.#operand(roleAt(roles, at), operand);
          return { delegated: true, firstOperand, operands: nothing };
        }
        const refused = refusedOperands.size > 0 ? refusedOperand(refusedOperands, token.value) : undefined;
        if (refused) this.#into.object(refused, token, `${this.#program} ${token.value}`);
        operands.push(token);
        if (optionsFirst) ended = true;
      }
      this.#index++;
    }
    const meant = this.#rolesOfOperands();
    for (let at = 0; at < operands.length; at++) {
      const operand = operands[at];
      if (operand) this.#operand(roleAt(meant, at), operand);
    }
    if (this.#follows && !this.#keepsLinks) this.#followLinks(meant, operands);
    if (operands.length === 0 && needsOperand && !this.#informational) this.#noOperand(needsOperand);
    const { feed } = this.#into;
    if (takesCommands && (feed === 'pipe' || feed === 'text')) {
      this.#into.inlineCode(this.#token, `The input of ${this.#program}`);
    }
    if (refusesInput !== undefined && (feed === 'pipe' || feed === 'text'))
      this.#into.object(refusesInput, this.#token, `The input of ${this.#program}`);
    return { delegated: false, firstOperand, operands };
  }

  #walker(): Walker {
    return { name: this.#program, token: this.#token, into: this.#into };
  }

  // Without a path the tool reads the working directory.
  #followLinks(roles: readonly ValueRole[], operands: readonly Token[]): void {
    const trees = operands.filter((_, at) => !isText(roleAt(roles, at)));
    const { view } = this.#into;
    if (
      this.#table.comparesTrees &&
      !trees.every(({ value }) => isDirectory(posix.resolve(view.realCwd, value)))
    )
      return;
    const leftOut = directoriesLeftOut(this.#program, this.#args, this.#into);
    inspectFollowedTrees(trees.length > 0 ? trees : [{ ...this.#token, value: '.' }], this.#into, leftOut);
  }

  #rolesOfOperands(): readonly ValueRole[] {
    const { operands, operandsWith } = this.#table;
    if (operandsWith.length === 0) return operands;
    const special = operandsWith.find(({ options }) => this.#seen.some((option) => options.includes(option)));
    return special?.operands ?? operands;
  }

  #operand(role: ValueRole, operand: Token): void {
    if (role === 'command-line') this.#handlers.commandLine(operand, this.#walker());
    else inspectValue(role, operand, this.#program, this.#into);
  }

  // An interpreter without a script runs what its standard input holds; a file there is a script like any other.
  #noOperand(rule: ShellRuleId): void {
    const { feed } = this.#into;
    if (rule !== 'shell.program.code-runner' || feed === undefined) {
      this.#into.object(rule, this.#token, this.#program);
    } else if (feed !== 'file') {
      const { fedText } = this.#into;
      if (this.#table.foreignShell && fedText)
        this.#handlers.foreignText({ ...fedText, value: fedText.value.replace(/\n$/, '') }, this.#walker());
      else if (this.#table.shell && fedText) this.#handlers.commandText(fedText, this.#walker());
      else this.#into.inlineCode(this.#token, `The input of ${this.#program}`);
      // A text for a shell is judged or refused.
      if (this.#table.shell && !fedText)
        this.#into.object('shell.exec.wrapper', this.#token, `A pipe into ${this.#program}`);
    }
  }

  #isOption(token: Token): boolean {
    const { value } = token;
    if (value.startsWith('-') && value.length > 1) return true;
    return (this.#table.bare || value === '-') && this.#table.options.has(value);
  }

  #option(token: Token): void {
    const { value } = token;
    const exact = this.#table.options.get(value);
    if (exact) this.#apply(value, exact, token, undefined);
    else if (this.#table.singleDash) this.#singleDash(token);
    else if (value.startsWith('--')) this.#long(token);
    else this.#cluster(token);
  }

  #long(token: Token): void {
    const { value } = token;
    const equals = value.indexOf('=');
    const name = equals < 0 ? value : value.slice(0, equals);
    const joined = equals < 0 ? undefined : value.slice(equals + 1);
    // `--config.registry=…` sets anything by one option.
    const dot = name.indexOf('.') + 1;
    const { options } = this.#table;
    const exact = options.get(name) ?? (dot > 0 ? options.get(name.slice(0, dot)) : undefined);
    if (exact) {
      this.#apply(name, exact, token, joined);
      return;
    }
    // getopt_long accepts any unambiguous beginning; one that may mean a refused option counts as that option.
    const longer = [...this.#table.options].filter(
      ([option]) => option.startsWith(name) && option.startsWith('--'),
    );
    const [chosen] = longer.sort(([, one], [, other]) => laxityOf(one) - laxityOf(other));
    if (chosen && joined === undefined && chosen[1].kind === 'value') this.#doubt();
    if (chosen) this.#apply(chosen[0], chosen[1], token, joined);
    else this.#unknown(token);
  }

  #cluster(token: Token): void {
    const { value } = token;
    let strange = false;
    for (let at = 1; at < value.length; at++) {
      const meaning = this.#table.letters[value.charCodeAt(at)];
      if (!meaning) {
        // Once for the word: it is looked at as a whole.
        if (!strange) this.#unknown(token);
        strange = true;
        if (this.#table.unknownOption) return;
        continue;
      }
      const option = `-${value.charAt(at)}`;
      if (isSwitch(meaning) || this.#awaitsText(meaning)) {
        this.#apply(option, meaning, token, undefined);
        continue;
      }
      const rest = value.slice(at + 1);
      this.#apply(option, meaning, token, rest === '' ? undefined : rest);
      return;
    }
  }

  #singleDash(token: Token): void {
    const [word = ''] = token.value.split('=', 1);
    const value =
      word.startsWith('--') && !this.#table.options.has(word) ? token.value.slice(1) : token.value;
    const equals = value.indexOf('=');
    const name = equals < 0 ? value : value.slice(0, equals);
    const exact = this.#table.options.get(name);
    if (exact) {
      this.#apply(name, exact, token, equals < 0 ? undefined : value.slice(equals + 1));
      return;
    }
    if (this.#table.unknownOption) {
      this.#unknown(token);
      return;
    }
    let best: [string, OptionMeaning] | undefined;
    for (const entry of this.#table.options) {
      if (value.startsWith(entry[0]) && entry[0].length > (best?.[0].length ?? 1)) best = entry;
    }
    if (best && !isSwitch(best[1])) {
      this.#apply(best[0], best[1], token, value.slice(best[0].length).replace(/^[=:]/, ''));
    }
    this.#unknown(token);
  }

  #unknown(token: Token): void {
    const { unknownOption } = this.#table;
    if (unknownOption) {
      this.#into.object(unknownOption, token);
      return;
    }
    const entering = entersDirectory.exec(token.value);
    const directory = entering && (entering[1] ?? this.#args[this.#index + 1]?.value);
    if (directory) addBase({ value: directory, span: token.span }, 'any', this.#into);
    if (namesProgram(token.value)) this.#into.object('shell.exec.option', token);
    recordUnknownOption(token, this.#into);
  }

  #apply(option: string, meaning: OptionMeaning, token: Token, joined: string | undefined): void {
    if (this.#table.operandsWith.length > 0) this.#seen = [...this.#seen, option];
    switch (meaning.kind) {
      case 'refuse':
        this.#into.object(meaning.rule, token, `${this.#program} ${option}`);
        return;
      case 'info':
        this.#informational = true;
        return;
      case 'follow':
        this.#follows = true;
        return;
      case 'nofollow':
        this.#keepsLinks = true;
        return;
      case 'flag':
      case 'optional':
        if (joined !== undefined) recordPossiblePaths({ value: joined, span: token.span }, 'any', this.#into);
        return;
      case 'text2':
        this.#index += 2;
        return;
      case 'text-path': {
        this.#index += 2;
        const path = this.#args[this.#index];
        if (path) inspectValue('read', path, this.#program, this.#into);
        return;
      }
      case 'value':
        if (joined === undefined && this.#awaitsText(meaning)) {
          this.#text = meaning.role === 'command-text' ? meaning.role : 'foreign-text';
          return;
        }
        this.#value(meaning.role, token, joined);
    }
  }

  #doubt(): void {
    this.#doubted ??= new Set();
    this.#doubted.add(this.#index);
  }

  #awaitsText(meaning: OptionMeaning): meaning is OptionMeaning & { kind: 'value' } {
    return (
      this.#table.shell &&
      this.#table.optionsFirst &&
      meaning.kind === 'value' &&
      (meaning.role === 'command-text' || meaning.role === 'foreign-text')
    );
  }

  #value(role: ValueRole, token: Token, joined: string | undefined): void {
    if (role === 'patterns') {
      // The list of zip ends at the next option or at `@`.
      while (/^(?!-|@$)/.test(this.#args[this.#index + 1]?.value ?? '-')) this.#index++;
      return;
    }
    if (joined === undefined) {
      if (this.#asFlags.has(this.#index)) return;
      // What `env -S` splits begins with options of its own.
      if (role !== 'split-command' && /^-[-A-Za-z]/.test(this.#args[this.#index + 1]?.value ?? ''))
        this.#doubt();
    }
    const value = joined === undefined ? this.#args[++this.#index] : { value: joined, span: token.span };
    if (role === 'command-text' || role === 'foreign-text') {
      // Behind its text a shell takes arguments for it; other tools go on with their own.
      this.#informational = true;
      if (role === 'command-text') this.#handlers.commandText(value ?? token, this.#walker());
      else this.#handlers.foreignText(value ?? token, this.#walker());
      return;
    }
    if (role === 'split-command') {
      this.#delegated = true;
      this.#handlers.splitCommand(value ?? token, this.#args.slice(this.#index + 1), this.#walker());
      return;
    }
    if (role === 'module') {
      this.#delegated = true;
      this.#handlers.module(value ? [value, ...this.#args.slice(this.#index + 1)] : [], this.#walker());
      return;
    }
    if (role === 'code') {
      this.#informational = true;
      inspectValue(role, token, `${this.#program} ${token.value}`, this.#into);
      return;
    }
    if (role === 'command-line') {
      if (value) this.#handlers.commandLine(value, this.#walker());
      return;
    }
    if (role === 'script-name') this.#informational = true;
    if (!value) return;
    // Output that is thrown away (`curl -o /dev/null`); as an operand it would be what is destroyed.
    if (role === 'write' && value.value === '/dev/null') return;
    // In case the profile is wrong and the option takes no value, a word that leads outside is still seen.
    if (role === 'text' && value.value !== '/') recordPossiblePaths(value, 'any', this.#into);
    inspectValue(role, value, this.#program, this.#into);
  }
}

// Sub-commands share a grammar, so what is ambiguous there may mean one option: it counts as the one that is judged most.
function laxityOf(meaning: OptionMeaning): number {
  if (meaning.kind === 'refuse') return 0;
  if (isSwitch(meaning)) return 2;
  return meaning.kind === 'value' && isText(meaning.role) ? 3 : 1;
}

/** Gives the rule that refuses an operand, or what it begins with: `db:drop:primary` is a `db:drop`. */
export function refusedOperand(
  refused: ReadonlyMap<string, ShellRuleId>,
  operand: string,
): ShellRuleId | undefined {
  const blank = operand.indexOf(' ');
  const word = blank < 0 ? operand : operand.slice(0, blank);
  const found = refused.get(word);
  if (found) return found;
  const colon = word.lastIndexOf(':');
  return colon > 0 ? refused.get(word.slice(0, colon)) : undefined;
}

const isText = (role: ValueRole): boolean => role === 'text' || role === 'pattern';

function roleAt(roles: readonly ValueRole[], index: number): ValueRole {
  return roles[Math.min(index, roles.length - 1)] ?? 'any';
}
