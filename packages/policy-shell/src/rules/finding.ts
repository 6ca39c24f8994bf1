import type { ShellRuleId } from './catalogue.js';

/** Offsets `[start, end)` in the command, in UTF-16 code units. */
export type Span = readonly [number, number];

/** One objection: which rule, where, and the text that stands for `{}` in its reason. */
export interface Finding {
  readonly rule: ShellRuleId;
  readonly span?: Span;
  readonly detail?: string;
  /** The text for a shell in which it was found, where that is not the command itself (`sh -c '…'`). */
  readonly within?: string;
}

/** One word of the argument vector after quoting and patterns are resolved. */
export interface Token {
  readonly value: string;
  readonly span: Span;
}
