import { createHash } from 'node:crypto';
import type { SessionEntry } from '@clawforce/protocol';
import type { AgentFiles } from '../agents/agent-files.js';

/** A session entry with the number of its event. */
export interface NumberedEntry {
  readonly seq: number;
  readonly sessionKey: string;
  readonly entry: SessionEntry;
}

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
    const safe = encodeURIComponent(sessionKey).replaceAll('*', '%2A');
    const name =
      safe.length <= 150
        ? safe
        : `${safe.slice(0, 100)}~${createHash('sha256').update(sessionKey).digest('hex').slice(0, 32)}`;
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
      const last = this.#last.get(key) ?? (await lastNumber(fs, path));
      const fresh = group.filter(({ seq }) => seq > last);
      if (fresh.length > 0) {
        await fs.appendFile(
          path,
          fresh.map(({ seq, entry }) => `${JSON.stringify({ seq, ...entry })}\n`).join(''),
        );
      }
      this.#last.set(key, Math.max(last, ...group.map(({ seq }) => seq)));
    }
  }

  /** Forgets what is known of an agent's files. */
  forget(agentId: string): void {
    for (const key of this.#last.keys()) if (key.startsWith(`${agentId}\n`)) this.#last.delete(key);
  }
}

type ControlFs = Awaited<ReturnType<AgentFiles['control']>>;

async function lastNumber(fs: ControlFs, path: string): Promise<number> {
  let text: string;
  try {
    const { size } = await fs.stat(path);
    text = await fs.readFile(path, { offset: Math.max(0, size - TAIL_BYTES) });
  } catch (error) {
    if ((error as { code?: unknown }).code === 'NOT_FOUND') return 0;
    throw error;
  }
  for (const line of text.split('\n').reverse()) {
    try {
      const { seq } = JSON.parse(line) as { seq?: unknown };
      if (typeof seq === 'number') return seq;
    } catch {
      // A torn last line, or the first one cut by the tail: the one before it counts.
    }
  }
  return 0;
}
