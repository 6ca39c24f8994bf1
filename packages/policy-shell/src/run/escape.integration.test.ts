import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requires } from '../../../../tools/host/host-test.js';
import { EscapeHost } from '../testing/escape-host.js';
import { type Escape, escapes } from '../testing/escapes.js';
import type { Confiner } from './confiner.js';
import { createConfiner } from './create-confiner.js';

const named = ([wants, script]: Escape): readonly [string, string] => [wants, script];

requires('bwrap').describe('escapes with the policy switched off', () => {
  const host = new EscapeHost();
  const root = process.getuid?.() === 0;
  const attempted = new Set<string>();
  let confiner: Confiner;
  let unconfined: Confiner;

  beforeAll(async () => {
    await host.start();
    const { toolDirectories } = host;
    confiner = await createConfiner({ backend: 'bwrap', toolDirectories });
    unconfined = await createConfiner({ backend: 'none', toolDirectories });
  });

  afterAll(() => host.stop());

  it.each(escapes.map(named))('bwrap holds when the attacker wants to %s', async (wants, script) => {
    expect(await host.attempt(script, confiner)).not.toContain('GOT');
    expect(host.unharmed).toBe(true);
    attempted.add(wants);
  });

  it('holds at least sixty of them', () => {
    expect(attempted.size).toBeGreaterThanOrEqual(60);
    expect(attempted.size).toBe(new Set(escapes.map(([wants]) => wants)).size);
  });

  const controls = escapes.filter(
    ([, , control]) => control === 'works unconfined' || (control === 'as root' && root),
  );
  describe('positive control', () => {
    it.each(controls.map(named))('without a confiner the attacker gets to %s', async (_wants, script) => {
      expect(await host.attempt(script, unconfined)).toContain('GOT');
    });
  });

  it('leaves nothing behind in the workspace for names it had to mask', async () => {
    await host.attempt('true', confiner);
    expect(
      ['.state', '.logs', '.sessions', 'agent.json'].filter((name) => existsSync(join(host.workspace, name))),
    ).toEqual([]);
  });
});
