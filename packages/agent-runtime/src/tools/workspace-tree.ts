import { integer, type ToolRunner } from './tool-context.js';

const DEFAULT_DEPTH = 4;
const MAX_LINES = 1_000;

/** Shows what is below a directory, indented by depth. */
export const workspaceTree: ToolRunner = async (args, { fs }) => {
  const root = typeof args['root'] === 'string' ? args['root'] : '.';
  const entries = await fs.tree(root, { maxDepth: integer(args, 'max_depth') ?? DEFAULT_DEPTH });
  return { status: 'ok', output: JSON.stringify(entries).slice(0, MAX_LINES) };
};
