import { toFailure } from './api-failure.js';

/** A field of a form, as far as issues concern it. */
export interface IssueField {
  /** Where it stands in the request. */
  readonly pointer: string;
  /** How the form calls it. */
  readonly label: string;
  /** False while the form does not show it: what is wrong there stands in the notice of the form, under this name. */
  readonly isShown?: boolean;
  /** Whether all that is below its place is its own, too, as entries are of their list. */
  readonly isWhole?: boolean;
}

/** An issue that stands at no field. */
export interface UnplacedIssue {
  /** Name of the field that is not shown; undefined where the form has none. */
  readonly label: string | undefined;
  readonly pointer: string;
  readonly message: string;
}

/** The issues of a failure. Each has one place: a field that is shown, or the notice of the form. */
export interface PlacedIssues {
  /** What stands at the field with this pointer. */
  readonly at: (pointer: string) => string | undefined;
  /** What stands in the notice. */
  readonly rest: readonly UnplacedIssue[];
}

/** Gives each issue of a failure its place, so that none is left out: only a field that is shown takes one away from the notice. */
export function placeIssues(error: unknown, fields: readonly IssueField[] = []): PlacedIssues {
  const placed = new Map<string, string[]>();
  const rest: UnplacedIssue[] = [];
  const issues = error === null || error === undefined ? [] : toFailure(error).issues;
  for (const { pointer, message } of issues) {
    const field = fields.find(
      (one) => pointer === one.pointer || (one.isWhole === true && pointer.startsWith(`${one.pointer}/`)),
    );
    if (field === undefined || field.isShown === false) {
      rest.push({ label: field?.label, pointer, message });
      continue;
    }
    const entry = /^\/(\d+)$/.exec(pointer.slice(field.pointer.length))?.[1];
    const known = placed.get(field.pointer) ?? [];
    placed.set(field.pointer, [
      ...known,
      entry === undefined ? message : `Entry ${Number(entry) + 1}: ${message}`,
    ]);
  }
  return { at: (pointer) => placed.get(pointer)?.join(' '), rest };
}
