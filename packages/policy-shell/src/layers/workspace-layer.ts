import type { RecordedPath } from '../inspect/inspection.js';
import { refusePath } from '../path/workspace-paths.js';
import type { Finding } from '../rules/finding.js';

const few = 6;

// A word is often recorded by several rules.
function wasJudged(
  use: RecordedPath,
  at: number,
  paths: readonly RecordedPath[],
  judged: Set<string> | undefined,
): boolean {
  if (judged) {
    const key = `${use.access}${use.view.realCwd}\0${use.value}`;
    if (judged.has(key)) return true;
    judged.add(key);
    return false;
  }
  for (let before = 0; before < at; before++) {
    const other = paths[before];
    if (other?.value === use.value && other.access === use.access && other.view === use.view) return true;
  }
  return false;
}

/** Gives the first objection of the workspace restriction to the paths of a command, each from its own directory. */
export function refusePaths(paths: readonly RecordedPath[]): Finding | undefined {
  const judged = paths.length > few ? new Set<string>() : undefined;
  for (let at = 0; at < paths.length; at++) {
    const use = paths[at];
    if (!use || wasJudged(use, at, paths, judged)) continue;
    const finding = refusePath(use, use.view);
    if (finding) return finding;
  }
  return undefined;
}
