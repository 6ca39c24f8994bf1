import { directoryOf } from '../gate/file-operations.js';
import { entryLine } from './list-dir.js';
import { integer, type ToolContext, type ToolRunner } from './tool-context.js';

const DEFAULT_DEPTH = 4;
const MAX_ENTRIES = 1_000;

type Nodes = Awaited<ReturnType<ToolContext['fs']['tree']>>[number][];

/** Shows what is below a directory, indented by depth. */
export const workspaceTree: ToolRunner = async (args, { fs }) => {
  const nodes = await fs.tree(directoryOf(args, 'root'), {
    maxDepth: integer(args, 'max_depth') ?? DEFAULT_DEPTH,
    limit: MAX_ENTRIES,
  });
  const lines = linesOf(nodes, '');
  if (nodes.truncated) lines.push(`[only the first ${MAX_ENTRIES} entries]`);
  return { status: 'ok', output: lines.length === 0 ? '[empty directory]' : lines.join('\n') };
};

function linesOf(nodes: Nodes, indent: string): string[] {
  return nodes.flatMap(({ name, type, size, children }) => [
    `${indent}${entryLine(name, type, size)}`,
    ...linesOf(children ?? [], `${indent}  `),
  ]);
}
