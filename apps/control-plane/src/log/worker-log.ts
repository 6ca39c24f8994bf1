import type { LogLine, WorkerRef } from '@clawforce/pool-core';
import type { LogSink } from '@clawforce/pool-process';
import type { AgentFiles } from '../agents/agent-files.js';
import { readWorkerLog } from './read-worker-log.js';

const FLUSH_MS = 500;
const MAX_PENDING_CHARS = 1024 * 1024;
/** Lines that a reader of an adopted worker's output sees of earlier runs. */
const RECALLED_LINES = 2000;
const MAX_FILE_BYTES = 10 * 1024 * 1024;

/** Keeps what workers print in `.logs/worker.log` of their agents, with two older files of at most 10 MiB each. */
export class WorkerLogs {
  readonly #files: Pick<AgentFiles, 'control'>;
  readonly #onFailure: (error: unknown) => void;
  readonly #isKnown: (agentId: string) => Promise<boolean>;
  /** The end of what is being written, by agent: two generations of one agent write one after the other. */
  readonly #writing = new Map<string, Promise<void>>();

  /** Of agents that are not known nothing is kept: the directory of a removed one must not come back. */
  constructor(
    files: Pick<AgentFiles, 'control'>,
    onFailure: (error: unknown) => void,
    isKnown: (agentId: string) => Promise<boolean> = () => Promise.resolve(true),
  ) {
    this.#files = files;
    this.#onFailure = onFailure;
    this.#isKnown = isKnown;
  }

  /** Opens the log of one worker; lines reach the file within half a second, the last ones when the worker has ended. */
  open({ agentId }: WorkerRef): Required<LogSink> {
    let pending: string[] = [];
    let pendingChars = 0;
    let dropped = 0;

    const flush = (): void => {
      if (pending.length === 0) return;
      const text = pending.join('') + (dropped > 0 ? `(${dropped} lines were dropped)\n` : '');
      pending = [];
      pendingChars = 0;
      dropped = 0;
      this.#write(agentId, text);
    };
    const timer = setInterval(flush, FLUSH_MS);
    timer.unref();
    const settled = (): Promise<void> => this.settled(agentId);
    const recall = (): Promise<LogLine[]> => this.#recall(agentId);
    return {
      write({ time, stream, text }: LogLine) {
        // A worker that floods its output fills neither memory nor disk.
        if (pendingChars > MAX_PENDING_CHARS) {
          dropped += 1;
          return;
        }
        const line = `${time} ${stream} ${text}\n`;
        pending.push(line);
        pendingChars += line.length;
      },
      async flushed() {
        flush();
        await settled();
      },
      kept: recall,
      end() {
        clearInterval(timer);
        flush();
      },
    };
  }

  /** Fulfilled when everything that ended workers printed is in the files: of one agent, or of all. */
  async settled(agentId?: string): Promise<void> {
    await (agentId === undefined ? Promise.all(this.#writing.values()) : this.#writing.get(agentId));
  }

  async #recall(agentId: string): Promise<LogLine[]> {
    return (await this.#isKnown(agentId)) ? readWorkerLog(this.#files, agentId, RECALLED_LINES) : [];
  }

  #write(agentId: string, text: string): void {
    const written = (this.#writing.get(agentId) ?? Promise.resolve())
      .then(async () => {
        if (await this.#isKnown(agentId)) await append(this.#files, agentId, text);
      })
      .catch(this.#onFailure)
      .finally(() => {
        if (this.#writing.get(agentId) === written) this.#writing.delete(agentId);
      });
    this.#writing.set(agentId, written);
  }
}

async function append(files: Pick<AgentFiles, 'control'>, agentId: string, text: string): Promise<void> {
  const fs = await files.control(agentId);
  const path = '.logs/worker.log';
  await fs.appendFile(path, text);
  const { size } = await fs.stat(path);
  if (size < MAX_FILE_BYTES) return;
  await ignoreMissing(fs.remove('.logs/worker.log.2'));
  await ignoreMissing(fs.move('.logs/worker.log.1', '.logs/worker.log.2'));
  await fs.move(path, '.logs/worker.log.1');
}

async function ignoreMissing(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'NOT_FOUND') throw error;
  }
}
