import {
  isCredentialFile,
  type PathAccess,
  type PathUse,
  type WorkspaceView,
} from '../path/workspace-paths.js';
import type { ShellRuleId } from '../rules/catalogue.js';
import type { Finding, Token } from '../rules/finding.js';
import type { LineHistory, MadePlace } from './line-history.js';

/** Policy options that the inspection of arguments needs. */
export interface InspectionOptions {
  readonly inlineCode: 'deny' | 'ask' | 'allow';
  readonly elevation: 'deny' | 'allow';
}

/** What gives a command its standard input: a pipe, a file, or the text of a here-document. */
export type Feed = 'pipe' | 'file' | 'text';

/** A program that the command starts, directly or through a wrapper. */
export interface InspectedProgram {
  /** Name of the profile, or the base name of an unknown program. */
  readonly name: string;
  /** The word as written. */
  readonly token: Token;
  /** First operand, which is the sub-command where the tool has them. */
  readonly subcommand: string | undefined;
  /** Whether it only starts the next one. */
  readonly wrapper: boolean;
  /** Whether the word names a program of the system, not a file of the workspace. */
  readonly system: boolean;
}

// Most commands have none, and a list costs something.
const nothing: readonly never[] = [];

/** Collects what one command would do; filled by `inspectCommand`. */
export class Inspection {
  readonly options: InspectionOptions;
  readonly view: WorkspaceView;
  readonly findings: Finding[] = [];
  readonly paths: PathUse[] = [];
  readonly programs: InspectedProgram[] = [];
  /** Absent where standard input is closed. */
  readonly feed: Feed | undefined;
  /** What earlier commands of the line made; absent for a command alone. */
  readonly history: LineHistory | undefined;
  depth = 0;
  #texts: Token[] | undefined;
  #made: MadePlace[] | undefined;

  constructor(options: InspectionOptions, view: WorkspaceView, feed?: Feed, history?: LineHistory) {
    this.options = options;
    this.view = view;
    this.feed = feed;
    this.history = history;
  }

  program(program: InspectedProgram, place: number): void {
    if (place === this.programs.length) this.programs.push(program);
    else this.programs.splice(place, 0, program);
  }

  object(rule: ShellRuleId, token: Token, detail = token.value): void {
    this.findings.push({ rule, span: token.span, detail });
  }

  path(value: string, token: Token, access: PathAccess): void {
    if ((access === 'read' || access === 'any') && isCredentialFile(value))
      this.object('shell.secret.file', token);
    this.paths.push({ value, span: token.span, access });
  }

  /** Words that may hold a command line or other code. */
  get texts(): readonly Token[] {
    return this.#texts ?? nothing;
  }

  text(token: Token): void {
    (this.#texts ??= []).push(token);
  }

  /** What this command makes for those behind it. */
  get made(): readonly MadePlace[] {
    return this.#made ?? nothing;
  }

  makes(place: MadePlace): void {
    (this.#made ??= []).push(place);
  }

  inlineCode(token: Token, detail: string): void {
    const { inlineCode } = this.options;
    if (inlineCode === 'allow') return;
    this.object(inlineCode === 'ask' ? 'shell.inline-code.ask' : 'shell.inline-code.deny', token, detail);
  }
}
