import { setTimeout as sleep } from 'node:timers/promises';
import { PoolError } from '@clawforce/pool-core';
import { sentenceOf, statusOf } from './engine.js';
import type { Engine } from './engine.js';

/** The kernel kills at once; what takes longer waits for a device or a stuck engine. */
const KILL_WITHIN_MS = 15_000;

type Outcome = 'stopped' | 'killed';

async function signal(engine: Engine, engineId: string, name: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  try {
    await engine.ask((docker) => docker.getContainer(engineId).kill({ signal: name }) as Promise<unknown>);
  } catch (error) {
    // Not running or gone: that was the aim.
    const status = statusOf(error);
    if (status !== 404 && status !== 409) throw error;
  }
}

async function thaw(engine: Engine, engineId: string): Promise<void> {
  try {
    await engine.ask((docker) => docker.getContainer(engineId).unpause() as Promise<unknown>);
  } catch (error) {
    const status = statusOf(error);
    if (status !== 404 && status !== 409 && !/not paused/i.test(sentenceOf(error))) throw error;
  }
}

/**
 * Ends a running container: asks, waits `graceMs`, kills. Fulfilled when the engine has seen it end, with every process
 * of it, as they share its process namespace.
 *
 * @throws PoolError `STOP_FAILED` when it outlives the kill.
 */
export async function stopContainer(
  engine: Engine,
  engineId: string,
  options: {
    readonly graceMs: number;
    readonly paused: boolean;
    readonly onAsked?: () => Promise<void> | void;
  },
): Promise<Outcome> {
  const controller = new AbortController();
  const gone = engine
    .follow(
      (docker) =>
        docker
          .getContainer(engineId)
          .wait({ condition: 'not-running', abortSignal: controller.signal }) as Promise<unknown>,
    )
    .then(
      () => true,
      (error: unknown) => {
        if (controller.signal.aborted) return false;
        if (statusOf(error) === 404) return true;
        throw error;
      },
    );
  const within = (ms: number): Promise<boolean> =>
    Promise.race([gone, sleep(ms, false, { signal: controller.signal }).catch(() => false)]);
  try {
    // A frozen process hears no signal, not even the last one.
    if (options.paused) await thaw(engine, engineId);
    if (options.graceMs > 0) {
      const until = performance.now() + options.graceMs;
      await signal(engine, engineId, 'SIGTERM');
      await options.onAsked?.();
      if (await within(Math.max(0, until - performance.now()))) return 'stopped';
    }
    await signal(engine, engineId, 'SIGKILL');
    if (await within(KILL_WITHIN_MS)) return 'killed';
    throw new PoolError('STOP_FAILED', `container ${engineId.slice(0, 12)} survived SIGKILL`, {
      fix: 'look at its processes and at the log of the Docker engine',
    });
  } finally {
    controller.abort();
    gone.catch(() => undefined);
  }
}
