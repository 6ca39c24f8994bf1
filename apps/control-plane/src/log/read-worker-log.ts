import type { LogLine } from '@clawforce/pool-core';
import type { AgentFiles } from '../agents/agent-files.js';

/** The files of {@link WorkerLogs}, the present one first. */
const FILES = ['.logs/worker.log', '.logs/worker.log.1', '.logs/worker.log.2'] as const;
/** Read at most, so that long lines fill no memory. */
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * Gives the last lines that workers of an agent printed, oldest first, as they were kept: also those of earlier runs of
 * the control plane, which no pool remembers.
 */
export async function readWorkerLog(
  files: Pick<AgentFiles, 'control'>,
  agentId: string,
  tail: number,
): Promise<LogLine[]> {
  const fs = await files.control(agentId);
  let lines: LogLine[] = [];
  let left = MAX_BYTES;
  for (const path of FILES) {
    if (lines.length >= tail || left <= 0) break;
    const text = await readEnd(fs, path, left);
    if (text === undefined) break;
    lines = [...parseLines(text), ...lines];
    left -= text.length;
  }
  return tail === 0 ? [] : lines.slice(-tail);
}

async function readEnd(
  fs: Awaited<ReturnType<AgentFiles['control']>>,
  path: string,
  bytes: number,
): Promise<string | undefined> {
  try {
    const { size } = await fs.stat(path);
    const offset = Math.max(0, size - bytes);
    // As bytes: the cut may go through a character.
    const text = (await fs.readFile(path, { offset, encoding: 'buffer' })).toString('utf8');
    return offset === 0 ? text : text.slice(text.indexOf('\n') + 1);
  } catch (error) {
    if ((error as { code?: unknown }).code === 'NOT_FOUND') return undefined;
    throw error;
  }
}

function parseLines(text: string): LogLine[] {
  const lines: LogLine[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [, time, stream, said] = /^(\S+) (stdout|stderr) (.*)$/s.exec(line) ?? [];
    if (time !== undefined && said !== undefined)
      lines.push({ time, stream: stream === 'stderr' ? 'stderr' : 'stdout', text: said });
    // What is said about dropped lines has no time of its own.
    else lines.push({ time: lines.at(-1)?.time ?? new Date(0).toISOString(), stream: 'stderr', text: line });
  }
  return lines;
}
