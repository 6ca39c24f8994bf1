import { parse } from 'unbash';
import type { Command, CommandNode, PipelineNode, Redirection, Statement, Word } from 'unbash';
import type { ShellRuleId } from '../rules/catalogue.js';
import type { Finding, Span } from '../rules/finding.js';
import { refuseText } from './characters.js';
import { refuseGaps } from './gaps.js';
import { isNonEmpty } from './non-empty.js';
import { readPlainCommand } from './plain-command.js';
import { type ParsedRedirect, readRedirect } from './redirect.js';
import { type ParsedWord, readWord } from './word.js';

/** An assignment in front of a command, for example `NODE_ENV=test`. */
export interface ParsedAssignment {
  readonly name: string;
  readonly value: string;
  readonly span: Span;
}

/** A simple command: assignments, then at least one word, and in relaxed mode redirections. */
export interface SimpleCommand {
  readonly assignments: readonly ParsedAssignment[];
  readonly words: readonly [ParsedWord, ...ParsedWord[]];
  readonly redirects: readonly ParsedRedirect[];
  readonly span: Span;
  /** Whether no word holds a pattern, known without looking at each. */
  readonly plain?: boolean;
  /** The text, where it is the canonical form of the words already. */
  readonly canonical?: string | undefined;
}

/** When a pipeline of a list runs: always, or depending on how the last one that ran ended. */
export type Joiner = 'always' | 'and' | 'or';

/** Commands joined by pipes. */
export interface ParsedPipeline {
  readonly joiner: Joiner;
  readonly commands: readonly [SimpleCommand, ...SimpleCommand[]];
}

/** What the text spells; in strict mode one pipeline of one command without redirections. */
export type ParsedLine = readonly [ParsedPipeline, ...ParsedPipeline[]];

/** The result of parsing: the line, or the first objection. */
export type ParseOutcome =
  { readonly ok: true; readonly line: ParsedLine } | { readonly ok: false; readonly finding: Finding };

const maximumWords = 512;
const maximumCommands = 32;
const noRedirects: readonly ParsedRedirect[] = Object.freeze([]);
const noAssignments: readonly ParsedAssignment[] = Object.freeze([]);

const refuse = (rule: ShellRuleId, node?: { pos: number; end: number }, detail?: string): Finding => ({
  rule,
  ...(node ? { span: [node.pos, node.end] as const } : {}),
  ...(detail === undefined ? {} : { detail }),
});

const isFinding = (value: object): value is Finding => 'rule' in value;

/**
 * Gives the commands that the text spells, by an allow-list of syntax nodes: what is not modelled here is refused.
 * Without `relaxed` that is one simple command. Never throws.
 */
export function parseCommand(text: string, relaxed = false): ParseOutcome {
  const plain = readPlainCommand(text);
  if (plain) return { ok: true, line: [{ joiner: 'always', commands: [plain] }] };
  return parseText(text, relaxed);
}

/** The same for a text that {@link readPlainCommand} does not read. */
export function parseText(text: string, relaxed: boolean): ParseOutcome {
  const objection = refuseText(text);
  if (objection) return { ok: false, finding: objection };
  const script = parse(text);
  const structural = refuseStructure(script.commands, relaxed);
  const error = script.errors?.[0];
  if (error) {
    return {
      ok: false,
      // Structure first: its rule says more to a person than "parse error" where both apply.
      finding: structural ?? {
        rule: 'shell.syntax.parse-error',
        span: [Math.min(error.pos, text.length), text.length],
        detail: error.message,
      },
    };
  }
  if (structural) return { ok: false, finding: structural };
  const line = readLine(script.commands, relaxed);
  if (isFinding(line)) return { ok: false, finding: line };
  const gap = refuseGaps(text, script);
  return gap ? { ok: false, finding: gap } : { ok: true, line };
}

function refuseStructure(statements: readonly Statement[], relaxed: boolean): Finding | undefined {
  if (!relaxed && statements.length > 1) return refuse('shell.syntax.sequence', statements[1]);
  for (const statement of statements) {
    if (statement.background === true) return refuse('shell.syntax.background', statement);
    const node = statement.command;
    if (node.type === 'AndOr' && !relaxed) return refuse('shell.syntax.and-or', node.commands[1] ?? node);
    for (const part of node.type === 'AndOr' ? node.commands : [node]) {
      const problem = refusePipeline(part, relaxed);
      if (problem) return problem;
    }
  }
  return undefined;
}

function refusePipeline(node: PipelineNode, relaxed: boolean): Finding | undefined {
  if (node.type !== 'Pipeline') return refuseCompound(node);
  if (!relaxed && node.commands.length > 1) return refuse('shell.syntax.pipe', node.commands[1]);
  const prefix = node.prefixes[0];
  if (prefix) return refuse(prefix.type === 'Time' ? 'shell.syntax.time' : 'shell.syntax.negation', prefix);
  // `|&` also joins standard error; dash reads it as something else.
  if (node.operators.some((operator) => operator !== '|')) return refuse('shell.syntax.pipe', node);
  for (const command of node.commands) {
    const problem = refuseCompound(command);
    if (problem) return problem;
  }
  return undefined;
}

function refuseCompound(node: CommandNode): Finding | undefined {
  return node.type === 'Command' ? undefined : refuse('shell.syntax.compound', node, node.type);
}

function readLine(statements: readonly Statement[], relaxed: boolean): ParsedLine | Finding {
  const pipelines: ParsedPipeline[] = [];
  let count = 0;
  for (const { command: node } of statements) {
    const parts = node.type === 'AndOr' ? node.commands : [node];
    for (const [at, part] of parts.entries()) {
      const operator = node.type === 'AndOr' && at > 0 ? node.operators[at - 1] : undefined;
      const commands: SimpleCommand[] = [];
      for (const item of part.type === 'Pipeline' ? part.commands : [part]) {
        if (item.type !== 'Command') return refuse('shell.syntax.unknown', item, item.type);
        if (++count > maximumCommands) {
          return refuse('shell.syntax.too-complex', item, `more than ${maximumCommands} commands`);
        }
        const command = readCommand(item, relaxed);
        if (isFinding(command)) return command;
        commands.push(command);
      }
      if (!isNonEmpty(commands)) return refuse('shell.syntax.empty');
      const joiner = operator === '&&' ? 'and' : operator === '||' ? 'or' : 'always';
      pipelines.push({ joiner, commands });
    }
  }
  return isNonEmpty(pipelines) ? pipelines : refuse('shell.syntax.empty');
}

function refuseRedirection(node: Redirection): Finding {
  return node.type === 'Redirect'
    ? refuse('shell.syntax.redirect', node, node.operator)
    : refuse('shell.syntax.here-document', node);
}

function readCommand(command: Command, relaxed: boolean): SimpleCommand | Finding {
  const [redirect] = command.redirects;
  if (redirect && !relaxed) return refuseRedirection(redirect);
  if (command.suffix.length > maximumWords) {
    return refuse('shell.syntax.too-complex', command, `${command.suffix.length} arguments`);
  }
  const redirects = redirect ? readRedirects(command.redirects) : noRedirects;
  if (isFinding(redirects)) return redirects;
  const assignments = command.prefix.length > 0 ? readAssignments(command) : noAssignments;
  if (isFinding(assignments)) return assignments;
  if (command.name === undefined) {
    return redirect ? refuseRedirection(redirect) : refuse('shell.syntax.assignment', command);
  }
  const name = readWord(command.name);
  if (isFinding(name)) return name;
  const words: [ParsedWord, ...ParsedWord[]] = [name];
  for (const part of command.args) {
    const word = part.type === 'Word' ? readWord(part) : readAssignmentWord(part);
    if (isFinding(word)) return word;
    words.push(word);
  }
  return { assignments, words, redirects, span: [command.pos, command.end] };
}

function readRedirects(nodes: readonly Redirection[]): readonly ParsedRedirect[] | Finding {
  const redirects: ParsedRedirect[] = [];
  for (const node of nodes) {
    const read = readRedirect(node);
    if (isFinding(read)) return read;
    redirects.push(...read);
  }
  return redirects;
}

function readAssignments(command: Command): readonly ParsedAssignment[] | Finding {
  const assignments: ParsedAssignment[] = [];
  for (const part of command.prefix) {
    if (part.type !== 'Assignment') continue;
    if (part.append === true || part.index !== undefined || part.value.type !== 'Word') {
      return refuse('shell.syntax.assignment', part);
    }
    const value = readWord(part.value);
    if (isFinding(value)) return value;
    // Patterns are not expanded in assignments (POSIX.1-2024, XCU 2.9.1.1).
    assignments.push({ name: part.name, value: value.value, span: [part.pos, part.end] });
  }
  return assignments;
}

// `export A=1` and the like: the parser sees an assignment, `export` is refused by name later.
function readAssignmentWord(part: Exclude<Command['args'][number], Word>): ParsedWord | Finding {
  if (part.value.type !== 'Word' || part.append === true || part.index !== undefined) {
    return refuse('shell.syntax.assignment', part);
  }
  const value = readWord(part.value);
  return isFinding(value) ? value : { value: `${part.name}=${value.value}`, span: [part.pos, part.end] };
}
