import { PassThrough, Readable } from 'node:stream';
import { AgentFSError, type AgentFS, type TreeNode } from '@clawforce/policy-fs';
import { ZipFile } from 'yazl';
import { ApiError } from '../errors/api-error.js';

/** How much one archive holds at most. */
export interface ArchiveLimits {
  /** Files, directories and links together. */
  readonly entries: number;
  /** Sum of the sizes of the files in bytes, before compression. */
  readonly bytes: number;
}

/** A folder as a ZIP stream. */
export interface FolderArchive {
  /** Name for the download, for example `reports.zip`. */
  readonly fileName: string;
  /** The bytes; it fails when a file changes so much that the limits no longer hold, or is gone. */
  readonly stream: Readable;
}

/** What a download of a workspace takes at most: 10,000 entries and 512 MiB. */
export const ARCHIVE_LIMITS: ArchiveLimits = Object.freeze({ entries: 10_000, bytes: 512 * 1024 * 1024 });

const PIECE_BYTES = 1024 * 1024;
const MAX_DEPTH = 128;
/** Lies next to the folder, so no name inside of it can be the same. */
const NOTE = 'not-included.txt';
// Extractors read a backslash as a separator and a colon as a drive or stream (CVE-2018-1002200 and its kin).
const AMBIGUOUS_NAME = /[\\:\p{Cc}]/u;

/**
 * Packs a folder. Every byte comes through policy-fs: links are not followed but named in a note inside of the archive,
 * like everything else that is left out.
 *
 * @throws AgentFSError when the folder is missing or refused.
 * @throws ApiError PAYLOAD_TOO_LARGE before the first byte, when the folder is beyond the limits.
 */
export async function archiveFolder(
  fs: AgentFS,
  folder: string,
  limits: ArchiveLimits = ARCHIVE_LIMITS,
): Promise<FolderArchive> {
  if ((await fs.stat(folder)).type !== 'directory') throw new AgentFSError('NOT_A_DIRECTORY');
  const tree = await fs.tree(folder, { maxDepth: MAX_DEPTH, limit: limits.entries });
  if (tree.truncated) throw tooLarge(`it has more than ${limits.entries} entries`);
  const { files, emptyFolders, leftOut } = sort(fs, tree);
  const total = files.reduce((sum, { size }) => sum + size, 0);
  if (total > limits.bytes) throw tooLarge(`its files have ${total} bytes, the limit is ${limits.bytes}`);

  const last = folder.split('/').findLast((part) => part !== '' && part !== '.') ?? 'workspace';
  const name = AMBIGUOUS_NAME.test(last) ? 'folder' : last;
  const zip = new ZipFile();
  const output = new PassThrough();
  // The packing starts before anybody listens, and an error without listener would end the process. Whoever reads the
  // stream later still gets it.
  output.on('error', () => undefined);
  zip.outputStream.pipe(output);
  zip.on('error', (error: Error) => output.destroy(error));
  const budget = { left: limits.bytes };
  for (const { segments } of emptyFolders) zip.addEmptyDirectory([name, ...segments].join('/'));
  for (const { segments, path } of files) {
    zip.addReadStreamLazy([name, ...segments].join('/'), { compress: true, mode: 0o100644 }, (give) => {
      const content = Readable.from(pieces(fs, path, budget));
      // yazl does not watch the streams that it is given lazily.
      content.once('error', (error) => output.destroy(error));
      output.once('close', () => content.destroy());
      give(null, content);
    });
  }
  if (leftOut.length > 0) zip.addBuffer(Buffer.from(`${leftOut.join('\n')}\n`), NOTE);
  zip.end();
  return { fileName: `${name}.zip`, stream: output };
}

interface Item {
  readonly segments: readonly string[];
  readonly path: string;
  readonly size: number;
}

interface Sorted {
  readonly files: readonly Item[];
  readonly emptyFolders: readonly Item[];
  readonly leftOut: readonly string[];
}

function sort(fs: AgentFS, tree: readonly TreeNode[]): Sorted {
  const files: Item[] = [];
  const emptyFolders: Item[] = [];
  const leftOut: string[] = [];
  const enter = (nodes: readonly TreeNode[], above: readonly string[]): void => {
    for (const { name, path, type, size, children } of nodes) {
      const item = { segments: [...above, name], path, size };
      if (AMBIGUOUS_NAME.test(name))
        leftOut.push(`${JSON.stringify(path)}: the name is not safe in an archive`);
      else if (type === 'directory') {
        if (children?.length === 0) emptyFolders.push(item);
        else if (children) enter(children, item.segments);
        else leftOut.push(`${path}: lies too deep`);
      } else if (type === 'file') {
        const { effect, reason } = fs.check('readFile', path);
        if (effect === 'allow') files.push(item);
        else leftOut.push(`${path}: ${reason}`);
      } else leftOut.push(`${path}: ${type === 'symlink' ? 'a symbolic link' : 'not a file'}`);
    }
  };
  enter(tree, []);
  return { files, emptyFolders, leftOut };
}

async function* pieces(fs: AgentFS, path: string, budget: { left: number }): AsyncGenerator<Buffer> {
  for (let offset = 0; ;) {
    const piece = await fs.readFile(path, { encoding: 'buffer', offset, limit: PIECE_BYTES });
    if (piece.length === 0) return;
    // The sizes were counted before; files may have grown since.
    budget.left -= piece.length;
    if (budget.left < 0) throw tooLarge('it grew while it was read');
    yield piece;
    if (piece.length < PIECE_BYTES) return;
    offset += piece.length;
  }
}

function tooLarge(why: string): ApiError {
  return new ApiError('PAYLOAD_TOO_LARGE', `The folder cannot be packed: ${why}.`, {
    fix: 'Download its parts one by one.',
  });
}
