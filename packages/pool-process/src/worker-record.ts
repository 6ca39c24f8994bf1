import { randomBytes } from 'node:crypto';
import { chmodSync, constants, lstatSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PoolError } from '@clawforce/pool-core';
import type { LogLine, WorkerRef } from '@clawforce/pool-core';
import type { ProcessIdentity } from './process-table.js';

/** How far the output files of a worker have been read, in bytes. */
export type SpoolPositions = Readonly<Record<LogLine['stream'], number>>;

/** What a later control plane needs to recognise a worker that this one has started. */
export interface WorkerRecord extends WorkerRef {
  readonly version: 2;
  readonly ownerId: string;
  readonly specHash: string;
  readonly startedAt: string;
  /** Boot of the host: pids and start times of an earlier boot mean nothing. */
  readonly boot: string;
  /** User that the worker runs as; -1 where that is not known. */
  readonly uid: number;
  /** `null` in a record that was written before the worker was spawned. */
  readonly worker: ProcessIdentity | null;
  /** Processes of the worker that left its process group. */
  readonly escaped: readonly ProcessIdentity[];
  /** The control plane that looks after it; while that lives the worker is no orphan. */
  readonly keeper: ProcessIdentity;
  /** Output up to here was taken by the log sink; the rest is read again. */
  readonly read: SpoolPositions;
}

const SUFFIX = '.worker.json';
const MAX_RECORD_BYTES = 1024 * 1024;

/**
 * Makes the directory of the records, mode 0700. Whoever can write a record can have processes killed, so the
 * directory must belong to this user alone and lie outside of every agent's reach.
 *
 * @throws PoolError `BACKEND_UNAVAILABLE` when it belongs to another user, is a link, or others may write it.
 */
export function prepareStateDir(stateDir: string): void {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const found = lstatSync(stateDir);
  if (!found.isDirectory() || found.uid !== process.getuid?.()) {
    throw new PoolError('BACKEND_UNAVAILABLE', `stateDir: ${stateDir} is not a directory of this user`, {
      key: 'stateDir',
      fix: 'name a directory that this user owns',
    });
  }
  if ((found.mode & 0o077) !== 0) chmodSync(stateDir, 0o700);
}

const nameOf = ({ agentId, generation }: WorkerRef): string => `${agentId}.${generation}${SUFFIX}`;

/** The file that a worker writes one of its output streams to. */
export function spoolPath(
  stateDir: string,
  { agentId, generation }: WorkerRef,
  stream: LogLine['stream'],
): string {
  return join(stateDir, `${agentId}.${generation}.${stream}.log`);
}

/** Writes a record whole or not at all. Synchronous: between spawn and record no step of this process must fit in. */
export function writeRecord(stateDir: string, record: WorkerRecord): void {
  const temporary = join(stateDir, `.${randomBytes(8).toString('hex')}.tmp`);
  writeFileSync(temporary, JSON.stringify(record), { mode: 0o600, flag: 'wx' });
  try {
    renameSync(temporary, join(stateDir, nameOf(record)));
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Removes the record and the output files of a worker whose whole tree is dead. */
export function removeRecord(stateDir: string, ref: WorkerRef): void {
  for (const stream of ['stdout', 'stderr'] as const)
    rmSync(spoolPath(stateDir, ref, stream), { force: true });
  rmSync(join(stateDir, nameOf(ref)), { force: true });
}

const isIdentity = (value: unknown): value is ProcessIdentity => {
  const { pid, startTime } = (value ?? {}) as Partial<ProcessIdentity>;
  return Number.isSafeInteger(pid) && (pid ?? 0) > 1 && typeof startTime === 'string' && startTime !== '';
};

const isPosition = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

function parseRecord(name: string, text: string): WorkerRecord | undefined {
  try {
    const value = JSON.parse(text) as Partial<WorkerRecord>;
    const whole =
      value.version === 2 &&
      typeof value.ownerId === 'string' &&
      typeof value.agentId === 'string' &&
      Number.isSafeInteger(value.generation) &&
      name === nameOf(value as WorkerRef) &&
      typeof value.specHash === 'string' &&
      typeof value.startedAt === 'string' &&
      typeof value.boot === 'string' &&
      Number.isSafeInteger(value.uid) &&
      (value.worker === null || isIdentity(value.worker)) &&
      isIdentity(value.keeper) &&
      Array.isArray(value.escaped) &&
      value.escaped.every(isIdentity) &&
      isPosition(value.read?.stdout) &&
      isPosition(value.read?.stderr);
    return whole ? (value as WorkerRecord) : undefined;
  } catch {
    return undefined;
  }
}

/** Reads a record that only this user can have written; nothing for a link, or for a file of somebody else. */
async function readOwn(stateDir: string, name: string): Promise<WorkerRecord | undefined> {
  try {
    const file = await open(
      join(stateDir, name),
      constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    );
    try {
      const { size, uid, mode, nlink } = await file.stat();
      const own =
        uid === process.getuid?.() && (mode & 0o177777) === (constants.S_IFREG | 0o600) && nlink === 1;
      return own && size <= MAX_RECORD_BYTES ? parseRecord(name, await file.readFile('utf8')) : undefined;
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}

/** Gives every readable record, oldest generation first; a damaged one is passed over, because a guess is worse. */
export async function readRecords(stateDir: string): Promise<readonly WorkerRecord[]> {
  const names = (await readdir(stateDir)).filter((name) => name.endsWith(SUFFIX));
  const records = await Promise.all(names.map((name) => readOwn(stateDir, name)));
  return records
    .filter((record) => record !== undefined)
    .sort((left, right) => left.generation - right.generation);
}
