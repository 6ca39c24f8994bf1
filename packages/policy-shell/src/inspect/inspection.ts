import {
  isCredentialFile,
  type PathAccess,
  type PathUse,
  type WorkspaceView,
} from '../path/workspace-paths.js';
import type { CheckedOptions } from '../policy-options.js';
import type { ShellRuleId } from '../rules/catalogue.js';
import type { Finding, Token } from '../rules/finding.js';
import type { LineHistory, MadePlace } from './line-history.js';

/** Judges a text as the line of commands that a shell makes of it, and adds what it finds. */
export type TextJudge = (text: Token, into: Inspection) => void;

/** A path, and the directories it is judged against. */
export interface RecordedPath extends PathUse {
  readonly view: WorkspaceView;
  /** Whether it names a directory to enter, which is looked for where the option stands and nowhere else. */
  readonly entered: boolean;
}

/** A text, and the directories that what it names is judged against. */
export interface RecordedText extends Token {
  readonly view: WorkspaceView;
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

/** What a program inside of another gives back when it ends. */
interface ProgramFrame {
  readonly view: WorkspaceView;
  readonly origin: WorkspaceView;
  readonly bases: readonly WorkspaceView[];
  readonly outer: readonly OuterBases[];
  readonly start: number;
}

/** The further directories of a program around the one at hand, and the directory it ran in. */
interface OuterBases {
  readonly view: WorkspaceView;
  readonly bases: readonly WorkspaceView[];
}

const mostRepeated = 2048;
const mostLooks = 1;

// Most commands have none, and a list costs something.
const nothing: readonly never[] = [];

/** Collects what one command would do; filled by `inspectCommand`. */
export class Inspection {
  readonly options: CheckedOptions;
  /** The directories that the words at hand are judged against: other ones behind an option that enters a directory. */
  view: WorkspaceView;
  /** Further directories that the words of the program at hand may be read from (`tar -C`). */
  bases: readonly WorkspaceView[] = nothing;
  /** Where the program at hand begins, whatever directory an option of it enters. */
  origin: WorkspaceView;
  readonly judgeText: TextJudge;
  readonly findings: Finding[] = [];
  readonly paths: RecordedPath[] = [];
  readonly programs: InspectedProgram[] = [];
  /** Absent where standard input is closed. */
  readonly feed: Feed | undefined;
  /** What earlier commands of the line made; absent for a command alone. */
  readonly history: LineHistory | undefined;
  /** What a here-document feeds to the command. */
  fedText: Token | undefined;
  depth = 0;
  #outer: readonly OuterBases[] = nothing;
  #start = 0;
  #looks = 0;
  #entering = false;
  #texts: RecordedText[] | undefined;
  #made: MadePlace[] | undefined;

  constructor(
    options: CheckedOptions,
    view: WorkspaceView,
    judgeText: TextJudge,
    feed?: Feed,
    history?: LineHistory,
  ) {
    this.options = options;
    this.view = view;
    this.origin = view;
    this.judgeText = judgeText;
    this.feed = feed;
    this.history = history;
  }

  /** Begins the words of a program; gives what {@link endProgram} takes. */
  beginProgram(): ProgramFrame {
    const { view, origin, bases } = this;
    const frame = { view, origin, bases, outer: this.#outer, start: this.#start };
    this.origin = view;
    if (bases.length > 0) this.#outer = [...this.#outer, { view, bases }];
    this.bases = nothing;
    this.#start = this.paths.length;
    return frame;
  }

  /** Ends the words of a program: its directories no longer count, and what it names is judged from each of them. */
  endProgram(frame: ProgramFrame, token: Token): void {
    if (this.bases.length > 0) this.judgeAlsoFrom(this.bases, token);
    this.view = frame.view;
    this.origin = frame.origin;
    this.bases = frame.bases;
    this.#outer = frame.outer;
    this.#start = frame.start;
  }

  /** Every directory that a text of the program at hand may run in, or `undefined` where that is not told. */
  get everyView(): readonly WorkspaceView[] | undefined {
    if (this.#outer.length === 0) return this.bases.length === 0 ? [this.view] : [this.view, ...this.bases];
    // A program between has moved on, and from which of them is not known.
    if (this.#outer.some(({ view }) => view !== this.view)) return undefined;
    return [this.view, ...this.#outer.flatMap(({ bases }) => bases), ...this.bases];
  }

  /** Whether a program around the one at hand may run it in one of several directories. */
  get startsInSeveral(): boolean {
    return this.#outer.length > 0;
  }

  /** Records the paths of a directory that is entered. */
  entering(record: () => void): void {
    this.#entering = true;
    record();
    this.#entering = false;
  }

  /** Records the paths of the program at hand once more for each of these directories. */
  judgeAlsoFrom(views: readonly WorkspaceView[], token: Token): void {
    const end = this.paths.length;
    if ((end - this.#start) * views.length > mostRepeated) {
      this.object('shell.syntax.too-complex', token, 'paths in several directories');
      return;
    }
    for (const view of views)
      for (const path of this.paths.slice(this.#start, end))
        if (!path.entered) this.paths.push({ ...path, view });
  }

  /** Gives an empty one for words that are looked at by themselves. */
  nested(feed: Feed | undefined, view = this.view): Inspection {
    const nested = new Inspection(this.options, view, this.judgeText, feed, this.history);
    nested.depth = this.depth;
    nested.#looks = this.#looks;
    nested.#outer =
      this.bases.length > 0 ? [...this.#outer, { view: this.view, bases: this.bases }] : this.#outer;
    return nested;
  }

  /**
   * Gives an empty one for another look at words that were judged once; undefined where they are part of such looks already,
   * since their number doubles with each program inside of another.
   */
  otherLook(view: WorkspaceView): Inspection | undefined {
    if (this.#looks >= mostLooks) return undefined;
    const other = this.nested(this.feed, view);
    other.#looks = this.#looks + 1;
    return other;
  }

  /** Takes over what another look at the same words has found beyond this one. */
  takeOver(other: Inspection): void {
    const isNew = <Found extends { readonly span?: Token['span'] }>(
      own: readonly Found[],
      name: keyof Found,
    ) => {
      const known = new Set(own.map((found) => `${String(found[name])} ${found.span?.[0]}`));
      return (found: Found): boolean => !known.has(`${String(found[name])} ${found.span?.[0]}`);
    };
    this.findings.push(...other.findings.filter(isNew(this.findings, 'rule')));
    this.paths.push(...other.paths.filter(isNew(this.paths, 'value')));
    this.programs.push(
      ...other.programs.filter(({ name }) => this.programs.every((own) => own.name !== name)),
    );
    for (const place of other.made) this.makes(place);
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
    this.paths.push({ value, span: token.span, access, view: this.view, entered: this.#entering });
  }

  /** Words that may hold a command line or other code. */
  get texts(): readonly RecordedText[] {
    return this.#texts ?? nothing;
  }

  text(token: Token): void {
    (this.#texts ??= []).push({ value: token.value, span: token.span, view: this.view });
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
