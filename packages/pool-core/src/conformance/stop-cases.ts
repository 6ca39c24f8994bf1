import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkerSpec } from '../agent-pool.js';
import { eventually, lineOf } from './case.js';
import type { CaseContext, ConformanceCase } from './case.js';

const HEARTS = ['beat-group', 'beat-session'] as const;

const beats = (spec: WorkerSpec): Promise<string[]> =>
  Promise.all(
    HEARTS.map((name) => readFile(join(spec.agentRoot, 'workspace', name), 'utf8').catch(() => '')),
  );

async function startFamily(
  context: CaseContext,
  behaviour: 'family' | 'stubborn-family',
): Promise<WorkerSpec> {
  const asked = await context.spec({ agentId: behaviour, generation: 1, behaviour });
  await context.pool.start(asked);
  await lineOf(context, asked, (text) => text === 'ready');
  await eventually('the heartbeat of both grandchildren', async () =>
    (await beats(asked)).every((beat) => beat !== ''),
  );
  return asked;
}

async function expectSilence(context: CaseContext, asked: WorkerSpec): Promise<void> {
  const last = await beats(asked);
  await sleep(300);
  context.options.expect(await beats(asked), 'no grandchild is alive after the stop').toEqual(last);
}

/** Asking, waiting, killing, and what is left behind. */
export const stopCases: readonly ConformanceCase[] = [
  {
    title: 'a worker that obeys is stopped without a kill, and its exit says who wanted it',
    run: async (context) => {
      const { pool, spec, options } = context;
      const asked = await spec({ agentId: 'obedient', generation: 1, behaviour: 'idle' });
      await pool.start(asked);
      await lineOf(context, asked, (text) => text === 'ready');
      const report = await pool.stop(asked, { graceMs: 5_000, reason: 'operator wants a break' });
      options.expect([report.outcome, report.exit?.code, report.generation]).toEqual(['stopped', 0, 1]);
      options.expect(report.exit?.reason.includes('operator wants a break')).toBe(true);
      options.expect((await pool.inspect('obedient'))?.state).toBe('exited');
    },
  },
  {
    title: 'a worker that ignores the request is killed when the grace is over, not later',
    run: async (context) => {
      const { pool, spec, options } = context;
      const asked = await spec({ agentId: 'stubborn', generation: 1, behaviour: 'stubborn' });
      await pool.start(asked);
      await lineOf(context, asked, (text) => text === 'ready');
      const report = await pool.stop(asked, { graceMs: 400, reason: 'test' });
      options.expect([report.outcome, report.exit?.signal]).toEqual(['killed', 'SIGKILL']);
      options.expect(report.tookMs >= 390).toBe(true);
      options.expect(report.tookMs <= 400 + (options.killMarginMs ?? 1_000)).toBe(true);
    },
  },
  {
    title: 'a hijacked worker wants grandchildren to outlive a graceful stop: they die with it',
    run: async (context) => {
      const asked = await startFamily(context, 'family');
      const report = await context.pool.stop(asked, { graceMs: 5_000, reason: 'test' });
      context.options.expect(report.outcome).toBe('stopped');
      await expectSilence(context, asked);
    },
  },
  {
    title: 'a hijacked worker wants grandchildren to outlive a kill, one in a session of its own: they die',
    run: async (context) => {
      const asked = await startFamily(context, 'stubborn-family');
      const report = await context.pool.stop(asked, { graceMs: 200, reason: 'test' });
      context.options.expect(report.outcome).toBe('killed');
      await expectSilence(context, asked);
    },
  },
  {
    title: 'stopping an absent worker is no error',
    run: async ({ pool, options }) => {
      const report = await pool.stop({ agentId: 'absent', generation: 1 }, { graceMs: 100, reason: 'test' });
      options.expect([report.outcome, report.agentId, report.generation]).toEqual(['absent', 'absent', 1]);
    },
  },
  {
    title: 'two stops at once both wait for the proof of death',
    run: async (context) => {
      const { pool, spec, options } = context;
      const asked = await spec({ agentId: 'both', generation: 1, behaviour: 'stubborn' });
      await pool.start(asked);
      const stop = async (): Promise<string | undefined> => {
        await pool.stop(asked, { graceMs: 200, reason: 'test' });
        return (await pool.inspect('both'))?.state;
      };
      options.expect(await Promise.all([stop(), stop()])).toEqual(['exited', 'exited']);
    },
  },
];
