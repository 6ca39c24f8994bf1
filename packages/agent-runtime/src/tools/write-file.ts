import { text, type ToolRunner } from './tool-context.js';

/** Writes a whole file. */
export const writeFile: ToolRunner = async (args, { fs }) => {
  const path = text(args, 'path');
  const content = text(args, 'content');
  await fs.writeFile(path, content);
  return { status: 'ok', output: `Wrote ${Buffer.byteLength(content)} bytes to ${path}.` };
};
