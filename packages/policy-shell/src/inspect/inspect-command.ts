import { resolvePath } from '../path/resolve-path.js';
import { parseCommand } from '../parse/parse-command.js';
import { readPlainCommand } from '../parse/plain-command.js';
import { splitWords } from '../parse/split-words.js';
import { compileSubcommands } from '../profiles/compile-grammar.js';
import { findProfile, profileOf, type KnownProgram } from '../profiles/find-profile.js';
import type { Grammar, ToolDescription } from '../profiles/tool-profile.js';
import type { ShellRuleId } from '../rules/catalogue.js';
import type { Token } from '../rules/finding.js';
import { inspectAssignment } from './assignments.js';
import {
  inspectArguments,
  inspectGlobalOptions,
  refusedOperand,
  type Walker,
  type WalkHandlers,
} from './inspect-arguments.js';
import type { Inspection } from './inspection.js';
import { moduleName, refusedModule, runsModules } from './python-modules.js';
import { inspectValue } from './value-roles.js';
import { hasRulesOfItsOwn, inspectWholeCommand } from './whole-command.js';
import { inspectUnknownProgram } from './unknown-program.js';

const maximumDepth = 6;
const systemDirectory = /^\/(?:usr\/(?:local\/)?)?s?bin\/[^/]+$/;
const tellsVersion: ReadonlySet<string> = new Set<ShellRuleId>([
  'shell.program.interactive',
  'shell.program.package-manager',
  'shell.program.container',
  'shell.program.cloud',
]);
const startsOthers: ReadonlySet<string> = new Set<ShellRuleId>([
  'shell.exec.wrapper',
  'shell.program.debugger',
]);
const runsPackages = /^(?:npx|bunx|pnpx|(?:npm|pnpm|yarn|bun) (?:exec|x|dlx|create|init))$/;
const reservedWords =
  /^(?:if|then|else|elif|fi|for|while|until|do|done|case|esac|in|function|select|coproc|\{|\}|!|\[\[|\]\])$/;

/** Judges one command and, through wrappers, every command it starts. Findings and paths collect in `into`. */
export function inspectCommand(words: readonly Token[], into: Inspection): void {
  const first = words[0];
  if (!first) return;
  if (++into.depth > maximumDepth) {
    into.object('shell.exec.depth', first);
    return;
  }
  const program = identify(first, into);
  if (program) inspectProgram(program, first, words.slice(1), into);
  into.depth--;
}

// One object each, so that compiled grammars are found again.
const anything: Grammar = { operands: ['any'] };
const nothingKnown: Grammar = {};
// `python -m zipfile`, `python -m tarfile`.
const unpacking: Grammar = {
  operands: ['any'],
  options: { flag: '-e --extract', text: '--filter' },
  operandsWith: [{ options: '-e --extract', operands: ['read', 'fill'] }],
};

interface Identified {
  readonly name: string;
  readonly known: KnownProgram | undefined;
  readonly system: boolean;
}

// A rule must hold for /bin/rm, ./rm, a link to rm and rm itself alike (research page, lesson 4).
function identify(token: Token, into: Inspection): Identified | undefined {
  const { value } = token;
  const direct = profileOf(value);
  if (direct) return { name: value, known: direct, system: true };
  const name = value.slice(value.lastIndexOf('/') + 1);
  // npx and its kin take an address where others take a program.
  if (/^(?:[a-z][a-z0-9+.-]*:|git@)/i.test(value)) {
    into.object('shell.fetch.source', token);
    return undefined;
  }
  // `timeout 5 A=b ls` and `env if` start programs of that name, which is never what a person means.
  if (value.includes('=') || reservedWords.test(value)) {
    into.object('shell.program.name', token);
    return undefined;
  }
  if (!/^(?:[A-Za-z0-9_][\w.+@:-]*|\[)$/.test(name) || !/^[\x21-\x7e]+$/.test(value)) {
    into.object('shell.program.name', token, value === '' ? 'An empty word' : value);
    return undefined;
  }
  if (!value.includes('/')) return { name, known: findProfile(name), system: true };
  if (systemDirectory.test(value)) return { name, known: findProfile(name), system: true };
  into.path(value, token, 'read');
  const resolved = resolvePath(into.view.realCwd, value);
  const real = resolved.ok ? resolved.path : value;
  const known = findProfile(name) ?? findProfile(real.slice(real.lastIndexOf('/') + 1));
  return { name: known?.name ?? name, known, system: false };
}

function inspectProgram(
  { name, known, system }: Identified,
  token: Token,
  args: readonly Token[],
  into: Inspection,
): void {
  const frame = into.beginProgram();
  judgeProgram({ name, known, system }, token, args, into);
  into.endProgram(frame, token);
}

function judgeProgram(
  { name, known, system }: Identified,
  token: Token,
  args: readonly Token[],
  into: Inspection,
): void {
  // In front of the programs that it starts.
  const place = into.programs.length;
  if (!known) {
    const subcommand = args.find(({ value }) => !value.startsWith('-'))?.value;
    into.program({ name, token, subcommand, wrapper: false, system }, place);
    inspectUnknownProgram(name, args, system, into, inspectCommand);
    return;
  }
  const profile = profileFor(known, into);
  if (profile.refused) {
    into.program({ name, token, subcommand: undefined, wrapper: false, system }, place);
    // Asking what is installed is harmless, and these programs answer it.
    const asksVersion = args.length === 1 && args[0]?.value === '--version' && system;
    if (asksVersion && tellsVersion.has(profile.refused)) return;
    if (startsOthers.has(profile.refused)) inspectBehindWrapper(args, into);
    into.object(profile.refused, token, name);
    return;
  }
  if (known.elevates && into.options.elevation === 'deny')
    into.object('shell.program.elevation', token, name);
  if (profile.subcommands) {
    const subcommand = inspectSubcommand(known.name, token, profile, args, into);
    into.program({ name, token, subcommand, wrapper: false, system }, place);
    return;
  }
  const starts = startsBehindOption.get(name);
  if (starts) inspectBehindOption(starts, args, into);
  const walk = inspectArguments(name, token, profile, args, into, handlers);
  const wrapper = walk.delegated && profile.operands?.at(-1)?.endsWith('command') === true;
  into.program({ name, token, subcommand: args[walk.firstOperand]?.value, wrapper, system }, place);
  // The rules know a program by its own name, whatever it is called here (`gcc-12`).
  if (hasRulesOfItsOwn(known.name)) inspectWholeCommand(known.name, args, into, token, walk.operands);
}

const isKnownProgram = (value: string): boolean =>
  findProfile(value.slice(value.lastIndexOf('/') + 1)) !== undefined;

// A wrapper that is refused whatever it starts: what it starts says more, where it can be seen.
function inspectBehindWrapper(args: readonly Token[], into: Inspection): void {
  const start = args.findIndex(({ value }) => isKnownProgram(value));
  // `parallel 'rm -rf {}'`: one word that is a line for a shell.
  const text =
    start < 0 ? args.find(({ value }) => isKnownProgram(/^[^ ]+(?= )/.exec(value)?.[0] ?? '')) : undefined;
  if (start < 0 && !text) return;
  const nested = into.nested(undefined);
  if (text) nested.judgeText(text, nested);
  else inspectCommand(args.slice(start), nested);
  // What stands for the words that are added makes no more than syntax that is not modelled.
  into.findings.push(...nested.findings.filter(({ rule }) => !text || !rule.startsWith('shell.syntax.')));
}

const ofFind = /^-(?:exec|ok)(?:dir)?$/;
const ofFd = /^(?:-[xX]|--exec(?:-batch)?)$/;
// Options of theirs that are refused whatever they start.
const startsBehindOption: ReadonlyMap<string, RegExp> = new Map([
  ...['find', 'gfind', 'bfs'].map((name) => [name, ofFind] as const),
  ...['fd', 'fdfind'].map((name) => [name, ofFd] as const),
]);

function inspectBehindOption(starts: RegExp, args: readonly Token[], into: Inspection): void {
  const start = args.findIndex(({ value }) => starts.test(value)) + 1;
  if (start === 0) return;
  const end = args.findIndex(({ value }, at) => at > start && /^[;+]$/.test(value));
  inspectBehindWrapper(args.slice(start, end < 0 ? args.length : end), into);
}

// An agent that may become root may install what it was given: its tools are described by other grammars then.
function profileFor({ profile }: KnownProgram, into: Inspection): ToolDescription {
  if (profile.elevated === undefined || into.options.elevation === 'deny') return profile;
  return profile.elevated;
}

function inspectSubcommand(
  name: string,
  program: Token,
  profile: ToolDescription,
  args: readonly Token[],
  into: Inspection,
): string | undefined {
  const { entries, globals, refusedOperands, runs, fullName, labelOf, bare } = compileSubcommands(profile);
  // The usual case: the sub-command comes first.
  const first = args[0] !== undefined && !bare && !args[0].value.startsWith('-');
  const at = first ? 0 : inspectGlobalOptions(name, program, profile, args, into, handlers);
  const token = at < 0 ? undefined : args[at];
  if (!token) return undefined;
  const subcommand = fullName(token.value);
  const entry = entries.get(subcommand) ?? profile.otherSubcommand;
  const label = labelOf(name, subcommand);
  if (typeof entry === 'string') {
    into.object(entry, token, label);
    return subcommand;
  }
  // The operand lists of the tool itself hold for its sub-commands too.
  const refused = refusedOperand(refusedOperands, subcommand);
  if (refused) into.object(refused, token, label);
  if (!entries.has(subcommand)) {
    inspectArguments(name, token, anything, [token], into, handlers);
    // Without a sub-command the first word is what the tool would run (`deno https://…`).
    const [role] = entry?.operands ?? [];
    if (entry && (role === 'package' || role === 'script'))
      inspectArguments(name, token, entry, [token], into, handlers);
    else if (token.value === '-' && into.feed !== undefined) into.inlineCode(token, `The input of ${name}`);
  }
  const rest = args.slice(at + 1);
  const walk = inspectArguments(
    label,
    token,
    entry ?? nothingKnown,
    rest,
    into,
    handlers,
    profile.globalsAnywhere === false ? undefined : globals,
  );
  if (runs) {
    // `yarn workspace NAME exec …`, `yarn workspaces foreach exec …`: what stands there is a sub-command again.
    const start = subcommand === 'workspace' ? walk.firstOperand + 1 : walk.firstOperand;
    const again = /^workspaces?$/.test(subcommand)
      ? rest.findIndex(({ value }, index) => index >= start && entries.has(value))
      : -1;
    if (again >= 0) inspectSubcommand(name, program, profile, rest.slice(again), into);
    if (runs.has(subcommand) && walk.firstOperand >= 0) inspectByName(rest.slice(start), into);
    else if (!entries.has(subcommand)) inspectByName(args.slice(at), into);
  }
  if (hasRulesOfItsOwn(name)) {
    if (at > 0) inspectWholeCommand(name, args.slice(0, at), into, token, []);
    inspectWholeCommand(label, rest, into, token, walk.operands);
  }
  return subcommand;
}

// Scripts of a project share their names with programs (`yarn watch`, `yarn format`), so a program that is refused by its name
// alone counts only where running it would be plain harm, or where nobody has looked what it is.
const harmful = /^shell\.(?:destructive\.|power$|env\.dump$|resource$|exec\.depth$)/;

function inspectByName(words: readonly Token[], into: Inspection): void {
  const [first] = words;
  const known = first && findProfile(first.value);
  if (!known) return;
  const nested = into.nested(into.feed);
  inspectCommand(words, nested);
  for (const finding of nested.findings)
    if (known.profile.refused === undefined || harmful.test(finding.rule)) into.findings.push(finding);
  into.paths.push(...nested.paths);
  for (const place of nested.made) into.makes(place);
  // A deny list means it by whatever name it is started; an allow list has named what starts it.
  into.programs.push(...nested.programs.map((program) => ({ ...program, wrapper: true })));
}

// What becomes of the words that a walk hands back.
const handlers: WalkHandlers = {
  command(words, { name, into }) {
    const [first] = words;
    // Package runners take a package where others take a program.
    if (first && runsPackages.test(name)) inspectValue('package', first, name, into);
    // They bring servers, clients and settings of the machine of which nobody has looked at every one.
    if (first && /^(?:busybox|toybox)$/.test(name) && !findProfile(first.value))
      into.object('shell.exec.wrapper-usage', first, `${name} ${first.value}`);
    inspectCommand(words, into);
  },

  assignmentsThenCommand(words, { name, token, into }) {
    const start = words.findIndex(({ value }) => !/^[A-Za-z_]\w*=/.test(value));
    for (const word of start < 0 ? words : words.slice(0, start)) inspectAssignment(word, into);
    if (start >= 0) inspectCommand(words.slice(start), into);
    else into.object(name === 'env' ? 'shell.env.dump' : 'shell.exec.wrapper-usage', token, name);
  },

  module: inspectModule,

  commandLine(word, { into }) {
    // `npm:watch-*` of concurrently names scripts of the project.
    if (/^(?:npm|yarn|pnpm|bun|node):[\w:*-]+(?: [\w=-]+)*$/.test(word.value)) return;
    const parsed = parseCommand(word.value);
    if (!parsed.ok) {
      into.object(parsed.finding.rule, word);
      return;
    }
    const [{ words, assignments }] = parsed.line[0].commands;
    for (const { name, value } of assignments) {
      inspectAssignment({ value: `${name}=${value}`, span: word.span }, into);
    }
    // A pattern would be expanded by a shell this policy does not see.
    const pattern = words.find(({ pieces }) => pieces);
    if (pattern) into.object('shell.syntax.glob', word, pattern.value);
    inspectCommand(
      words.map(({ value }) => ({ value, span: word.span })),
      into,
    );
  },

  // What the text does says more than that it is one, unless nobody can read it.
  commandText(word, { name, into }) {
    const before = into.findings.length;
    into.judgeText(word, into);
    const found = into.findings.splice(before);
    const unread = found.length === 1 && found[0]?.rule.startsWith('shell.syntax.') === true;
    if (!unread) into.findings.push(...found);
    into.inlineCode(word, `${name} -c`);
    if (unread) into.findings.push(...found);
  },

  // Words that mean the same to every shell are judged, other text is refused.
  foreignText(word, { name, into }) {
    const plain = readPlainCommand(word.value);
    if (plain) into.judgeText(word, into);
    into.inlineCode(word, `${name} -c`);
    if (!plain || !meansTheSame(word.value, plain.words[0].value))
      into.object('shell.exec.wrapper', word, `${name} -c`);
  },

  splitCommand(word, rest, { name, token, into }) {
    const words = splitWords(word.value);
    if (!words) {
      into.object('shell.exec.wrapper', word, `${name} -S`);
      return;
    }
    if (++into.depth > maximumDepth) into.object('shell.exec.depth', word);
    else
      // The same program: what it entered before counts on.
      judgeProgram(
        { name, known: findProfile(name), system: true },
        token,
        [...words.map((value) => ({ value, span: word.span })), ...rest],
        into,
      );
    into.depth--;
  },
};

// Signs that another grammar reads inside of quotes too: fish `\`, csh `!`, and a subscript, which zsh and ksh evaluate.
const foreignSigns = /[\\$`[!]/;

// A shell may know any bare name as a word of its own (`and`, `not`, `repeat`), except one that is known as a program.
function meansTheSame(text: string, first: string): boolean {
  return (
    !foreignSigns.test(text) &&
    first !== 'command' &&
    (first.includes('/') || findProfile(first) !== undefined)
  );
}

function inspectModule(words: readonly Token[], walker: Walker): void {
  const [first, ...rest] = words;
  if (!first) return;
  const { into } = walker;
  const module = { ...first, value: moduleName(first.value) };
  // `python -m runpy X` is `python -m X`.
  if (module.value === 'runpy') {
    if (rest[0]) {
      inspectValue('any', rest[0], walker.name, into);
      inspectModule(rest, walker);
    } else into.object('shell.program.code-runner', module, `${walker.name} -m runpy`);
    return;
  }
  const label = `${walker.name} -m ${module.value}`;
  if (runsModules(module.value)) {
    // `python -m cProfile -m timeit …`: these run another module, or code.
    const inner = rest.findIndex(({ value }) => value === '-m');
    if (inner >= 0) {
      inspectModule(rest.slice(inner + 1), walker);
      return;
    }
    const code = rest.find(({ value }) => /^(?:-c|--cmd_string)(?:=|$)/.test(value));
    if (code && module.value !== 'cProfile' && module.value !== 'coverage') into.inlineCode(code, label);
  }
  const refused = refusedModule(module.value);
  if (refused) into.object(refused, module, label);
  else if (module.value === 'django') inspectCommand([{ ...module, value: 'django-admin' }, ...rest], into);
  else if (findProfile(module.value)) inspectCommand([module, ...rest], into);
  else {
    const grammar = /^(?:zip|tar)file$/.test(module.value) ? unpacking : anything;
    inspectArguments(module.value, module, grammar, rest, into, handlers);
    // Without a filter older versions take names that lead outside, as `tar -P` does.
    const extracts = rest.find(({ value }) => /^(?:-v*e|--e)/.test(value));
    const filters = rest.flatMap(({ value }, at) => {
      const [, joined] = /^--f[a-z]*(?:=(.*))?$/s.exec(value) ?? [];
      return value.startsWith('--f') ? [joined ?? rest[at + 1]?.value ?? ''] : [];
    });
    const filtered = filters.length > 0 && filters.every((filter) => /^(?:data|tar)$/.test(filter));
    if (module.value === 'tarfile' && extracts && !filtered)
      into.object('shell.workspace.outside', extracts, label);
  }
}
