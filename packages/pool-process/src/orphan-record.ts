import { randomBytes } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PoolError } from '@clawforce/pool-core';
import type { WorkerRef } from '@clawforce/pool-core';
import type { ProcessIdentity } from './process-table.js';

/** What a later control plane needs to find a worker that this one left behind. */
export interface OrphanRecord extends WorkerRef {
  readonly version: 1;
  readonly ownerId: string;
  /** Boot of the host: pids and start times of an earlier boot mean nothing. */
  readonly boot: string;
  readonly worker: ProcessIdentity;
  /** Processes of the worker that left its process group. */
  readonly escaped: readonly ProcessIdentity[];
  /** The control plane that started it; while that lives the worker is no orphan. */
  readonly keeper: ProcessIdentity;
}

const SUFFIX = '.worker.json';

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

const fileOf = (stateDir: string, { agentId, generation }: WorkerRef): string =>
  join(stateDir, `${agentId}.${generation}${SUFFIX}`);

/** Writes a record whole or not at all. Synchronous: between spawn and record no crash must fit in. */
export function writeRecord(stateDir: string, record: OrphanRecord): void {
  const temporary = join(stateDir, `.${randomBytes(8).toString('hex')}.tmp`);
  writeFileSync(temporary, JSON.stringify(record), { mode: 0o600, flag: 'wx' });
  renameSync(temporary, fileOf(stateDir, record));
}

/** Removes the record of a worker whose whole tree is dead. */
export function removeRecord(stateDir: string, ref: WorkerRef): void {
  rmSync(fileOf(stateDir, ref), { force: true });
}

const isIdentity = (value: unknown): value is ProcessIdentity => {
  const { pid, startTime } = (value ?? {}) as Partial<ProcessIdentity>;
  return Number.isSafeInteger(pid) && (pid ?? 0) > 1 && typeof startTime === 'string' && startTime !== '';
};

function parseRecord(text: string): OrphanRecord | undefined {
  try {
    const value = JSON.parse(text) as Partial<OrphanRecord>;
    const whole =
      value.version === 1 &&
      typeof value.ownerId === 'string' &&
      typeof value.agentId === 'string' &&
      Number.isSafeInteger(value.generation) &&
      typeof value.boot === 'string' &&
      isIdentity(value.worker) &&
      isIdentity(value.keeper) &&
      Array.isArray(value.escaped) &&
      value.escaped.every(isIdentity);
    return whole ? (value as OrphanRecord) : undefined;
  } catch {
    return undefined;
  }
}

/** Gives every readable record; a damaged one is passed over, because killing on a guess is worse. */
export async function readRecords(stateDir: string): Promise<readonly OrphanRecord[]> {
  const names = (await readdir(stateDir)).filter((name) => name.endsWith(SUFFIX));
  const texts = await Promise.all(
    names.map((name) => readFile(join(stateDir, name), 'utf8').catch(() => '')),
  );
  return texts.map(parseRecord).filter((record) => record !== undefined);
}
