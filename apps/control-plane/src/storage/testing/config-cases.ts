import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { SealedSecret } from '../configs/config-store.js';
import type { TestStorage } from './test-storage.js';

/** What every database must do with configurations, settings and transactions. */
export function configCases(current: () => TestStorage): void {
  const agent = async (): Promise<string> => {
    const { agents } = current().storage;
    return (await agents.create({ name: 'a', ownerUserId: null, mode: 'process', level: 'permissive' })).id;
  };
  const secret = (keyId = 'k1'): SealedSecret => ({
    id: randomUUID(),
    sealed: `cfv1.${randomUUID()}`,
    keyId,
  });

  describe('effects outside the database', () => {
    test('happen after the commit, and not when there is none', async () => {
      const { storage } = current();
      const said: string[] = [];
      await storage.transaction(async (tx) => {
        tx.afterCommit(() => said.push('committed'));
        await tx.settings.set('effect', 'x');
        expect(said).toEqual([]);
      });
      const failing = storage.transaction(async (tx) => {
        tx.afterCommit(() => said.push('rolled back'));
        await tx.settings.set('effect', 'y');
        throw new Error('no');
      });
      await expect(failing).rejects.toThrow('no');
      storage.afterCommit(() => said.push('outside'));
      expect(said).toEqual(['committed', 'outside']);
      expect(await storage.settings.get('effect')).toBe('x');
    });
  });

  describe('configurations', () => {
    test('of two that save the version they read, one wins', async () => {
      const { configs } = current().storage;
      const id = await agent();
      expect(await configs.get(id)).toBeUndefined();
      expect(await configs.put(id, { document: { n: 0 }, secrets: [], ifVersion: 0 })).toMatchObject({
        version: 1,
      });
      const outcomes = await Promise.allSettled(
        [1, 2, 3].map((n) => configs.put(id, { document: { n }, secrets: [], ifVersion: 1 })),
      );
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const [lost] = outcomes.filter((outcome) => outcome.status === 'rejected');
      expect(lost?.reason).toMatchObject({ code: 'STALE' });
      expect((await configs.get(id))?.version).toBe(2);
      await expect(configs.put(id, { document: {}, secrets: [], ifVersion: 0 })).rejects.toMatchObject({
        code: 'STALE',
      });
      await expect(configs.put(randomUUID(), { document: {}, secrets: [] })).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
    });

    test('versions of many are told at once, and none for an agent without a configuration', async () => {
      const { configs } = current().storage;
      const [twice, once, never] = [await agent(), await agent(), await agent()];
      for (const id of [twice, twice, once]) await configs.put(id, { document: {}, secrets: [] });
      expect(await configs.versions([twice, once, never])).toEqual(
        new Map([
          [twice, 2],
          [once, 1],
        ]),
      );
    });

    test('secrets that are no longer named are removed, the others stay as they are', async () => {
      const { configs } = current().storage;
      const id = await agent();
      const [kept, gone, added] = [secret(), secret(), secret()];
      const byId = (rows: readonly SealedSecret[]) => [...rows].sort((a, b) => (a.id < b.id ? -1 : 1));
      await configs.put(id, { document: {}, secrets: [kept, gone] });
      expect(await configs.secrets(id)).toEqual(byId([kept, gone]));
      const changed = { ...added, sealed: 'cfv1.changed' };
      await configs.put(id, { document: {}, secrets: [kept, added] });
      await configs.put(id, { document: {}, secrets: [kept, changed] });
      expect(await configs.secrets(id)).toEqual(byId([kept, changed]));
    });

    test('a re-seal that lost a race changes nothing', async () => {
      const { configs } = current().storage;
      const id = await agent();
      const old = secret('old');
      await configs.put(id, { document: {}, secrets: [old, secret('new')] });
      const found = (await configs.sealedByOther('new', 200)).filter(({ agentId }) => agentId === id);
      expect(found).toEqual([{ ...old, agentId: id }]);
      const to = { ...old, sealed: 'cfv1.again', keyId: 'new' };
      expect(await configs.reseal(old, to)).toBe(true);
      expect(await configs.reseal(old, { ...to, sealed: 'cfv1.other' })).toBe(false);
      expect((await configs.secrets(id)).find((row) => row.id === old.id)).toEqual(to);
    });
  });

  describe('settings', () => {
    test('a value is set, replaced and removed', async () => {
      const { settings } = current().storage;
      const key = randomUUID();
      expect(await settings.get(key)).toBeUndefined();
      await settings.set(key, 'docker');
      await settings.set(key, 'process');
      expect(await settings.get(key)).toBe('process');
      await settings.remove(key);
      expect(await settings.get(key)).toBeUndefined();
    });
  });

  describe('transactions', () => {
    test('changes of several stores commit together or not at all', async () => {
      const { storage } = current();
      const id = await agent();
      const key = randomUUID();
      const work = storage.transaction(async (tx) => {
        await tx.settings.set(key, 'x');
        await tx.agents.update(id, { name: 'changed' });
        await tx.events.record(id, { event_type: 'error' });
        await tx.configs.put(id, { document: {}, secrets: [secret()] });
        throw new Error('audit unavailable');
      });
      await expect(work).rejects.toThrow('audit unavailable');
      expect(await storage.settings.get(key)).toBeUndefined();
      expect((await storage.agents.get(id))?.name).toBe('a');
      expect(await storage.events.tail(id)).toEqual([]);
      expect(await storage.configs.secrets(id)).toEqual([]);
    });

    test('20 transactions at once that read and then write the same value lose no update', async () => {
      const { storage } = current();
      const id = await agent();
      await Promise.all(
        Array.from({ length: 20 }, () =>
          storage.transaction(async (tx) => {
            const { generation } = await tx.agents.nextGeneration(id);
            await tx.agents.update(id, { name: String(generation) });
          }),
        ),
      );
      expect(await storage.agents.get(id)).toMatchObject({ generation: 20, name: '20' });
    });

    test('a failed statement inside a transaction does not spoil what follows it', async () => {
      const { storage } = current();
      await expect(
        storage.transaction((tx) =>
          tx.agents.create({ name: 'x', ownerUserId: randomUUID(), mode: 'process', level: 'permissive' }),
        ),
      ).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await storage.settings.set('after', 'fine');
      await storage.ping();
    });
  });
}
