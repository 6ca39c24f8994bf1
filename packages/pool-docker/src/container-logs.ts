import type { LogLine, LogOptions } from '@clawforce/pool-core';
import type { Engine } from './engine.js';
import { LogLines } from './log-lines.js';

const DEFAULT_TAIL = 200;

/** Gives the output of a container, oldest line first, until it ends, nothing is left or `signal` aborts. */
export async function* readLogs(
  engine: Engine,
  engineId: string,
  { tail = DEFAULT_TAIL, follow = false, signal }: LogOptions,
): AsyncGenerator<LogLine> {
  if (!Number.isSafeInteger(tail) || tail < 0) throw new TypeError('tail: expected 0 or more');
  if (signal?.aborted) return;
  const wanted = { stdout: true, stderr: true, timestamps: true, tail };
  const lines = new LogLines();
  if (!follow) {
    const all = await engine.ask((docker) =>
      docker.getContainer(engineId).logs({ ...wanted, follow: false }),
    );
    yield* [...lines.push(all), ...lines.end()];
    return;
  }
  const stream = await engine.follow((docker) =>
    docker
      .getContainer(engineId)
      .logs({ ...wanted, follow: true, ...(signal ? { abortSignal: signal } : {}) }),
  );
  try {
    for await (const chunk of stream) yield* lines.push(chunk as Buffer);
    yield* lines.end();
  } catch (error) {
    if (!signal?.aborted) throw error;
  } finally {
    (stream as NodeJS.ReadableStream & { destroy(): void }).destroy();
  }
}
