import type { PlannedCommand, PlannedRedirect } from '../command-plan.js';
import { inspectAssignment } from '../inspect/assignments.js';
import { inspectEmptiedFiles } from '../inspect/emptied-files.js';
import { inspectTexts } from '../inspect/embedded-text.js';
import { inspectCommand } from '../inspect/inspect-command.js';
import {
  type Feed,
  type InspectedProgram,
  Inspection,
  type RecordedPath,
  type TextJudge,
} from '../inspect/inspection.js';
import type { LineHistory, MadePlace } from '../inspect/line-history.js';
import { refusePaths } from '../layers/workspace-layer.js';
import type { SimpleCommand } from '../parse/parse-command.js';
import type { ParsedRedirect } from '../parse/redirect.js';
import type { ParsedWord } from '../parse/word.js';
import { expandGlob } from '../path/expand-glob.js';
import { resolvePath } from '../path/resolve-path.js';
import { isCredentialFile, refusePath, type WorkspaceView } from '../path/workspace-paths.js';
import type { CheckedOptions } from '../policy-options.js';
import type { Finding, Token } from '../rules/finding.js';

/** What the judgement of one simple command gave. */
export interface JudgedCommand {
  readonly words: readonly Token[];
  readonly findings: readonly Finding[];
  /** The objection of the workspace restriction, which speaks last. */
  readonly outside: Finding | undefined;
  readonly programs: readonly InspectedProgram[];
  readonly planned: PlannedCommand;
  readonly paths: readonly RecordedPath[];
  /** What the command makes for those behind it. */
  readonly made: readonly MadePlace[];
}

const valueOf = ({ value }: Token): string => value;
const isPattern = ({ pieces }: ParsedWord): boolean => pieces !== undefined;
const noVariables: Readonly<Record<string, string>> = Object.freeze({});

/** What stands around a command. */
export interface CommandSetting {
  readonly judgeText: TextJudge;
  /** What gives it its standard input, unless a redirection does. */
  readonly feed?: Feed | undefined;
  readonly history?: LineHistory | undefined;
  /** How many programs deep it stands, behind a text for a shell. */
  readonly depth?: number;
}

/** Judges one simple command and its redirections from a working directory. */
export function judgeCommand(
  command: SimpleCommand,
  options: CheckedOptions,
  view: WorkspaceView,
  setting: CommandSetting,
): JudgedCommand | Finding {
  if (command.plain === true) return judgeWords(command.words, command, options, view, setting);
  const words = expandWords(command, view);
  return 'rule' in words ? words : judgeWords(words, command, options, view, setting);
}

function judgeWords(
  words: readonly Token[],
  command: SimpleCommand,
  options: CheckedOptions,
  view: WorkspaceView,
  { judgeText, feed, history, depth = 0 }: CommandSetting,
): JudgedCommand {
  const inspection = new Inspection(options, view, judgeText, feedOf(command.redirects, feed), history);
  inspection.depth = depth;
  if (inspection.feed === 'text') inspection.fedText = fedTextOf(command);
  for (const { name, value, span } of command.assignments) {
    inspectAssignment({ value: `${name}=${value}`, span }, inspection);
  }
  inspectCommand(words, inspection);
  if (inspection.texts.length > 0) inspectTexts(inspection);
  const argv = words.map(valueOf) as [string, ...string[]];
  let outside = refusePaths(inspection.paths);
  if (history) outside ??= refuseElsewhere(inspection.paths, history);
  if (command.redirects.length > 0) {
    inspectEmptiedFiles(words, command.redirects, inspection);
    outside = inspectRedirects(command.redirects, inspection, view) ?? outside;
  }
  const { findings, programs } = inspection;
  const planned = planCommand(argv, command, inspection, view);
  const { made, paths } = inspection;
  return { words, findings, outside, programs, planned, made, paths };
}

// Gives the objection to what a path will stand for when earlier commands of the line have run.
function refuseElsewhere(paths: readonly RecordedPath[], history: LineHistory): Finding | undefined {
  const judged = new Set<string>();
  for (const { value, span, access, view } of paths) {
    const key = `${access}${view.realCwd}\0${value}`;
    if (judged.has(key)) continue;
    judged.add(key);
    for (const other of history.elsewhere(view.realCwd, value)) {
      const finding = refusePath({ value: other, span, access }, view);
      if (finding) return { ...finding, detail: `${value} (by what the line makes)` };
    }
  }
  return undefined;
}

function expandWords(command: SimpleCommand, view: WorkspaceView): readonly Token[] | Finding {
  if (!command.words.some(isPattern)) return command.words;
  const words: Token[] = [];
  for (const word of command.words) {
    if (!word.pieces) {
      words.push(word);
      continue;
    }
    // A program chosen by a pattern is never what a person means.
    if (words.length === 0) return { rule: 'shell.syntax.glob', span: word.span, detail: word.value };
    const expanded = expandGlob(word, view);
    if ('rule' in expanded) return expanded;
    words.push(...expanded);
  }
  return words;
}

// The last redirection of standard input wins over what is there.
function feedOf(redirects: readonly ParsedRedirect[], given: Feed | undefined): Feed | undefined {
  let feed = given;
  for (const { kind } of redirects)
    if (kind === 'read' || kind === 'text') feed = kind === 'read' ? 'file' : 'text';
  return feed;
}

// The last here-document wins over those before it.
function fedTextOf({ redirects, span }: SimpleCommand): Token | undefined {
  const last = redirects.findLast(({ kind }) => kind === 'text');
  return last?.kind === 'text' ? { value: last.text, span } : undefined;
}

// Gives the objection of the workspace restriction; a question about credentials goes to the inspection.
function inspectRedirects(
  redirects: readonly ParsedRedirect[],
  into: Inspection,
  view: WorkspaceView,
): Finding | undefined {
  for (const redirect of redirects) {
    if (redirect.kind === 'duplicate' || redirect.kind === 'text') continue;
    const { target: value, span } = redirect;
    if (value === '/dev/null') continue;
    if (value.startsWith('~')) return { rule: 'shell.workspace.outside', span, detail: value };
    if (isCredentialFile(value)) into.object('shell.secret.file', { value, span });
    const access = redirect.kind === 'read' ? 'read' : 'write';
    const use: RecordedPath = { value, span, access, view, entered: false };
    const finding = refusePath(use, view) ?? (into.history && refuseElsewhere([use], into.history));
    if (finding) return finding;
  }
  return undefined;
}

function planCommand(
  argv: [string, ...string[]],
  command: SimpleCommand,
  inspection: Inspection,
  view: WorkspaceView,
): PlannedCommand {
  const [first] = argv;
  const { assignments, redirects } = command;
  const plain = {
    argv: Object.freeze(argv),
    program: inspection.programs.findLast(({ wrapper }) => !wrapper)?.name ?? first,
    cwd: view.realCwd,
    env:
      assignments.length === 0
        ? noVariables
        : Object.freeze(Object.fromEntries(assignments.map(({ name, value }) => [name, value]))),
  };
  // Frozen by who keeps it: the plan of a command alone is another object.
  if (first !== 'cd' && redirects.length === 0) return plain;
  return Object.freeze({
    ...plain,
    ...(first === 'cd' ? { builtin: 'cd' as const } : undefined),
    ...(redirects.length === 0
      ? undefined
      : { redirects: Object.freeze(redirects.map((redirect) => planRedirect(redirect, view))) }),
  });
}

function planRedirect(redirect: ParsedRedirect, view: WorkspaceView): PlannedRedirect {
  const { kind } = redirect;
  if (kind === 'duplicate') {
    return Object.freeze({ kind, descriptor: redirect.descriptor, source: redirect.source });
  }
  if (kind === 'text') return Object.freeze({ kind, descriptor: redirect.descriptor, text: redirect.text });
  // What cannot be resolved has been refused.
  const resolved = resolvePath(view.realCwd, redirect.target);
  const path = redirect.target === '/dev/null' || !resolved.ok ? redirect.target : resolved.path;
  return kind === 'read'
    ? Object.freeze({ kind, descriptor: redirect.descriptor, path })
    : Object.freeze({ kind, descriptor: redirect.descriptor, path });
}
