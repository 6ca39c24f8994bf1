import { integer, text, type ToolRunner } from './tool-context.js';

/** Gives the text of a file as it is, or some of its lines with a note about the rest. */
export const readFile: ToolRunner = async (args, { fs }) => {
  const content = await fs.readFile(text(args, 'path'));
  const offset = integer(args, 'offset');
  const limit = integer(args, 'limit');
  if (offset === undefined && limit === undefined) return { status: 'ok', output: content };
  const lines = content.split('\n');
  // A final line feed ends the last line and does not begin another.
  if (lines.at(-1) === '') lines.pop();
  const first = offset ?? 1;
  if (first > lines.length) {
    return { status: 'error', output: `Error OUT_OF_RANGE: the file has ${lines.length} lines.` };
  }
  const end = limit === undefined ? lines.length : Math.min(lines.length, first - 1 + limit);
  const shown = lines.slice(first - 1, end).join('\n');
  const partial = first > 1 || end < lines.length;
  return {
    status: 'ok',
    output: partial ? `${shown}\n[lines ${first} to ${end} of ${lines.length}]` : shown,
  };
};
