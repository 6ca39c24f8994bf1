import type { LogLine, WorkerRef } from '@clawforce/pool-core';
import type { LogSink } from '@clawforce/pool-process';
import type { AgentFiles } from '../agents/agent-files.js';

const FLUSH_MS = 500;
const MAX_PENDING_CHARS = 1024 * 1024;
const MAX_FILE_BYTES = 10 * 1024 * 1024;

/** Keeps a worker's output in `.logs/worker.log` of its agent, with two older files of at most 10 MiB each. */
export function openWorkerLog(
  files: AgentFiles,
  { agentId }: WorkerRef,
  onFailure: (error: unknown) => void,
): LogSink {
  let pending: string[] = [];
  let pendingChars = 0;
  let dropped = 0;
  let writing: Promise<void> = Promise.resolve();

  const flush = (): void => {
    if (pending.length === 0) return;
    const text = pending.join('') + (dropped > 0 ? `(${dropped} lines were dropped)\n` : '');
    pending = [];
    pendingChars = 0;
    dropped = 0;
    writing = writing.then(() => append(files, agentId, text)).catch(onFailure);
  };
  const timer = setInterval(flush, FLUSH_MS);
  timer.unref();
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
    end() {
      clearInterval(timer);
      flush();
    },
  };
}

async function append(files: AgentFiles, agentId: string, text: string): Promise<void> {
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
