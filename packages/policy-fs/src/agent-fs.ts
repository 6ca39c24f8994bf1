import { policyDigest, type Decision } from '@clawforce/policy-core';
import { Call } from './audit/call.js';
import type { AuditEvent, AuditListener, Operation } from './audit/audit-event.js';
import { judge } from './check/judge.js';
import { operationOf, type CheckedOperation } from './check/operations.js';
import { checkEdit, editPassage, type EditOptions, type EditResult } from './edit/edit-file.js';
import { AgentFSError } from './errors/agent-fs-error.js';
import { toAgentFSError } from './errors/from-system-error.js';
import type { FsContext } from './fs-context.js';
import type { AgentFSOptions } from './fs-settings.js';
import { listPage, listZonePage, type DirListing, type DirPage, type ListOptions } from './list/list-dir.js';
import { statPath, statRoot, type FileStat } from './list/stat.js';
import {
  checkTreeOptions,
  listTree,
  listZoneTrees,
  type TreeListing,
  type TreeOptions,
} from './list/tree.js';
import { makeDirectory } from './names/make-directory.js';
import { moveEntry, renameEntry } from './names/move.js';
import { removeEntry } from './names/remove.js';
import { flag } from './options/flag.js';
import { checkKeys } from './options/known-keys.js';
import { shownPath } from './path/shown-path.js';
import { openContext } from './open-context.js';
import { readContent, readInfo } from './read/read-file.js';
import { checkReadOptions, type FileInfo, type ReadOptions, type TextEncoding } from './read/read-options.js';
import { globPaths } from './search/glob.js';
import { grepLines } from './search/grep.js';
import {
  GREP_OPTIONS,
  type Cut,
  type GlobOptions,
  type GrepMatch,
  type GrepOptions,
} from './search/search-options.js';
import { DEFAULT_ZONE, type ZoneSpec } from './zones/zone-table.js';
import { checkWriteOptions, type WriteOptions, type WriteResult } from './write/write-options.js';
import { appendBytes, toBytes, writeWhole, type AppendResult } from './write/write-file.js';

/**
 * File access below one agent directory that does not leave it, whatever is renamed or linked meanwhile. Paths are
 * relative; a bare path means `workspace/`. Every method but {@link AgentFS.check} throws {@link AgentFSError}, and
 * TypeError for arguments and options of the wrong kind.
 */
export class AgentFS {
  readonly #context: FsContext;
  readonly #digest: string;
  readonly #onAudit: AuditListener | undefined;
  readonly #ordered = new Map<string, Promise<unknown>>();
  #running = 0;
  #closing: { readonly done: Promise<void>; readonly end: () => void } | undefined;

  private constructor(context: FsContext) {
    this.#context = context;
    this.#onAudit = context.settings.onAudit;
    const { links, hardLinks, portableNames } = context.settings;
    this.#digest = policyDigest({ zones: context.locator.root.table.zones, links, hardLinks, portableNames });
  }

  /**
   * Pins an agent directory and gives the file layer for it; files left over by writers that were killed are removed.
   *
   * @throws TypeError naming the bad option; AgentFSError `UNSUPPORTED` where only detection is possible and was not
   * accepted, `NOT_FOUND` when there is no such directory.
   */
  static async open(agentRoot: string, options: AgentFSOptions = {}): Promise<AgentFS> {
    return new AgentFS(await openContext(agentRoot, options));
  }

  /** `kernel`: no swap of names leads out. `detect` (macOS, Windows): a swap is noticed, after one effect at worst. */
  get containment(): 'kernel' | 'detect' {
    return this.#context.locator.root.backend.containment;
  }

  /** The zone table in force. */
  get zones(): readonly ZoneSpec[] {
    return this.#context.locator.root.table.zones;
  }

  /** Identifies the policy, as in every {@link Decision}. */
  get policyDigest(): string {
    return this.#digest;
  }

  /** Gives a file's text, or its bytes with `encoding: 'buffer'`; in part with `offset` and `limit`. */
  readFile(path: string, options: ReadOptions & { readonly encoding: 'buffer' }): Promise<Buffer>;
  readFile(path: string, options?: ReadOptions & { readonly encoding?: TextEncoding }): Promise<string>;
  async readFile(path: string, options: ReadOptions = {}): Promise<string | Buffer> {
    return this.#run('readFile', path, (call) => {
      checkReadOptions(options);
      return readContent(this.#context, call, path, options);
    });
  }

  /** Gives content with etag, size and whether it was cut. */
  readFileInfo(
    path: string,
    options: ReadOptions & { readonly encoding: 'buffer' },
  ): Promise<FileInfo<Buffer>>;
  readFileInfo(path: string, options?: ReadOptions & { readonly encoding?: TextEncoding }): Promise<FileInfo>;
  async readFileInfo(path: string, options: ReadOptions = {}): Promise<FileInfo<string | Buffer>> {
    return this.#run('readFile', path, (call) => {
      checkReadOptions(options);
      return readInfo(this.#context, call, path, options);
    });
  }

  /** Replaces or creates a file as a whole, atomically; missing directories are made, an existing file keeps its mode. */
  async writeFile(
    path: string,
    content: string | Uint8Array,
    options: WriteOptions = {},
  ): Promise<WriteResult> {
    return this.#change('writeFile', path, undefined, (call) => {
      const data = toBytes(content, 'content');
      checkWriteOptions(options);
      const shared = typeof content !== 'string';
      return writeWhole(this.#context, call, this.#gate(path), { data, shared }, options);
    });
  }

  /** Appends to a file, or creates it. A crash may leave a part of the data. */
  async appendFile(path: string, data: string | Uint8Array): Promise<AppendResult> {
    return this.#change('appendFile', path, undefined, (call) =>
      appendBytes(this.#context, call, this.#gate(path), toBytes(data, 'data')),
    );
  }

  /** Replaces the one passage that equals the old text; byte order mark, line endings and mode stay. */
  async editFile(
    path: string,
    oldText: string,
    newText: string,
    options: EditOptions = {},
  ): Promise<EditResult> {
    return this.#change('editFile', path, undefined, (call) => {
      const passage = { oldText, newText };
      checkEdit(passage, options);
      return editPassage(this.#context, call, this.#gate(path), passage, options);
    });
  }

  /** Gives the entries of a directory sorted by name; `nextCursor` is set when `limit` (10,000) cut the list. */
  async listDir(path: string, options: ListOptions = {}): Promise<DirListing> {
    const { entries, nextCursor } = await this.listDirPage(path, options);
    return Object.assign([...entries], nextCursor === undefined ? {} : { nextCursor });
  }

  /** Gives the same as {@link AgentFS.listDir} as an object. */
  async listDirPage(path: string, options: ListOptions = {}): Promise<DirPage> {
    return this.#run('listDir', path, (call) => {
      const gated = this.#context.locator.gate(path);
      if (!gated.zone) return listZonePage(this.#context, call, options);
      return listPage(this.#context, call, this.#gate(path), options);
    });
  }

  /** Gives what is below a directory, nested and sorted; links are told, not followed. */
  async tree(path = DEFAULT_ZONE, options: TreeOptions = {}): Promise<TreeListing> {
    return this.#run('tree', path, (call) => {
      const checked = checkTreeOptions(options);
      const gated = this.#context.locator.gate(path);
      if (!gated.zone) return listZoneTrees(this.#context, call, checked);
      return listTree(this.#context, call, this.#gate(path), checked);
    });
  }

  /** Gives the canonical paths of files and links that match a pattern of `*`, `**`, `?`, `[...]` and `{a,b}`. */
  async glob(pattern: string, options: GlobOptions = {}): Promise<Cut<string>> {
    return this.#run('glob', pattern, (call) => globPaths(this.#context, call, pattern, options));
  }

  /** Gives the lines that hold a text. A RegExp is for programs only: a model's could take exponential time. */
  async grep(pattern: string | RegExp, options: GrepOptions = {}): Promise<Cut<GrepMatch>> {
    return this.#run('grep', DEFAULT_ZONE, (call) => {
      checkKeys(options, GREP_OPTIONS);
      call.path = options.path ?? DEFAULT_ZONE;
      return grepLines(this.#context, call, pattern, this.#gate(call.path), options);
    });
  }

  /** Tells what a path means, links followed, without opening it. */
  async stat(path: string): Promise<FileStat> {
    return this.#run('stat', path, (call) => {
      const gated = this.#context.locator.gate(path);
      if (gated.zone) return statPath(this.#context, call, this.#gate(path));
      return statRoot(this.#context, call);
    });
  }

  /** Makes a directory and the missing ones above it; gives whether it was made. */
  async mkdir(path: string): Promise<boolean> {
    return this.#change('mkdir', path, undefined, (call) =>
      makeDirectory(this.#context, call, this.#gate(path)),
    );
  }

  /** Removes a file, a link or an empty directory; with `recursive` a directory and what is in it. */
  async remove(path: string, options: { readonly recursive?: boolean } = {}): Promise<void> {
    return this.#change('remove', path, undefined, (call) => {
      checkKeys(options, ['recursive']);
      return removeEntry(this.#context, call, this.#gate(path), flag('recursive', options.recursive));
    });
  }

  /** Gives an entry another name in its directory and never replaces one; gives the new canonical path. */
  async rename(path: string, newName: string): Promise<string> {
    return this.#change('rename', path, newName, (call) =>
      renameEntry(this.#context, call, this.#gate(path), newName),
    );
  }

  /** Gives an entry another place and never replaces one; missing directories are made. Gives the canonical path. */
  async move(from: string, to: string): Promise<string> {
    return this.#change('move', from, to, (call) =>
      moveEntry(this.#context, call, this.#gate(from), this.#gate(to)),
    );
  }

  /** Judges an operation without doing it, as things are now; never throws for a path. */
  check(op: CheckedOperation, path: string, to?: string): Decision {
    const operation = operationOf(op);
    if (operation === undefined) throw new TypeError(`argument "op" is no operation: ${op}`);
    if (this.#closing) return new AgentFSError('CLOSED').placed(shownPath(path), this.#digest).decision;
    return judge(this.#context, this.#digest, operation, path, to);
  }

  /** Waits for the calls in progress and releases every descriptor; later calls fail with CLOSED. */
  async close(): Promise<void> {
    if (!this.#closing) {
      let end = (): void => undefined;
      const done = new Promise<void>((resolve) => {
        end = () => {
          this.#context.locator.root.close();
          resolve();
        };
      });
      this.#closing = { done, end };
      if (this.#running === 0) end();
    }
    return this.#closing.done;
  }

  /** Lets `await using` close it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #gate(path: string): ReturnType<FsContext['locator']['gateInZone']> {
    return this.#context.locator.gateInZone(path);
  }

  /** Changes of one path, however it is spelled, happen in the order of their calls; that of a move counts for both. */
  async #change<T>(
    op: Operation,
    path: string,
    to: string | undefined,
    work: (call: Call) => Promise<T>,
  ): Promise<T> {
    const keys = this.#places(op, path, to);
    const earlier = keys.flatMap((key) => this.#ordered.get(key) ?? []);
    const inTurn = (call: Call): Promise<T> => Promise.all(earlier).then(() => work(call));
    const mine = this.#run(op, path, earlier.length > 0 ? inTurn : work, to);
    const settled = mine.then(
      () => undefined,
      () => undefined,
    );
    for (const key of keys) this.#ordered.set(key, settled);
    try {
      return await mine;
    } finally {
      for (const key of keys) if (this.#ordered.get(key) === settled) this.#ordered.delete(key);
    }
  }

  /** The canonical paths that a change takes or gives. */
  #places(op: Operation, path: string, to: string | undefined): readonly string[] {
    const place = this.#canonical(path);
    // What is no text is refused in its turn.
    if (typeof (path as unknown) !== 'string' || typeof to !== 'string') return [place];
    return [place, op === 'rename' ? place.replace(/[^/]*$/, () => to) : this.#canonical(to)];
  }

  #canonical(path: string): string {
    try {
      return this.#context.locator.gate(path).canonical;
    } catch {
      // Refused in its turn, with an audit event.
      return path;
    }
  }

  async #run<T>(op: Operation, path: string, work: (call: Call) => T | Promise<T>, to?: string): Promise<T> {
    const call = new Call(op, path, to, this.#onAudit !== undefined);
    const started = performance.now();
    this.#running += 1;
    let value: T;
    try {
      if (this.#closing) throw new AgentFSError('CLOSED');
      value = await work(call);
    } catch (thrown) {
      if (thrown instanceof TypeError && !('code' in thrown)) {
        this.#audit(call, started, { outcome: 'failed', code: 'INVALID_ARGUMENT' });
        throw thrown;
      }
      const error = toAgentFSError(thrown).placed(shownPath(call.path), this.#digest);
      const { effect, rule } = error.decision;
      this.#audit(call, started, {
        outcome: effect === 'deny' ? 'denied' : 'failed',
        code: error.code,
        rule,
      });
      throw error;
    } finally {
      this.#running -= 1;
      if (this.#running === 0) this.#closing?.end();
    }
    this.#audit(call, started, { outcome: 'ok' });
    return value;
  }

  #audit(
    { op, path, to, resolved, identity, bytes }: Call,
    started: number,
    end: Pick<AuditEvent, 'outcome' | 'code' | 'rule'>,
  ): void {
    this.#onAudit?.({
      op,
      path: shownPath(path),
      ...(to === undefined ? {} : { to: shownPath(to) }),
      ...(resolved === undefined ? {} : { resolved }),
      ...(identity === undefined ? {} : { identity }),
      ...end,
      ...(bytes === undefined ? {} : { bytes }),
      micros: Math.round((performance.now() - started) * 1000),
    });
  }
}
