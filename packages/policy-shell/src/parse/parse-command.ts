import { parse } from 'unbash';
import type { Command, CommandNode, PipelineNode, Redirection, Statement, Word } from 'unbash';
import type { ShellRuleId } from '../rules/catalogue.js';
import type { Finding, Span } from '../rules/finding.js';
import { refuseText } from './characters.js';
import { type ParsedWord, readWord } from './word.js';

/** An assignment in front of a command, for example `NODE_ENV=test`. */
export interface ParsedAssignment {
  readonly name: string;
  readonly value: string;
  readonly span: Span;
}

/** A simple command: assignments, then at least one word. */
export interface SimpleCommand {
  readonly assignments: readonly ParsedAssignment[];
  readonly words: readonly [ParsedWord, ...ParsedWord[]];
  readonly span: Span;
}

/** The result of parsing: the one simple command, or the first objection. */
export type ParseOutcome =
  { readonly ok: true; readonly command: SimpleCommand } | { readonly ok: false; readonly finding: Finding };

const maximumWords = 512;

const refuse = (rule: ShellRuleId, node?: { pos: number; end: number }, detail?: string): Finding => ({
  rule,
  ...(node ? { span: [node.pos, node.end] as const } : {}),
  ...(detail === undefined ? {} : { detail }),
});

const isFinding = (value: object): value is Finding => 'rule' in value;

/**
 * Gives the one simple command that the text spells, by an allow-list of syntax nodes: what is not modelled here is
 * refused. Never throws.
 */
export function parseCommand(text: string): ParseOutcome {
  const objection = refuseText(text);
  if (objection) return { ok: false, finding: objection };
  const script = parse(text);
  const statement = script.commands[0];
  // Structure first: its rule says more to a person than "parse error" where both apply.
  const structural =
    script.commands.length > 1
      ? refuse('shell.syntax.sequence', script.commands[1])
      : statement && refuseStructure(statement);
  const error = script.errors?.[0];
  if (error) {
    return {
      ok: false,
      finding: structural ?? {
        rule: 'shell.syntax.parse-error',
        span: [Math.min(error.pos, text.length), text.length],
        detail: error.message,
      },
    };
  }
  if (structural) return { ok: false, finding: structural };
  if (statement?.command.type !== 'Command') return { ok: false, finding: refuse('shell.syntax.empty') };
  const command = readCommand(statement.command);
  return isFinding(command) ? { ok: false, finding: command } : { ok: true, command };
}

function refuseStructure(statement: Statement): Finding | undefined {
  if (statement.background === true) return refuse('shell.syntax.background', statement);
  const node = statement.command;
  if (node.type === 'AndOr') return refuse('shell.syntax.and-or', node.commands[1] ?? node);
  return refusePipeline(node);
}

function refusePipeline(node: PipelineNode): Finding | undefined {
  if (node.type !== 'Pipeline') return refuseCompound(node);
  if (node.commands.length > 1) return refuse('shell.syntax.pipe', node.commands[1]);
  const prefix = node.prefixes[0];
  return refuse(prefix?.type === 'Time' ? 'shell.syntax.time' : 'shell.syntax.negation', prefix ?? node);
}

function refuseCompound(node: CommandNode): Finding | undefined {
  return node.type === 'Command' ? undefined : refuse('shell.syntax.compound', node, node.type);
}

function refuseRedirection(node: Redirection): Finding {
  return node.type === 'Redirect'
    ? refuse('shell.syntax.redirect', node, node.operator)
    : refuse('shell.syntax.here-document', node);
}

function readCommand(command: Command): SimpleCommand | Finding {
  const redirect = command.redirects[0];
  if (redirect) return refuseRedirection(redirect);
  if (command.suffix.length > maximumWords) {
    return refuse('shell.syntax.too-complex', command, `${command.suffix.length} arguments`);
  }
  const assignments: ParsedAssignment[] = [];
  for (const part of command.prefix) {
    if (part.type !== 'Assignment') return refuse('shell.syntax.redirect', part);
    if (part.append === true || part.index !== undefined || part.value.type !== 'Word') {
      return refuse('shell.syntax.assignment', part);
    }
    const value = readWord(part.value);
    if (isFinding(value)) return value;
    // Patterns are not expanded in assignments (POSIX.1-2024, XCU 2.9.1.1).
    assignments.push({ name: part.name, value: value.value, span: [part.pos, part.end] });
  }
  if (command.name === undefined) return refuse('shell.syntax.assignment', command);
  const name = readWord(command.name);
  if (isFinding(name)) return name;
  const words: [ParsedWord, ...ParsedWord[]] = [name];
  for (const part of command.args) {
    const word = part.type === 'Word' ? readWord(part) : readAssignmentWord(part);
    if (isFinding(word)) return word;
    words.push(word);
  }
  return { assignments, words, span: [command.pos, command.end] };
}

// `export A=1` and the like: the parser sees an assignment, `export` is refused by name later.
function readAssignmentWord(part: Exclude<Command['args'][number], Word>): ParsedWord | Finding {
  if (part.value.type !== 'Word' || part.append === true || part.index !== undefined) {
    return refuse('shell.syntax.assignment', part);
  }
  const value = readWord(part.value);
  return isFinding(value) ? value : { value: `${part.name}=${value.value}`, span: [part.pos, part.end] };
}
