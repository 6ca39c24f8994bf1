import { refusePath, type PathUse, type WorkspaceView } from '../path/workspace-paths.js';
import type { Finding } from '../rules/finding.js';

const few = 6;

// A word is often recorded by several rules.
function wasJudged(
  use: PathUse,
  at: number,
  paths: readonly PathUse[],
  judged: Set<string> | undefined,
): boolean {
  if (judged) {
    const key = use.access + use.value;
    if (judged.has(key)) return true;
    judged.add(key);
    return false;
  }
  for (let before = 0; before < at; before++) {
    const other = paths[before];
    if (other?.value === use.value && other.access === use.access) return true;
  }
  return false;
}

/** Gives the first objection of the workspace restriction to the paths of a command. */
export function refusePaths(paths: readonly PathUse[], view: WorkspaceView): Finding | undefined {
  const judged = paths.length > few ? new Set<string>() : undefined;
  for (let at = 0; at < paths.length; at++) {
    const use = paths[at];
    if (!use || wasJudged(use, at, paths, judged)) continue;
    const finding = refusePath(use, view);
    if (finding) return finding;
  }
  return undefined;
}
