import { text, type ToolRunner } from './tool-context.js';

const MAX_ENTRIES = 500;

/** Lists a directory: one entry a line, directories with a slash, files with their size. */
export const listDir: ToolRunner = async (args, { fs }) => {
  const { entries, nextCursor } = await fs.listDir(text(args, 'path'), { limit: MAX_ENTRIES });
  if (entries.length === 0) return { status: 'ok', output: '[empty directory]' };
  const lines = entries.map(({ name, type, size }) =>
    type === 'directory'
      ? `${name}/`
      : type === 'file'
        ? `${name}  (${size ?? 0} bytes)`
        : `${name}  (${type})`,
  );
  if (nextCursor !== undefined) lines.push(`[only the first ${MAX_ENTRIES} entries]`);
  return { status: 'ok', output: lines.join('\n') };
};
