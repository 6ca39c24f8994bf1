/** Gives what was passed as a path, or the empty text where it is none: events and decisions are plain data. */
export function shownPath(path: unknown): string {
  return typeof path === 'string' ? path : '';
}
