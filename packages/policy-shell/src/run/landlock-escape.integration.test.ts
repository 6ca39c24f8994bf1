import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { confineHelper } from '../../../../tools/host/confine-helper.js';
import { requires } from '../../../../tools/host/host-test.js';
import { EscapeHost } from '../testing/escape-host.js';
import { type Escape, escapes } from '../testing/escapes.js';
import { proxyModeAttacks, systemCallAttacks, uncontainedCalls } from '../testing/system-call-attacks.js';
import type { Confiner } from './confiner.js';
import { createConfiner } from './create-confiner.js';

const root = process.getuid?.() === 0;
const controlled = ([, , control]: readonly [string, string, string, string?]): boolean =>
  control === 'works unconfined' || (control === 'as root' && root);

const named = ([wants, script]: Escape): readonly [string, string] => [wants, script];

requires('cc', 'landlock').describe('escapes from the landlock confiner with the policy switched off', () => {
  const host = new EscapeHost();
  let confiner: Confiner;
  let unconfined: Confiner;

  beforeAll(async () => {
    await host.start({ attacks: true });
    const { toolDirectories } = host;
    confiner = await createConfiner({
      backend: 'landlock',
      toolDirectories,
      landlock: { helper: confineHelper() },
    });
    unconfined = await createConfiner({ backend: 'none', toolDirectories });
  });

  afterAll(() => host.stop());

  const call = (attack: string): string => `exec attack ${attack} $OUT $VICTIM $PORT`;
  const held = escapes.filter(([, , , cannot]) => cannot === undefined);
  const notHeld = escapes.filter(([, , , cannot]) => cannot !== undefined);

  it('meets at least 60 attempts that succeed without it', () => {
    expect([...held, ...systemCallAttacks].filter(controlled).length).toBeGreaterThanOrEqual(60);
  });

  it.each(held.map(named))('landlock holds when the attacker wants to %s', async (_wants, script) => {
    expect(await host.attempt(script, confiner)).not.toContain('GOT');
    expect(host.unharmed).toBe(true);
  });

  // When a kernel learns to hold one of these, the table and the README are out of date.
  it.each(notHeld.filter(controlled).map(named))(
    'what landlock cannot hold is documented: to %s',
    async (_wants, script) => {
      expect(await host.attempt(script, confiner)).toContain('GOT');
    },
  );

  it.each(uncontainedCalls)('what landlock cannot hold is documented: to %s', async (_wants, attack) => {
    expect(await host.attempt(call(attack), confiner)).toContain('GOT');
  });

  it.each(systemCallAttacks)('landlock holds when the attacker wants to %s', async (_wants, attack) => {
    expect(await host.attempt(call(attack), confiner)).not.toContain('GOT');
    expect(host.unharmed).toBe(true);
  });

  it.each(proxyModeAttacks)(
    'with a proxy, landlock holds when the attacker wants to %s',
    async (_wants, attack) => {
      const proxySocket = join(host.workspace, '../proxy.sock');
      const proxy = createServer((socket) => socket.end());
      await new Promise<void>((resolve) => proxy.listen(proxySocket, resolve));
      try {
        expect(await host.attempt(call(attack), confiner, { network: { proxySocket } })).not.toContain('GOT');
      } finally {
        await new Promise((resolve) => proxy.close(resolve));
      }
    },
  );

  describe('positive control', () => {
    it.each(systemCallAttacks.filter(controlled))(
      'without a confiner the attacker gets to %s',
      async (_wants, attack) => {
        expect(await host.attempt(call(attack), unconfined)).toContain('GOT');
      },
    );

    it.each(proxyModeAttacks.filter(controlled))(
      'without a confiner the attacker gets to %s (proxy list)',
      async (_wants, attack) => {
        expect(await host.attempt(call(attack), unconfined)).toContain('GOT');
      },
    );
  });
});
