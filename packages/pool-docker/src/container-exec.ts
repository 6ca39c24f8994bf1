import { setTimeout as sleep } from 'node:timers/promises';
import { PoolError } from '@clawforce/pool-core';
import type { ExecOptions, ExecResult } from '@clawforce/pool-core';
import { sentenceOf, statusOf } from './engine.js';
import type { Engine } from './engine.js';
import { StreamFrames } from './stream-frames.js';

const PAUSED_RETRIES = 20;

/** Keeps the beginning of both streams of a program. */
class Capture {
  readonly #max: number;
  readonly #frames = new StreamFrames();
  readonly #kept: { stdout: Buffer[]; stderr: Buffer[] } = { stdout: [], stderr: [] };
  readonly #sizes = { stdout: 0, stderr: 0 };
  truncated = false;

  constructor(max: number) {
    this.#max = max;
  }

  push(chunk: Buffer): void {
    for (const { stream, bytes } of this.#frames.push(chunk)) this.#keep(stream, bytes);
  }

  text(name: 'stdout' | 'stderr'): string {
    return Buffer.concat(this.#kept[name]).toString('utf8');
  }

  #keep(name: 'stdout' | 'stderr', bytes: Buffer): void {
    const room = this.#max - this.#sizes[name];
    if (bytes.length > room) this.truncated = true;
    const kept = bytes.subarray(0, Math.max(0, room));
    if (kept.length === 0) return;
    this.#sizes[name] += kept.length;
    this.#kept[name].push(Buffer.from(kept));
  }
}

/** What {@link execIn} runs and where. */
export interface ExecRequest {
  readonly engineId: string;
  readonly command: readonly string[];
  readonly options: ExecOptions;
}

async function create(engine: Engine, { engineId, command, options }: ExecRequest): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { id } = await engine.ask((docker) =>
        docker.getContainer(engineId).exec({
          Cmd: [...command],
          AttachStdin: false,
          AttachStdout: true,
          AttachStderr: true,
          Tty: false,
          Privileged: false,
          WorkingDir: options.cwd ?? '/',
          ...(options.user ? { User: `${options.user.uid}:${options.user.gid}` } : {}),
          ...(options.env
            ? { Env: Object.entries(options.env).map(([name, value]) => `${name}=${value}`) }
            : {}),
        }),
      );
      return id;
    } catch (error) {
      // A container that was just resumed may still be called paused.
      const paused = statusOf(error) === 409 && /paused/i.test(sentenceOf(error));
      if (!paused || attempt >= PAUSED_RETRIES) throw error;
      await sleep(50);
    }
  }
}

/** Runs a program in a container, never privileged, and gives what it printed. */
export async function execIn(engine: Engine, request: ExecRequest): Promise<ExecResult> {
  const { timeoutMs = 30_000, maxOutputBytes = 1024 ** 2, signal } = request.options;
  const capture = new Capture(maxOutputBytes);
  const limit = AbortSignal.timeout(timeoutMs);
  const over = signal ? AbortSignal.any([limit, signal]) : limit;
  try {
    const id = await create(engine, request);
    const stream = await engine.follow((docker) => docker.getExec(id).start({ Detach: false, Tty: false }));
    const abort = (): void => void stream.destroy();
    over.addEventListener('abort', abort, { once: true });
    if (over.aborted) abort();
    try {
      for await (const chunk of stream) capture.push(chunk as Buffer);
    } catch (error) {
      if (!over.aborted) throw error;
    } finally {
      over.removeEventListener('abort', abort);
    }
    signal?.throwIfAborted();
    const timedOut = limit.aborted;
    const code = timedOut ? null : await exitCode(engine, id);
    return {
      code,
      stdout: capture.text('stdout'),
      stderr: capture.text('stderr'),
      truncated: capture.truncated,
      timedOut,
    };
  } catch (error) {
    const status = statusOf(error);
    if (status === 404) throw new PoolError('NOT_FOUND', 'the worker has ended', { cause: error });
    if (status === 409) {
      throw new PoolError('NOT_FOUND', `the worker does not run: ${sentenceOf(error)}`, { cause: error });
    }
    throw error;
  }
}

async function exitCode(engine: Engine, id: string): Promise<number | null> {
  for (let attempt = 1; attempt <= 40; attempt += 1) {
    const found = await engine.ask((docker) => docker.getExec(id).inspect());
    if (!found.Running) return found.ExitCode;
    await sleep(25);
  }
  return null;
}
