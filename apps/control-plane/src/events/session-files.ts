import { createHash } from 'node:crypto';
import type { SessionEntry } from '@clawforce/protocol';
import type { AgentFiles } from '../agents/agent-files.js';
import { storableText } from '../storage/storable-text.js';

/** A session entry with the number of its event. */
export interface NumberedEntry {
  readonly seq: number;
  readonly sessionKey: string;
  readonly entry: SessionEntry;
}

const MAX_KNOWN = 2_000;
const TAIL_BYTES = 256 * 1024;

/**
 * The session files `.sessions/<key>.jsonl`: one line for each entry, each line with its event number. They are written
 * before the database commits and skip numbers that are there, so a crash in between neither loses nor doubles a line.
 */
export class SessionFiles {
  readonly #files: AgentFiles;
  readonly #last = new Map<string, number>();

  constructor(files: AgentFiles) {
    this.#files = files;
  }

  /** Path of a session's file below the agent directory. */
  static path(sessionKey: string): string {
    const safe = encodeURIComponent(storableText(sessionKey)).replaceAll('*', '%2A');
    const name =
      safe.length <= 150
        ? safe
        : `${safe.slice(0, 100)}~${createHash('sha256').update(storableText(sessionKey)).digest('hex').slice(0, 32)}`;
    return `.sessions/${name}.jsonl`;
  }

  /** Appends the entries that are not in their file yet. */
  async append(agentId: string, entries: readonly NumberedEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const fs = await this.#files.control(agentId);
    const bySession = new Map<string, NumberedEntry[]>();
    for (const entry of entries) {
      const group = bySession.get(entry.sessionKey) ?? [];
      group.push(entry);
      bySession.set(entry.sessionKey, group);
    }
    for (const [sessionKey, group] of bySession) {
      const key = `${agentId}\n${sessionKey}`;
      const path = SessionFiles.path(sessionKey);
      const known = this.#last.get(key);
      const { seq: last, torn } = known === undefined ? await readEnd(fs, path) : { seq: known, torn: false };
      const fresh = group.filter(({ seq }) => seq > last);
      if (fresh.length > 0) {
        // Known again only once all of it is written: a full disk may take half a line.
        this.#last.delete(key);
        // A torn line stays as it is, alone on its line.
        const lines = fresh.map(({ seq, entry }) => `${JSON.stringify({ seq, ...entry })}\n`).join('');
        await appendOrRotate(fs, path, (torn ? '\n' : '') + lines);
      }
      this.#last.set(key, Math.max(last, ...group.map(({ seq }) => seq)));
      // The worker chooses the keys: what is forgotten is read from the file again.
      if (this.#last.size > MAX_KNOWN) this.#last.delete(this.#last.keys().next().value ?? '');
    }
  }

  /** Forgets what is known of an agent's files. */
  forget(agentId: string): void {
    for (const key of this.#last.keys()) if (key.startsWith(`${agentId}\n`)) this.#last.delete(key);
  }
}

/** Appends; a file that has reached the limit of the file layer becomes `…%older.jsonl`, which no key is named. */
async function appendOrRotate(fs: ControlFs, path: string, text: string): Promise<void> {
  try {
    await fs.appendFile(path, text);
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'TOO_LARGE') throw error;
    // Without this, one long session would end the link of its agent for good.
    const older = path.replace(/\.jsonl$/, '%older.jsonl');
    await fs.remove(older).catch((failure: unknown) => {
      if ((failure as { code?: unknown }).code !== 'NOT_FOUND') throw failure;
    });
    await fs.move(path, older);
    await fs.appendFile(path, text);
  }
}

type ControlFs = Awaited<ReturnType<AgentFiles['control']>>;

/** What the end of a session file says: its last number, and whether a crash has torn its last line. */
async function readEnd(fs: ControlFs, path: string): Promise<{ seq: number; torn: boolean }> {
  let size: number;
  try {
    ({ size } = await fs.stat(path));
  } catch (error) {
    if ((error as { code?: unknown }).code === 'NOT_FOUND') return { seq: 0, torn: false };
    throw error;
  }
  // One entry may be larger than the first look; then a longer one is taken.
  for (let length = TAIL_BYTES; ; length *= 4) {
    const offset = Math.max(0, size - length);
    // As bytes: the cut may go through a character.
    const text = (await fs.readFile(path, { offset, encoding: 'buffer' })).toString('utf8');
    const seq = lastNumber(text);
    if (seq !== undefined || offset === 0)
      return { seq: seq ?? 0, torn: text !== '' && !text.endsWith('\n') };
  }
}

function lastNumber(text: string): number | undefined {
  for (const line of text.split('\n').reverse()) {
    try {
      const { seq } = JSON.parse(line) as { seq?: unknown };
      if (typeof seq === 'number') return seq;
    } catch {
      // A torn last line, or the first one cut by the tail: the one before it counts.
    }
  }
  return undefined;
}
