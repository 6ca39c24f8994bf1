import type { Dirent } from 'node:fs';
import { readdirSync } from '../path/file-system.js';
import { resolvePath } from '../path/resolve-path.js';
import { isInside, refusePath } from '../path/workspace-paths.js';
import type { Token } from '../rules/finding.js';
import type { Inspection } from './inspection.js';

const mostEntries = 4096;
const mostTrees = 64;

const leavesNothingOut = (): boolean => false;

/** Judges the trees that a tool follows, from every directory that they may be read from. */
export function inspectFollowedTrees(
  trees: readonly Token[],
  into: Inspection,
  leftOut: (directory: string) => boolean = leavesNothingOut,
): void {
  const before = into.findings.length;
  const { view, bases } = into;
  for (const from of [view, ...bases]) {
    into.view = from;
    const seen = new Set<string>();
    for (const tree of trees) {
      if (seen.has(tree.value) || into.findings.length > before) continue;
      seen.add(tree.value);
      if (seen.size > mostTrees) into.object('shell.workspace.links', tree);
      else inspectFollowedTree(tree.value, tree, into, leftOut);
    }
  }
  into.view = view;
}

/**
 * Judges every link in the tree at a path for a tool that follows them (`grep -R`). A tree too large to look at is refused.
 * `leftOut` says which directories the tool does not enter.
 */
function inspectFollowedTree(
  value: string,
  token: Token,
  into: Inspection,
  leftOut: (directory: string) => boolean = leavesNothingOut,
): void {
  const { view, history } = into;
  if (!view.restricted || refusePath({ value, span: token.span, access: 'read' }, view)) return;
  const start = resolvePath(view.realCwd, value);
  if (!start.ok) return;
  const waiting = [start.path];
  if (history) {
    // What the line moves or links below will be there by then.
    const also = [
      ...history.elsewhere(view.realCwd, value),
      ...history.below(start.path).map(({ source }) => source),
    ];
    for (const path of also) {
      const real = resolvePath('/', path);
      if (real.ok && isInside(real.path, view.realRoot)) waiting.push(real.path);
    }
  }
  const seen = new Set(waiting);
  let left = mostEntries;
  for (let directory = waiting.pop(); directory !== undefined; directory = waiting.pop()) {
    const entries = entriesOf(directory);
    left -= entries.length;
    if (left < 0) {
      into.object('shell.workspace.links', token, value);
      return;
    }
    for (const entry of entries) {
      let path = `${directory}/${entry.name}`;
      if (leftOut(path)) continue;
      if (entry.isSymbolicLink()) {
        const finding = refusePath({ value: path, span: token.span, access: 'read' }, view);
        if (finding) {
          into.findings.push({ ...finding, detail: `${value} (by the link ${entry.name})` });
          return;
        }
        const leads = resolvePath('/', path);
        if (!leads.ok) continue;
        path = leads.path;
      } else if (!entry.isDirectory()) continue;
      if (seen.has(path)) continue;
      seen.add(path);
      waiting.push(path);
    }
  }
}

// How a tool is told by plain names what to leave out; the same letters mean other things to other tools.
const leavingOut: readonly { programs: RegExp; option: RegExp; joined: RegExp; list: boolean }[] = [
  { programs: /grep$/, option: /^--exclude-dir$/, joined: /^--exclude-dir=(.*)$/s, list: false },
  { programs: /diff/, option: /^(?:-x|--exclude)$/, joined: /^--exclude=(.*)$/s, list: false },
  { programs: /^zip$/, option: /^(?:-x|--exclude)$/, joined: /^--exclude=(.*)$/s, list: true },
];

/** Gives what a command leaves out by plain names: `--exclude-dir=name` of grep, `-x name` of diff, `-x 'path/*'` of zip. */
export function directoriesLeftOut(
  program: string,
  args: readonly Token[],
  into: Inspection,
): (directory: string) => boolean {
  const tool = leavingOut.find(({ programs }) => programs.test(program));
  // Without paths (`zip -j`) there is nothing to compare the pattern with.
  if (!tool || (tool.list && args.some(({ value }) => /^-[a-zA-Z]*j|^--junk/.test(value))))
    return leavesNothingOut;
  const names = new Set<string>();
  let taking = false;
  for (const { value } of args) {
    const joined = tool.joined.exec(value)?.[1];
    if (joined !== undefined) names.add(joined);
    else if (value.startsWith('-') || value === '@') taking = tool.option.test(value);
    else if (taking) {
      names.add(value);
      taking = tool.list;
    }
  }
  if (names.size === 0) return leavesNothingOut;
  const base = `${into.view.realCwd}/`;
  return (directory) =>
    tool.list
      ? directory.startsWith(base) && names.has(`${directory.slice(base.length)}/*`)
      : names.has(directory.slice(directory.lastIndexOf('/') + 1));
}

function entriesOf(directory: string): readonly Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    // A file, or nothing: there are no links in it.
    return [];
  }
}
