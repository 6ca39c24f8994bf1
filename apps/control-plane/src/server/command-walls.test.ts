import type { ConfinerProbe } from '@clawforce/policy-shell/run';
import { expect, test } from 'vitest';
import { commandWalls } from './command-walls.js';

const probe = (backend: ConfinerProbe['backend'], works = true): ConfinerProbe => ({
  backend,
  works,
  detail: works ? '' : 'not installed',
});
const gap = /dial one port number, that of the policy proxy, on any host/;

test('under Landlock, in containers and outside, it is told that one port number can be dialled anywhere', () => {
  for (const pool of ['docker', 'process']) {
    const { enforced, notEnforced } = commandWalls({
      pool,
      confiners: [probe('bwrap', false), probe('landlock')],
      unconfinedExec: false,
    });
    expect([pool, enforced.join()]).toEqual([pool, expect.stringMatching(/confined/)]);
    expect([pool, notEnforced.join()]).toEqual([pool, expect.stringMatching(gap)]);
  }
});

test('bubblewrap outside of containers leaves nothing of that; inside of containers it is not used', () => {
  const confiners = [probe('bwrap'), probe('landlock')];
  expect(commandWalls({ pool: 'process', confiners, unconfinedExec: false }).notEnforced).toEqual([]);
  expect(commandWalls({ pool: 'docker', confiners, unconfinedExec: false }).notEnforced.join()).toMatch(gap);
});

test('a host without any confiner enforces nothing and says that commands are refused, or run without walls', () => {
  const confiners = [probe('bwrap', false), probe('landlock', false)];
  for (const pool of ['docker', 'process']) {
    const { enforced, notEnforced } = commandWalls({ pool, confiners, unconfinedExec: false });
    expect(enforced).toEqual([]);
    expect(notEnforced.join()).toMatch(/refused.*not installed/);
  }
  const open = commandWalls({ pool: 'process', confiners, unconfinedExec: true });
  expect([open.enforced, open.notEnforced.join()]).toEqual([[], expect.stringContaining('WITHOUT')]);
});

test('inside of containers the switch of developers takes nothing away, and that is said', () => {
  for (const works of [true, false]) {
    const confiners = [probe('bwrap', false), probe('landlock', works)];
    const without = commandWalls({ pool: 'docker', confiners, unconfinedExec: false });
    const { enforced, notEnforced } = commandWalls({ pool: 'docker', confiners, unconfinedExec: true });
    expect(notEnforced).toEqual(without.notEnforced);
    expect(enforced).toEqual([...without.enforced, expect.stringMatching(/=1 has no effect inside/)]);
  }
});
