import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import type { ExecResult } from '../agent-pool.js';
import { DRILL_CASES } from '../drill.js';
import { expectations, node, shell } from './drill-case.js';
import type { DrillCase, DrillFacts } from './drill-case.js';
import { runDrill } from './run-drill.js';

const facts: DrillFacts = {
  level: 'sandboxed',
  memoryBytes: 2 ** 28,
  cpus: 1,
  pids: 256,
  tmpBytes: 2 ** 20,
  tmpInodes: 100,
  probe: '/probe',
};
const ref = { agentId: 'a', generation: 1 };
const drill = (changed: Partial<DrillCase> = {}): DrillCase => ({
  id: 'x',
  action: 'try',
  group: 'files',
  expect: expectations('aba'),
  control: true,
  command: () => shell('true'),
  ...changed,
});
const answer = (changed: Partial<ExecResult>): ExecResult => ({
  code: 0,
  stdout: '',
  stderr: '',
  truncated: false,
  timedOut: false,
  ...changed,
});

async function outcome(result: Partial<ExecResult>, changed: Partial<DrillCase> = {}) {
  const pool = { exec: async () => answer(result) };
  const [row] = await runDrill({ pool, ref, facts, cases: [drill(changed)] });
  return [row?.actual, row?.verdict, row?.detail];
}

describe('runDrill', () => {
  test('exit code 0 means that the action succeeded, anything else that it was blocked', async () => {
    expect(await outcome({ code: 1, stderr: 'a\nPermission denied\n' })).toEqual([
      'blocked',
      'pass',
      'Permission denied',
    ]);
    expect(await outcome({ code: 0 })).toEqual(['allowed', 'fail', '']);
    expect(await outcome({ code: 137 })).toEqual(['blocked', 'pass', '']);
  });

  test('what could not be tried is a failure, never a refusal', async () => {
    expect(await outcome({ code: 127, stderr: 'sh: perl: not found' })).toEqual([
      'not-run',
      'fail',
      'the image lacks a program: sh: perl: not found',
    ]);
    expect((await outcome({ code: null, timedOut: true }))[0]).toBe('not-run');
    expect((await outcome({ code: 99, stderr: 'TypeError: x' }))[0]).toBe('not-run');
    const noFile =
      'OCI runtime exec failed: exec failed: exec: "/probe": stat /probe: no such file or directory: unknown';
    expect((await outcome({ code: 126, stdout: noFile }))[0]).toBe('not-run');
    expect((await outcome({ code: 64 }, { command: ({ probe }) => [probe, 'call'] }))[0]).toBe('not-run');
  });

  test('where the worker is tightened, a case that this decides is judged as at the strictest level', async () => {
    const judged = async (tightening: DrillFacts['tightening'], tightenedBy?: DrillCase['tightenedBy']) => {
      const pool = { exec: async () => answer({ code: 1 }) };
      const [row] = await runDrill({
        pool,
        ref,
        facts: { ...facts, level: 'permissive', ...(tightening ? { tightening } : {}) },
        cases: [drill(tightenedBy ? { tightenedBy } : {})],
      });
      return [row?.expected, row?.verdict];
    };
    expect(await judged({ network: 'none' }, 'network')).toEqual(['blocked', 'pass']);
    expect(await judged({ readOnlyRoot: true }, 'network')).toEqual(['allowed', 'fail']);
    expect(await judged({ network: 'none' })).toEqual(['allowed', 'fail']);
    expect(await judged(undefined, 'network')).toEqual(['allowed', 'fail']);
    // A limit of its own, which these facts have.
    expect(await judged(undefined, 'pids')).toEqual(['blocked', 'pass']);
  });

  test('an action that nothing is expected of is told', async () => {
    expect((await outcome({ code: 0 }, { expect: expectations('???') }))[1]).toBe('info');
  });

  test('a case whose surroundings are missing is told and not executed', async () => {
    expect(await outcome({ code: 0 }, { needs: ['neighbour'] })).toEqual([
      'not-run',
      'info',
      'needs neighbour',
    ]);
  });

  test('a pool that cannot execute is an error', async () => {
    await expect(runDrill({ pool: {}, ref, facts, cases: [drill()] })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
    });
  });
});

describe('the cases', () => {
  test('have unique ids, and a command for every level', () => {
    expect(new Set(DRILL_CASES.map(({ id }) => id)).size).toBe(DRILL_CASES.length);
    for (const { id, command } of DRILL_CASES) {
      for (const pids of [undefined, 256]) {
        const words = command({ ...facts, pids });
        expect(words.length, id).toBeGreaterThan(1);
        expect(words.join(' '), id).not.toMatch(/undefined|NaN/);
      }
    }
  });

  test('tell a mistake of their own program apart from a refusal of the system', () => {
    const end = (program: string): number | null => {
      const [command = '', ...args] = node(program);
      return spawnSync(command, args).status;
    };
    expect(end("require('fs').readFileSync('/nonexistent')")).toBe(1);
    expect(end('nothing.of.that.kind()')).toBe(99);
    expect(end('process.exit(0)')).toBe(0);
  });

  test('keep what must work: a level that blocks everything is no use', () => {
    const mustWork = DRILL_CASES.filter(({ expect: { sandboxed } }) => sandboxed === 'allowed').map(
      ({ id }) => id,
    );
    expect(mustWork).toEqual(expect.arrayContaining(['fs-own-dir', 'fs-tmp-write', 'ctl-own-socket']));
  });

  test('a stricter level never allows what a looser one blocks', () => {
    for (const { id, expect: wanted } of DRILL_CASES) {
      if (wanted.permissive === 'blocked') expect(wanted.sandboxed, id).toBe('blocked');
    }
  });
});
