import type { LinkResponse, SessionEntry } from '@clawforce/protocol';
import { CommandError } from '@clawforce/protocol/link-client';

/** Asks the control plane for the end of a session. */
export type LoadHistory = (sessionKey: string, limit: number, signal: AbortSignal) => Promise<LinkResponse>;

const KEPT_SESSIONS = 100;

/**
 * What the worker remembers of sessions. The control plane owns them: a session is loaded at its first use, and kept in
 * step with what this worker adds.
 */
export class SessionMemory {
  readonly #load: LoadHistory;
  readonly #sessions = new Map<string, SessionEntry[]>();

  constructor(load: LoadHistory) {
    this.#load = load;
  }

  /** Gives the entries of a session, oldest first. @throws CommandError HISTORY_UNAVAILABLE */
  async open(sessionKey: string, limit: number, signal: AbortSignal): Promise<readonly SessionEntry[]> {
    const known = this.#sessions.get(sessionKey);
    if (known) {
      this.#sessions.delete(sessionKey);
      this.#sessions.set(sessionKey, known);
      return known;
    }
    const response = await this.#load(sessionKey, Math.min(limit, 1_000), signal);
    if (!response.ok) {
      throw new CommandError('HISTORY_UNAVAILABLE', `The session could not be loaded: ${response.message}`);
    }
    this.#sessions.set(sessionKey, [...response.entries]);
    for (const oldest of this.#sessions.keys()) {
      if (this.#sessions.size <= KEPT_SESSIONS) break;
      this.#sessions.delete(oldest);
    }
    return this.#sessions.get(sessionKey) ?? [];
  }

  /** Adds entries that are in the outbox by now; at most `keep` entries of the past are remembered. */
  add(sessionKey: string, entries: readonly SessionEntry[], keep: number): void {
    const known = this.#sessions.get(sessionKey);
    if (!known) return;
    known.push(...entries);
    // The present turn stays whole; of what came before it, as much as the model sees.
    const turn = known.findLastIndex(({ role }) => role === 'user');
    if (turn > keep * 2 + 200) known.splice(0, turn - keep);
  }

  /** Gives what is remembered of a session. */
  entries(sessionKey: string): readonly SessionEntry[] {
    return this.#sessions.get(sessionKey) ?? [];
  }
}
