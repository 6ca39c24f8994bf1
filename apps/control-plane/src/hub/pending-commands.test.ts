import type { Command, CommandReport } from '@clawforce/protocol';
import { describe, expect, it } from 'vitest';
import { CommandInterruptedError, PendingCommands } from './pending-commands.js';

const command = (id: string): Command => ({ id, kind: 'cancel', session_key: 's' });
const report = (id: string, state: 'accepted' | 'done' | 'failed'): CommandReport => ({ id, state });

describe('pending commands', () => {
  it('end with the terminal report, and are accepted once', async () => {
    const pending = new PendingCommands();
    let accepted = 0;
    const outcome = pending.add(command('a'), () => (accepted += 1));
    pending.report(report('a', 'accepted'));
    pending.report(report('a', 'accepted'));
    pending.report(report('a', 'done'));
    pending.report(report('a', 'failed'));
    expect(await outcome).toEqual(report('a', 'done'));
    expect(accepted).toBe(1);
    expect(pending.all()).toEqual([]);
  });

  it('count as accepted when the worker was done before it said so', async () => {
    const pending = new PendingCommands();
    let accepted = 0;
    const outcome = pending.add(command('a'), () => (accepted += 1));
    pending.report(report('a', 'failed'));
    expect((await outcome).state).toBe('failed');
    expect(accepted).toBe(1);
  });

  it('stay in the order in which they were given, to be sent again', () => {
    const pending = new PendingCommands();
    for (const id of ['b', 'a', 'c']) pending.add(command(id)).catch(() => undefined);
    pending.report(report('a', 'done'));
    expect(pending.all().map(({ id }) => id)).toEqual(['b', 'c']);
  });

  it('share one report when the same command is given twice', async () => {
    const pending = new PendingCommands();
    const [first, second] = [pending.add(command('a')), pending.add(command('a'))];
    expect(pending.all()).toHaveLength(1);
    pending.report(report('a', 'done'));
    expect(await Promise.all([first, second])).toEqual([report('a', 'done'), report('a', 'done')]);
  });

  it('pass over reports of commands that nobody gave', () => {
    const pending = new PendingCommands();
    pending.report(report('x', 'done'));
    expect(pending.has('x')).toBe(false);
  });

  it('that are given up are not sent again, and end for whoever waits', async () => {
    const pending = new PendingCommands();
    const outcome = pending.add(command('a'));
    pending.forget('a', 'too late');
    pending.forget('x', 'never given');
    await expect(outcome).rejects.toMatchObject({ code: 'INTERRUPTED', message: 'too late' });
    expect(pending.all()).toEqual([]);
    pending.report(report('a', 'done'));
  });

  it('are interrupted together when the worker is gone for good', async () => {
    const pending = new PendingCommands();
    const outcomes = ['a', 'b'].map((id) => pending.add(command(id)));
    pending.interrupt('killed');
    for (const outcome of outcomes) await expect(outcome).rejects.toThrow(CommandInterruptedError);
    await expect(outcomes[0]).rejects.toMatchObject({ code: 'INTERRUPTED', message: 'killed' });
    expect(pending.all()).toEqual([]);
  });
});
