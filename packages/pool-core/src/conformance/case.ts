import { setTimeout as sleep } from 'node:timers/promises';
import type { PoolEvent, WorkerRef } from '../agent-pool.js';
import { PoolError } from '../pool-error.js';
import type { ConformanceHarness, ConformanceOptions } from './harness.js';

/** What one case works with. */
export interface CaseContext extends ConformanceHarness {
  readonly options: ConformanceOptions;
}

/** One conformance case: the behaviour it states and the steps that prove it. */
export interface ConformanceCase {
  readonly title: string;
  readonly run: (context: CaseContext) => Promise<void>;
}

/** Gives the code of the PoolError that `action` must reject with. */
export async function codeOf(action: () => Promise<unknown>): Promise<string> {
  try {
    await action();
  } catch (error) {
    return error instanceof PoolError ? error.code : `not a PoolError: ${String(error)}`;
  }
  return 'no error';
}

/** Waits until `probe` gives something else than `undefined` or `false`. */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  withinMs = 10_000,
): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const answer = await probe();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > deadline) throw new Error(`waited ${withinMs} ms in vain for ${what}`);
    await sleep(20);
  }
}

/** Waits until the worker has written a line that `accept` takes, and gives its text. */
export async function lineOf(
  context: CaseContext,
  ref: WorkerRef,
  accept: (text: string) => boolean,
): Promise<string> {
  const limit = AbortSignal.timeout(10_000);
  for await (const line of context.pool.logs(ref, { follow: true, signal: limit })) {
    if (accept(line.text)) return line.text;
  }
  throw new Error('the worker never wrote the awaited line');
}

/** Collects events in the background until the case is over. */
export function collectEvents(context: CaseContext): { readonly seen: PoolEvent[]; stop(): void } {
  const controller = new AbortController();
  const seen: PoolEvent[] = [];
  const stream = context.pool.events({ signal: controller.signal });
  void (async () => {
    for await (const event of stream) seen.push(event);
  })();
  return { seen, stop: () => controller.abort() };
}
