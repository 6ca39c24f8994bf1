import { refusePath, type PathUse, type WorkspaceView } from '../path/workspace-paths.js';
import type { Finding } from '../rules/finding.js';

/** Gives the first objection of the workspace restriction to the paths of a command. */
export function refusePaths(paths: readonly PathUse[], view: WorkspaceView): Finding | undefined {
  const judged = new Set<string>();
  for (const use of paths) {
    const key = `${use.access}\0${use.value}`;
    if (judged.has(key)) continue;
    judged.add(key);
    const finding = refusePath(use, view);
    if (finding) return finding;
  }
  return undefined;
}
