import { directoryOf } from '../gate/file-operations.js';
import type { ToolRunner } from './tool-context.js';

const MAX_ENTRIES = 500;

/** Lists a directory: one entry a line, directories with a slash, files with their size. */
export const listDir: ToolRunner = async (args, { fs }) => {
  const entries = await fs.listDir(directoryOf(args, 'path'), { limit: MAX_ENTRIES });
  if (entries.length === 0) return { status: 'ok', output: '[empty directory]' };
  const lines = entries.map(({ name, type, size }) => entryLine(name, type, size));
  if (entries.nextCursor !== undefined) lines.push(`[only the first ${MAX_ENTRIES} entries]`);
  return { status: 'ok', output: lines.join('\n') };
};

/** Gives one line for an entry of a directory. */
export function entryLine(name: string, type: string, size: number): string {
  if (type === 'directory') return `${name}/`;
  return type === 'file' ? `${name}  (${size} bytes)` : `${name}  (${type})`;
}
