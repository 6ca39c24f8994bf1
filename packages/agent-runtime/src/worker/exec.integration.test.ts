import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createConfiner } from '@clawforce/policy-shell/run';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { requires } from '../../../../tools/host/host-test.js';
import { Harness, testConfig, until } from '../testing/harness.js';

const bwrap = requires('bwrap');

/** Whether a process of this host has this word on its command line. */
function runs(word: string): boolean {
  return readdirSync('/proc').some((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(word);
    } catch {
      // It has ended meanwhile.
      return false;
    }
  });
}

bwrap.describe('exec in a worker', () => {
  let harness: Harness;
  beforeEach(async () => {
    harness = await new Harness({ ...testConfig, exec_env: { GRANTED: 'yes-granted' } }).open();
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await harness.close();
    expect(harness.plane.breaches).toEqual([]);
  });
  const start = async (): ReturnType<Harness['start']> => harness.start({ confiner: await createConfiner() });
  const exec = (command: string) =>
    harness.plane.command({
      kind: 'tool',
      session_key: 'op',
      actor: 'user:1',
      tool: 'exec',
      args: { command },
    });

  it('runs the judged command confined, with the granted variables and nothing of the worker', async () => {
    writeFileSync(join(harness.workspace, 'a b.txt'), 'one\n');
    writeFileSync(
      join(harness.workspace, 'show.sh'),
      'cat /proc/self/environ | tr "\\0" "\\n"; ls -a /agent "$HOME"\n',
    );
    // The worker of this test is this process.
    vi.stubEnv('AGENT_TOKEN', 'of the worker');
    await start();
    expect(await exec("cat 'a b.txt'")).toMatchObject({ result: { status: 'ok', output: 'one\n' } });
    const report = await exec('sh show.sh');
    const output = report.result?.kind === 'tool' ? report.result.output : '';
    expect(output).toContain('GRANTED=yes-granted');
    expect(output).not.toContain('AGENT_');
    expect(output).not.toContain('of the worker');
    expect(await exec('ls nowhere')).toMatchObject({ result: { status: 'error' } });
  });

  it('ends one command of an operator, and leaves the other one of the same operator alone', async () => {
    writeFileSync(
      join(harness.workspace, 'wait.sh'),
      'touch "begun-$1"\nwhile [ ! -e go ]; do sleep 0.05; done\necho "$1 has ended"\n',
    );
    await start();
    const run = (id: string): ReturnType<typeof exec> =>
      harness.plane.command(
        {
          kind: 'tool',
          session_key: 'op',
          actor: 'user:1',
          tool: 'exec',
          args: { command: `sh wait.sh ${id}` },
        },
        id,
      );
    const [one, two] = [run('one'), run('two')];
    for (const id of ['one', 'two'])
      await until(() => existsSync(join(harness.workspace, `begun-${id}`)), `${id} runs`);
    expect(await harness.plane.command({ kind: 'cancel', session_key: 'op', call_id: 'one' })).toMatchObject({
      result: { cancelled: true },
    });
    expect(await one).toMatchObject({ state: 'failed', error: { code: 'TOOL_CANCELLED' } });
    writeFileSync(join(harness.workspace, 'go'), '');
    expect(await two).toMatchObject({ result: { status: 'ok', output: 'two has ended\n' } });
  });

  it('ends the command when the turn is cancelled', async () => {
    const slow = `slow-${randomUUID()}.sh`;
    writeFileSync(join(harness.workspace, slow), 'touch begun\nsleep 600\n');
    harness.broker.steps = [{ calls: [{ tool: 'exec', args: { command: `sh ${slow}` } }] }];
    await start();
    const report = harness.plane.message('run it');
    await until(() => existsSync(join(harness.workspace, 'begun')), 'command runs');
    expect(runs(slow)).toBe(true);
    await harness.plane.command({ kind: 'cancel', session_key: 's' });
    expect(await report).toMatchObject({ result: { stopped: 'cancelled' } });
    expect(harness.plane.activity('tool_result')[0]).toMatchObject({ result_status: 'cancelled' });
    // The session stays one that a model accepts: the call has its result.
    expect(harness.plane.entries().map(({ role }) => role)).toEqual([
      'user',
      'assistant',
      'tool',
      'assistant',
    ]);
    await until(() => !runs(slow), 'the command has ended');
  });

  it('runs a relaxed line part by part, each judged and confined, and refuses its worst part', async () => {
    await harness.close();
    const policy = { ...testConfig.exec.policy, relaxed: true };
    harness = await new Harness({ ...testConfig, exec: { ...testConfig.exec, policy } }).open();
    writeFileSync(join(harness.workspace, 'a.txt'), 'one\ntwo\n');
    await start();
    expect(
      await exec('cat a.txt | wc -l > n.txt && cat n.txt; ls nowhere 2>/dev/null || echo none'),
    ).toMatchObject({
      result: { status: 'ok', output: '2\nnone\n' },
    });
    expect(await exec('cat a.txt | tee ../.config/agent.json')).toMatchObject({
      result: { status: 'denied' },
    });
    expect(await exec('true && cat a.txt | sh')).toMatchObject({ result: { status: 'denied' } });
  });

  it('says that a command ran out of time, and cuts a flood of output', async () => {
    await harness.close();
    harness = await new Harness({
      ...testConfig,
      exec: { ...testConfig.exec, timeout_s: 1 },
      loop: { ...testConfig.loop, max_tool_output_chars: 1_000 },
    }).open();
    await start();
    expect(await exec('sleep 20')).toMatchObject({
      result: { status: 'error', output: expect.stringContaining('out of time') },
    });
    const report = await exec('seq 1 100000');
    const output = report.result?.kind === 'tool' ? report.result.output : '';
    expect(output.length).toBeLessThanOrEqual(1_000);
    expect(output).toContain('[cut: ');
  });
});

it('runs a command unconfined only where the configuration says so', async () => {
  const config = { ...testConfig, exec: { ...testConfig.exec, confinement: 'off' } } as const;
  const harness = await new Harness(config).open();
  try {
    await harness.start({ confiner: { unavailable: 'not here' } });
    const command = { kind: 'tool', session_key: 'op', actor: 'user:1', tool: 'exec' } as const;
    expect(await harness.plane.command({ ...command, args: { command: 'echo hello' } })).toMatchObject({
      result: { status: 'ok', output: 'hello\n' },
    });
    expect(await harness.plane.command({ ...command, args: { command: 'rm -rf .' } })).toMatchObject({
      result: { status: 'denied' },
    });
  } finally {
    await harness.close();
  }
});
