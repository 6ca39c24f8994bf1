import { text, type ToolRunner } from './tool-context.js';

/** Replaces the one passage of a file that equals the old text. */
export const editFile: ToolRunner = async (args, { fs }) => {
  const path = text(args, 'path');
  await fs.editFile(path, text(args, 'old_text'), text(args, 'new_text'));
  return { status: 'ok', output: `Edited ${path}.` };
};
