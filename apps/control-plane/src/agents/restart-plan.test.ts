import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RestartPlan } from './restart-plan.js';

const timing = { restartMs: 1_000, restartMaxMs: 10_000, stableMs: 60_000 };

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => vi.useRealTimers());

describe('the plan of restarts', () => {
  it('waits twice as long after each failure, up to the bound', () => {
    const plan = new RestartPlan(timing, () => undefined);
    expect(Array.from({ length: 6 }, () => plan.schedule('a'))).toEqual([
      1_000, 2_000, 4_000, 8_000, 10_000, 10_000,
    ]);
    for (let more = 0; more < 2_000; more += 1) plan.schedule('a');
    expect(plan.schedule('a')).toBe(10_000);
    expect(plan.schedule('b')).toBe(1_000);
    plan.close();
  });

  it('attempts once for each plan, however often the failure is told', () => {
    const attempts: string[] = [];
    const plan = new RestartPlan(timing, (agentId) => attempts.push(agentId));
    plan.schedule('a');
    plan.schedule('a');
    vi.advanceTimersByTime(1_999);
    expect(attempts).toEqual([]);
    expect(plan.isPlanned('a')).toBe(true);
    vi.advanceTimersByTime(1);
    expect(attempts).toEqual(['a']);
    expect(plan.isPlanned('a')).toBe(false);
    vi.advanceTimersByTime(100_000);
    expect(attempts).toEqual(['a']);
  });

  it('begins anew after a worker that ran for long, and not after one that ran for a moment', () => {
    const plan = new RestartPlan(timing, () => undefined);
    plan.schedule('a');
    plan.schedule('a');
    plan.running('a');
    vi.advanceTimersByTime(59_000);
    expect(plan.schedule('a')).toBe(4_000);
    plan.running('a');
    vi.advanceTimersByTime(60_000);
    expect(plan.schedule('a')).toBe(1_000);
    plan.close();
  });

  it('attempts nothing that was forgotten', () => {
    const attempts: string[] = [];
    const plan = new RestartPlan(timing, (agentId) => attempts.push(agentId));
    plan.schedule('a');
    plan.schedule('b');
    plan.forget('a');
    vi.advanceTimersByTime(5_000);
    expect(attempts).toEqual(['b']);
    plan.schedule('b');
    plan.close();
    vi.advanceTimersByTime(50_000);
    expect(attempts).toEqual(['b']);
  });
});
