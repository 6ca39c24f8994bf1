import { randomUUID } from 'node:crypto';
import { openAuditLog, type AuditEvent } from '@clawforce/audit-log';
import { describe, expect, test } from 'vitest';
import { auditStoreOf } from '../audit/audit-chain.js';
import { openDb } from '../database/open-db.js';
import type { TestStorage } from './test-storage.js';

/** What every database must do with the audit chain. */
export function auditCases(current: () => TestStorage): void {
  const log = () => openAuditLog(auditStoreOf(current().storage));
  const decision = (agentId: string, rule: string, effect: 'allow' | 'deny' = 'deny'): AuditEvent => ({
    kind: 'policy_decision',
    agent_id: agentId,
    actor: 'model',
    tool: 'exec',
    effect,
    rule,
    reason: 'because \0 "quoted" \uD800 🦀',
    input: 'rm -rf x',
    timestamp: '2026-01-01T00:00:00.123Z',
    ext: { nested: { list: [1, 0.5, null, true] } },
  });
  const login = (user: string): AuditEvent => ({
    kind: 'auth_event',
    event: 'login',
    user_id: user,
    ip: '127.0.0.1',
    success: true,
    detail: '',
    timestamp: '2026-01-01T00:00:01.000Z',
  });

  describe('audit chain', () => {
    test('rows that went through the database still verify', async () => {
      await log().appendBatch([decision('a', 'r1'), login('u')]);
      const { storage } = current();
      await storage.transaction((tx) => log().append(tx, decision('a', 'r2', 'allow')));
      const { seq } = await storage.audit.head();
      expect(await log().verify()).toMatchObject({ outcome: 'intact' });
      const [last] = await storage.audit.read(seq, 10);
      expect(last).toMatchObject({
        seq,
        event: { rule: 'r2', ext: { nested: { list: [1, 0.5, null, true] } } },
      });
    });

    test('the latest refusal of an agent is found behind what was allowed since', async () => {
      const { auditQuery } = current().storage;
      const agentId = randomUUID();
      expect(await auditQuery.lastRefusal(agentId)).toBeUndefined();
      await log().appendBatch([
        decision(agentId, 'first'),
        { ...decision(agentId, 'second'), ext: { layer: 'syntax', hint: 'Do this.' } },
        decision(agentId, 'third', 'allow'),
        decision(randomUUID(), 'other'),
      ]);
      expect(await auditQuery.lastRefusal(agentId)).toMatchObject({
        rule: 'second',
        tool: 'exec',
        effect: 'deny',
        layer: 'syntax',
        hint: 'Do this.',
      });
    });

    test('a list is narrowed to actors, of whom one may be nobody', async () => {
      const { auditQuery } = current().storage;
      const agentId = randomUUID();
      const started = (actor?: string): AuditEvent => ({
        kind: 'agent_lifecycle',
        agent_id: agentId,
        event: actor === undefined ? 'of nobody' : `of ${actor}`,
        timestamp: '2026-01-01T00:00:00.000Z',
        ...(actor === undefined ? {} : { actor }),
      });
      await log().appendBatch([started('model'), started('user:1'), started()]);
      const found = async (...actorIds: (string | null)[]): Promise<unknown[]> =>
        (await auditQuery.list('all', { agentId, actorIds })).items.map(
          ({ event }) => (event as { event: string }).event,
        );
      expect(await found('user:1', 'user')).toEqual(['of user:1']);
      expect(await found('system', null)).toEqual(['of nobody']);
      expect(await found('model', null)).toEqual(['of nobody', 'of model']);
      expect(await found()).toEqual([]);
    });

    test('a list is narrowed by time: from one instant, and before another', async () => {
      const { auditQuery } = current().storage;
      const agentId = randomUUID();
      await log().appendBatch(
        ['one', 'two', 'three'].map((rule, hour) => ({
          ...decision(agentId, rule),
          timestamp: `2026-01-01T0${hour}:00:00.000Z`,
        })),
      );
      const all = await auditQuery.list('all', { agentId });
      const [three, two] = all.items.map(({ time }) => time);
      const rules = async (filter: object): Promise<(string | null)[]> =>
        (await auditQuery.list('all', { agentId, ...filter })).items.map(({ rule }) => rule);
      expect(await rules({ since: two })).toEqual(['three', 'two']);
      expect(await rules({ until: two })).toEqual(['one']);
      expect(await rules({ since: two, until: three })).toEqual(['two']);
    });

    test('many writers at once build one chain without a hole', async () => {
      const { storage } = current();
      const before = (await storage.audit.head()).seq;
      await Promise.all(
        Array.from({ length: 12 }, (_, index) =>
          index % 2 === 0
            ? log().appendBatch([decision('b', 'batch'), decision('b', 'batch')])
            : storage.transaction(async (tx) => {
                await tx.settings.set(`k${String(index)}`, 'v');
                await log().append(tx, decision('b', 'single'));
              }),
        ),
      );
      expect((await storage.audit.head()).seq).toBe(before + 6 * 2 + 6);
      expect(await log().verify()).toMatchObject({ outcome: 'intact' });
    });

    test('a change whose record cannot be written does not happen, and the other way round', async () => {
      const { storage } = current();
      const before = await storage.audit.head();
      const key = randomUUID();
      const work = storage.transaction(async (tx) => {
        await tx.settings.set(key, 'v');
        await log().append(tx, decision('c', 'lost'));
        throw new Error('undo');
      });
      await expect(work).rejects.toThrow('undo');
      expect(await storage.audit.head()).toEqual(before);
      expect(await storage.settings.get(key)).toBeUndefined();
    });

    test('someone who wants to fork the chain with rows of their own is refused', async () => {
      const { storage } = current();
      await log().appendBatch([decision('d', 'x')]);
      const head = await storage.audit.head();
      const forged = {
        seq: head.seq,
        time: '2026-01-01T00:00:00.000Z',
        event: decision('d', 'forged'),
        prevHash: 'f'.repeat(64),
        hash: 'e'.repeat(64),
      };
      await expect(storage.audit.append([forged])).rejects.toMatchObject({ code: 'CONFLICT' });
      await expect(storage.audit.append([{ ...forged, seq: head.seq + 1 }])).rejects.toMatchObject({
        code: 'CONFLICT',
      });
      expect(await storage.audit.head()).toEqual(head);
    });

    test('a batch larger than one statement is chained whole', async () => {
      await log().appendBatch(Array.from({ length: 1100 }, () => decision('e', 'bulk')));
      expect(await log().verify()).toMatchObject({ outcome: 'intact' });
    });

    test('someone who hides a row from lists, or spoils its text, in the database is found', async () => {
      const [row] = await log().appendBatch([decision('hidden', 'r-hidden')]);
      const seq = row?.seq ?? 0;
      const other = await openDb(current().database.url);
      const set = (column: string, value: string): Promise<number> =>
        other.db.$executeRawUnsafe(
          `UPDATE "AuditRow" SET "${column}" = '${value}' WHERE "seq" = ${String(seq)}`,
        );
      try {
        for (const [column, spoiled, honest] of [
          ['agentId', 'nobody', 'hidden'],
          ['effect', 'allow', 'deny'],
          ['kind', 'drill', 'policy_decision'],
          ['event', '{not json', JSON.stringify(row?.event)],
        ] as const) {
          await set(column, spoiled);
          expect(await log().verify()).toMatchObject({ outcome: 'altered', seq });
          await set(column, honest.replaceAll("'", "''"));
          expect(await log().verify()).toMatchObject({ outcome: 'intact' });
        }
      } finally {
        await other.close();
      }
    });

    test('an admin lists the rows of own agents only, page by page and filtered', async () => {
      const { storage } = current();
      const username = `v${randomUUID().slice(0, 13)}`;
      const owner = await storage.users.create({ username, passwordHash: null, role: 'admin' });
      const agent = await storage.agents.create({
        name: 'a',
        ownerUserId: owner.id,
        mode: 'process',
        level: 'permissive',
      });
      await log().appendBatch([
        decision(agent.id, 'mine.1'),
        decision('foreign', 'foreign.1'),
        login(owner.id),
        decision(agent.id, 'mine.2', 'allow'),
        decision(agent.id, 'mine.3'),
      ]);
      const own = { ownerUserId: owner.id };
      const first = await storage.auditQuery.list(own, { limit: 2 });
      expect(first.items.map(({ rule }) => rule)).toEqual(['mine.3', 'mine.2']);
      const second = await storage.auditQuery.list(own, { limit: 2, cursor: first.next_cursor! });
      expect(second.items.map(({ rule }) => rule)).toEqual(['mine.1']);
      expect(second.next_cursor).toBeUndefined();
      await expect(storage.auditQuery.list('all', { cursor: first.next_cursor! })).rejects.toMatchObject({
        code: 'CURSOR_INVALID',
      });
      expect((await storage.auditQuery.list(own, { agentId: 'foreign' })).items).toEqual([]);
      expect((await storage.auditQuery.list(own, { effect: 'allow' })).items).toHaveLength(1);
      const logins = await storage.auditQuery.list('all', {
        kind: 'auth_event',
        actorId: `user:${owner.id}`,
      });
      expect(logins.items).toHaveLength(1);
      const seq = second.items[0]!.seq;
      expect((await storage.auditQuery.after(own, seq)).map(({ rule }) => rule)).toEqual([
        'mine.2',
        'mine.3',
      ]);
    });
  });
}
