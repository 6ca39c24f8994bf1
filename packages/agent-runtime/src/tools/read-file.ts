import { integer, text, type ToolRunner } from './tool-context.js';

/** Gives the text of a file as it is, or some of its lines with a note when there are more. */
export const readFile: ToolRunner = async (args, { fs }) => {
  const path = text(args, 'path');
  const offset = integer(args, 'offset');
  const limit = integer(args, 'limit');
  if (offset === undefined && limit === undefined) return { status: 'ok', output: await fs.readFile(path) };
  const first = offset ?? 1;
  const { content, truncated } = await fs.readFileInfo(path, {
    unit: 'lines',
    offset: first - 1,
    ...(limit === undefined ? {} : { limit }),
  });
  if (content === '' && first > 1) {
    return { status: 'error', output: `Error OUT_OF_RANGE: the file ends before line ${first}.` };
  }
  const note = truncated
    ? `${content.endsWith('\n') ? '' : '\n'}[there are more lines; go on with offset]`
    : '';
  return { status: 'ok', output: content + note };
};
