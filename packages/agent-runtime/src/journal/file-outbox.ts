import type { AgentFS } from '@clawforce/policy-fs';
import type { OutboxItem } from '@clawforce/protocol';
import { readOutboxItem } from '@clawforce/protocol/link';
import { OutboxError, OutboxQueue, type Outbox, type OutboxEntry } from '@clawforce/protocol/link-client';

/** The part of the file layer that the journal writes through, opened with a zone table that admits `.state`. */
export type StateFs = Pick<AgentFS, 'readFile' | 'appendFile' | 'writeFile' | 'remove'>;

/** What {@link openFileOutbox} takes. */
export interface FileOutboxOptions {
  /** Path of the journal; `.state/outbox.jsonl` by default. */
  readonly path?: string;
  /** Bounds what may wait for the control plane; 16 MiB by default. */
  readonly maxBytes?: number;
  /**
   * Opens the journal of this path, and its place, to their owner again; called once when it is closed at opening or a write
   * fails, before that is tried again.
   */
  readonly repair?: (path: string) => Promise<void>;
}

/** An outbox on disk. */
export interface FileOutbox extends Outbox {
  /** Lines of the journal that could not be read at opening, beside a torn last one. */
  readonly damagedLines: number;
}

const COMPACT_BYTES = 256 * 1024;

interface Waiting {
  readonly entries: readonly OutboxEntry[];
  readonly resolve: (seq: number) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Gives the outbox that a worker keeps in its `.state/`: a JSONL journal, one event a line, appended and synced before
 * a number is given out, so that a number is never used twice. A line torn by a crash is dropped; its event was never
 * confirmed.
 */
export async function openFileOutbox(fs: StateFs, options: FileOutboxOptions = {}): Promise<FileOutbox> {
  const path = options.path ?? '.state/outbox.jsonl';
  const queue = new OutboxQueue(options.maxBytes ?? 16 * 1024 * 1024);
  const given = options.repair;
  const repair: Repair = given && (() => given(path));
  const journal = await readJournal(fs, path, repair);
  queue.load(journal.items, journal.nextSeq);

  let fileBytes = 0;
  let mustRewrite = true;
  let work: Promise<unknown> = Promise.resolve();
  let waiting: Waiting[] = [];

  const inTurn = <T>(step: () => Promise<T>): Promise<T> => {
    const done = work.then(step);
    work = done.catch(() => undefined);
    return done;
  };

  const rewrite = async (): Promise<void> => {
    const text = [{ next: queue.nextSeq }, ...queue.items]
      .map((line) => `${JSON.stringify(line)}\n`)
      .join('');
    await fs.writeFile(path, text);
    fileBytes = Buffer.byteLength(text);
    mustRewrite = false;
  };

  const write = async (text: string): Promise<void> => {
    // After a failed append the file may end in half a line.
    if (mustRewrite) await rewrite();
    mustRewrite = true;
    await fs.appendFile(path, text);
    mustRewrite = false;
  };

  // One sync for everything that came meanwhile (group commit).
  const flush = async (): Promise<void> => {
    const group = waiting;
    waiting = [];
    const time = new Date().toISOString();
    const items: OutboxItem[] = [];
    const numbered: { readonly waiter: Waiting; readonly seq: number }[] = [];
    for (const waiter of group) {
      try {
        items.push(...queue.number(waiter.entries, time, queue.nextSeq + items.length));
        numbered.push({ waiter, seq: queue.nextSeq + items.length - 1 });
      } catch (error) {
        waiter.reject(error);
      }
    }
    if (items.length > 0) {
      const text = items.map((item) => `${JSON.stringify(item)}\n`).join('');
      try {
        await repaired(() => write(text), repair);
      } catch (cause) {
        const error = new OutboxError('OUTBOX_IO', 'The events could not be written to disk.', { cause });
        for (const { waiter } of numbered) waiter.reject(error);
        return;
      }
      fileBytes += Buffer.byteLength(text);
      queue.keep(items);
    }
    for (const { waiter, seq } of numbered) waiter.resolve(seq);
  };

  return {
    damagedLines: journal.damagedLines,
    get nextSeq() {
      return queue.nextSeq;
    },
    get lowSeq() {
      return queue.lowSeq;
    },
    resumeAfter: (ack) =>
      inTurn(async () => {
        const outcome = queue.resumeAfter(ack);
        await repaired(rewrite, repair);
        return outcome;
      }),
    append: (entries) =>
      new Promise((resolve, reject) => {
        waiting.push({ entries, resolve, reject });
        if (waiting.length === 1) void inTurn(flush);
      }),
    itemsFrom: (seq, limits) => queue.itemsFrom(seq, limits),
    trim: (ack) =>
      inTurn(async () => {
        if (!queue.trim(ack) || fileBytes < COMPACT_BYTES) return;
        // Replaced as a whole, so a failure leaves the longer journal, which is right as well.
        await repaired(rewrite, repair).catch(() => undefined);
      }),
  };
}

type Repair = (() => Promise<void>) | undefined;

/** Does a step again, once, behind a repair: a command of the worker's own user may have closed the way. */
async function repaired<T>(step: () => Promise<T>, repair: Repair): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (!repair) throw error;
    await repair();
    return step();
  }
}

/**
 * What stands where the journal belongs, and is none: a command that was root may have left anything there. A closed one is
 * a journal still, unless nobody here can open it.
 */
const NO_JOURNAL: ReadonlySet<unknown> = new Set([
  'IS_A_DIRECTORY',
  'SPECIAL_FILE',
  'ESCAPE',
  'TOO_MANY_LINKS',
  'HARD_LINK',
  'PERMISSION',
  'TOO_LARGE',
  'BINARY',
]);

/** Reads the journal. What is no journal is removed, or no worker of this agent could ever start again. */
async function readJournal(fs: StateFs, path: string, repair: Repair): Promise<Journal> {
  const read = async (): Promise<Journal> => parseJournal(await fs.readFile(path));
  try {
    return await read().catch(async (error: unknown) => {
      if (!repair || (error as { code?: unknown }).code !== 'PERMISSION') throw error;
      await repair();
      return read();
    });
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code === 'NOT_FOUND') return parseJournal('');
    if (!NO_JOURNAL.has(code)) throw error;
    await fs.remove(path, { recursive: true });
    return { ...parseJournal(''), damagedLines: 1 };
  }
}

interface Journal {
  readonly items: readonly OutboxItem[];
  readonly nextSeq: number;
  readonly damagedLines: number;
}

/** Reads a journal: the number to continue with, the unbroken run of events, and how many lines make no sense. */
function parseJournal(text: string): Journal {
  const lines = text.split('\n');
  // What follows the last line feed is empty, or torn by a crash.
  lines.pop();
  const items: OutboxItem[] = [];
  let next = 1;
  let damagedLines = 0;
  for (const line of lines) {
    const raw = parseLine(line);
    const header = (raw as { next?: unknown } | undefined)?.next;
    if (typeof header === 'number' && Number.isSafeInteger(header) && items.length === 0) {
      next = Math.max(next, header);
      continue;
    }
    const item = readOutboxItem(raw);
    const last = items.at(-1)?.seq;
    if (item && damagedLines === 0 && (last === undefined || item.seq === last + 1)) items.push(item);
    else damagedLines += 1;
  }
  const last = items.at(-1);
  return { items, nextSeq: Math.max(next, last ? last.seq + 1 : 1), damagedLines };
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
