import type { PlannedCommand, PlannedPipeline } from '../command-plan.js';
import type { InspectedProgram } from '../inspect/inspection.js';
import { emptiedInPipeline, type PipelineMember } from '../inspect/emptied-files.js';
import { LineHistory } from '../inspect/line-history.js';
import { viewWorkspace } from '../layers/view.js';
import { refuseByLists } from '../layers/user-lists.js';
import { isNonEmpty } from '../parse/non-empty.js';
import type { ParsedLine, ParsedPipeline, SimpleCommand } from '../parse/parse-command.js';
import type { WorkspaceView } from '../path/workspace-paths.js';
import type { CheckedOptions } from '../policy-options.js';
import type { Finding, Token } from '../rules/finding.js';
import type { LinePart } from './canonical-form.js';
import { type CommandSetting, judgeCommand, type JudgedCommand } from './judge-command.js';

/** What the judgement of a whole line gave; `pipelines` is what may run when nothing objects. */
export interface JudgedLine {
  /** The commands in order, for the canonical form. */
  readonly parts: readonly LinePart[];
  readonly objections: readonly Finding[];
  readonly pipelines: readonly [PlannedPipeline, ...PlannedPipeline[]];
  readonly programs: readonly InspectedProgram[];
}

/** What runs a line: the runner of this package, or a shell behind another program, which goes on where the runner ends. */
export interface LineSetting extends CommandSetting {
  readonly byShell?: boolean;
}

const signs = { always: '; ', and: ' && ', or: ' || ' } as const;

/**
 * Judges every simple command of a line of several by itself. A `cd` moves the commands behind it, so it is let through only where
 * they cannot run without it.
 */
export function judgeLine(
  line: ParsedLine,
  options: CheckedOptions,
  start: WorkspaceView,
  { judgeText, feed, depth = 0, byShell = false, history = new LineHistory() }: LineSetting,
): JudgedLine | Finding {
  const objections: Finding[] = [];
  const outside: Finding[] = [];
  const programs: InspectedProgram[] = [];
  const pipelines: PlannedPipeline[] = [];
  const parts: LinePart[] = [];
  let view = start;
  // Every pipeline of a line reads the standard input of the line.
  const leading: CommandSetting = { judgeText, history, depth, feed };
  const piped: CommandSetting = { judgeText, history, depth, feed: 'pipe' };
  for (const [at, pipeline] of line.entries()) {
    const commands: PlannedCommand[] = [];
    const members: PipelineMember[] = [];
    for (const [place, command] of pipeline.commands.entries()) {
      const judged = judgeCommand(command, options, view, place > 0 ? piped : leading);
      if ('rule' in judged) return judged;
      objections.push(...judged.findings);
      programs.push(...judged.programs);
      members.push({ redirects: command.redirects, paths: judged.paths });
      if (judged.outside) outside.push(judged.outside);
      commands.push(Object.freeze(judged.planned));
      const sign = place > 0 ? ' | ' : at > 0 ? signs[pipeline.joiner] : '';
      parts.push({ sign, command, words: judged.words });
      // A shell looks for the names again when it gets there.
      if (byShell && at + place > 0 && command.words.some(({ pieces }) => pieces))
        objections.push({ rule: 'shell.syntax.glob', span: command.span, detail: 'behind another command' });
      if (
        byShell &&
        command.redirects.some((redirect) => redirect.kind === 'duplicate' && redirect.ampersand)
      )
        objections.push({
          rule: 'shell.syntax.redirect',
          span: command.span,
          detail: '&> in a text for a shell',
        });
      if (place > 0 && command.redirects.some(({ kind }) => kind === 'read' || kind === 'text')) {
        objections.push({ rule: 'shell.syntax.redirect', span: command.span, detail: 'behind a pipe' });
      }
      if (!history.add(judged.made))
        return {
          rule: 'shell.syntax.too-complex',
          span: command.span,
          detail: 'files that the line itself moves or links',
        };
      if (judged.planned.builtin !== 'cd') {
        history.commands += 1;
        continue;
      }
      const directory = judged.words.at(-1);
      if (directory && history.displaces(view.realCwd, directory.value))
        objections.push({ rule: 'shell.workspace.unsettled', span: directory.span, detail: directory.value });
      const moved = moveTo(command, judged.words, line, at, options, view, byShell);
      if ('rule' in moved) objections.push(moved);
      else view = moved;
    }
    if (members.length > 1) objections.push(...emptiedInPipeline(members, view));
    if (isNonEmpty(commands))
      pipelines.push(Object.freeze({ joiner: pipeline.joiner, commands: Object.freeze(commands) }));
  }
  const listed = byShell ? undefined : refuseByLists(programs, options);
  if (listed) objections.push(listed);
  if (!isNonEmpty(pipelines)) return { rule: 'shell.internal' };
  return { parts, objections: [...objections, ...outside], pipelines, programs };
}

/** Gives every objection to a command that stands alone, in the order of the layers. */
export function objectionsTo(
  { findings, outside, programs }: JudgedCommand,
  options: CheckedOptions,
): readonly Finding[] {
  const listed = refuseByLists(programs, options);
  if (!listed && !outside) return findings;
  return [...findings, ...(listed ? [listed] : []), ...(outside ? [outside] : [])];
}

// Behind `a && cd b`, only what `&&` joins is sure to run in b; behind `cd b` at the start of a list everything is,
// because the runner ends the list when a `cd` fails, which a shell does not.
function moveTo(
  command: SimpleCommand,
  words: readonly Token[],
  line: ParsedLine,
  at: number,
  options: CheckedOptions,
  view: WorkspaceView,
  byShell: boolean,
): WorkspaceView | Finding {
  const refusal: Finding = { rule: 'shell.syntax.directory', span: command.span };
  const operands = words.slice(words[1]?.value === '--' ? 2 : 1);
  const [directory] = operands;
  if (!directory || operands.length > 1 || /^-|^$/.test(directory.value)) return refusal;
  const pipeline: ParsedPipeline | undefined = line[at];
  if (pipeline?.commands.length !== 1 || command.redirects.length > 0 || pipeline.joiner === 'or')
    return refusal;
  const behind = line.slice(at + 1);
  if (behind[0]?.joiner === 'or') return refusal;
  if ((byShell || pipeline.joiner === 'and') && behind.some(({ joiner }) => joiner !== 'and')) return refusal;
  return viewWorkspace(options, directory.value, view);
}
