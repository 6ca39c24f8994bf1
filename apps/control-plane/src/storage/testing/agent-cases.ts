import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { AgentRecord } from '../agents/agent-store.js';
import { isLive } from '../credentials/credential-store.js';
import type { TestStorage } from './test-storage.js';

/** What every database must do with agents and their credentials. */
export function agentCases(current: () => TestStorage): void {
  const owner = async (): Promise<string> => {
    const username = `o${randomUUID().slice(0, 13)}`;
    return (await current().storage.users.create({ username, passwordHash: null, role: 'admin' })).id;
  };
  const agent = (ownerUserId: string | null = null): Promise<AgentRecord> =>
    current().storage.agents.create({ name: 'a', ownerUserId, mode: 'process', level: 'permissive' });

  describe('agents', () => {
    test('a new agent is stopped and unproven', async () => {
      expect(await agent()).toMatchObject({
        status: 'stopped',
        desired: 'stopped',
        attested: 'none',
        generation: 0,
        epoch: 0,
        ackSeq: 0,
        isDemo: false,
      });
    });

    test('every agent gets a user of its own, keeps it, and a removed agent gives it back', async () => {
      const { agents } = current().storage;
      const range = { first: 300_000, last: 300_002 };
      const [one, two, three, four] = [await agent(), await agent(), await agent(), await agent()];
      const uids = await Promise.all([one, two, three].map(({ id }) => agents.claimWorkerUid(id, range)));
      expect(uids.sort()).toEqual([300_000, 300_001, 300_002]);
      const own = await agents.claimWorkerUid(two.id, range);
      expect((await agents.get(two.id))?.workerUid).toBe(own);
      await expect(agents.claimWorkerUid(four.id, range)).rejects.toMatchObject({ code: 'CONFLICT' });
      await agents.remove(two.id);
      expect(await agents.claimWorkerUid(four.id, range)).toBe(own);
      // A range that was moved moves the agent.
      expect(await agents.claimWorkerUid(one.id, { first: 310_000, last: 310_000 })).toBe(310_000);
      for (const { id } of [one, three, four]) await agents.remove(id);
    });

    test('what a worker was asked for is kept for its generation only', async () => {
      const { agents } = current().storage;
      const { id } = await agent();
      const { generation } = await agents.nextGeneration(id);
      expect((await agents.setWorkerSpec(id, generation, '{"a":1}')).workerSpec).toBe('{"a":1}');
      await agents.nextGeneration(id);
      await expect(agents.setWorkerSpec(id, generation, null)).rejects.toMatchObject({ code: 'STALE' });
    });

    test('a list pages through every agent of an owner once, whatever was created in the same instant', async () => {
      const { agents } = current().storage;
      const [mine, other] = [await owner(), await owner()];
      const created = new Set<string>();
      for (let index = 0; index < 7; index += 1) {
        created.add((await agent(mine)).id);
        await agent(other);
        if (index % 3 === 2) current().clock += 1;
      }
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await agents.list({ ownerUserId: mine }, { limit: 3, ...(cursor ? { cursor } : {}) });
        expect(page.items.every(({ ownerUserId }) => ownerUserId === mine)).toBe(true);
        seen.push(...page.items.map(({ id }) => id));
        cursor = page.next_cursor;
      } while (cursor !== undefined);
      expect(seen).toHaveLength(7);
      expect(new Set(seen)).toEqual(created);
    });

    test('someone who takes the cursor of another list, or alters one, gets nothing', async () => {
      const { agents, users } = current().storage;
      const [mine, other] = [await owner(), await owner()];
      for (let index = 0; index < 3; index += 1) await agent(mine);
      const { next_cursor: cursor = '' } = await agents.list({ ownerUserId: mine }, { limit: 1 });
      expect(cursor).not.toBe('');
      const invalid = { code: 'CURSOR_INVALID' };
      await expect(agents.list({ ownerUserId: other }, { cursor })).rejects.toMatchObject(invalid);
      await expect(agents.list('all', { cursor })).rejects.toMatchObject(invalid);
      await expect(users.list({ cursor })).rejects.toMatchObject(invalid);
      const altered = `${cursor.slice(0, -2)}${cursor.endsWith('AA') ? 'BA' : 'AA'}`;
      for (const bad of [altered, '', 'x', cursor.slice(1), `${cursor}=`]) {
        await expect(agents.list({ ownerUserId: mine }, { cursor: bad })).rejects.toMatchObject(invalid);
      }
    });

    test('a list is narrowed by status, part of the name and owner, and counts are those of the viewer', async () => {
      const { agents } = current().storage;
      const [mine, other] = [await owner(), await owner()];
      const named = (name: string, ownerUserId: string): Promise<AgentRecord> =>
        agents.create({ name, ownerUserId, mode: 'process', level: 'permissive' });
      const [build, review, foreign] = [
        await named('Nightly BUILD', mine),
        await named('review', mine),
        await named('nightly build', other),
      ];
      await agents.setStatus(build.id, { status: 'failed' });
      await agents.setStatus(foreign.id, { status: 'failed' });
      const found = async (...args: Parameters<typeof agents.list>): Promise<string[]> =>
        (await agents.list(...args)).items.map(({ id }) => id);
      const seen = { ownerUserId: mine };
      expect(await found(seen, { status: ['failed', 'running'] })).toEqual([build.id]);
      expect(await found(seen, { status: ['stopped'] })).toEqual([review.id]);
      expect(await found(seen, { name: 'nightly' })).toEqual([build.id]);
      expect(await found(seen, { ownerUserId: other })).toEqual([]);
      expect(await found('all', { ownerUserId: other, name: 'Build' })).toEqual([foreign.id]);
      expect(await agents.countByStatus(seen)).toMatchObject({ failed: 1, stopped: 1, running: 0 });
    });

    test('a page has 50 items unless asked for and never more than 200', async () => {
      const { agents } = current().storage;
      const mine = await owner();
      await current().storage.transaction(async (tx) => {
        for (let index = 0; index < 203; index += 1) {
          await tx.agents.create({ name: 'n', ownerUserId: mine, mode: 'process', level: 'permissive' });
        }
      });
      expect((await agents.list({ ownerUserId: mine })).items).toHaveLength(50);
      expect((await agents.list({ ownerUserId: mine }, { limit: 9999 })).items).toHaveLength(200);
      await expect(agents.list({ ownerUserId: mine }, { limit: 0 })).rejects.toThrow(TypeError);
    });

    test('a late report about an earlier worker changes nothing', async () => {
      const { agents } = current().storage;
      const { id } = await agent();
      const { generation } = await agents.nextGeneration(id);
      const { epoch } = await agents.openEpoch(id, { generation });
      expect([generation, epoch]).toEqual([1, 1]);
      await agents.setStatus(id, { status: 'running', attested: 'none' }, { generation, epoch });
      await agents.nextGeneration(id);
      await expect(
        agents.setStatus(id, { status: 'failed', reason: 'late' }, { generation }),
      ).rejects.toMatchObject({ code: 'STALE' });
      await expect(agents.openEpoch(id, { generation })).rejects.toMatchObject({ code: 'STALE' });
      expect(await agents.get(id)).toMatchObject({ status: 'running', statusReason: null });
    });

    test('the time of a status moves only with the status', async () => {
      const { agents } = current().storage;
      const { id, statusSince } = await agent();
      current().clock += 1000;
      const same = await agents.setStatus(id, { status: 'stopped', reason: 'said again' });
      expect(same).toMatchObject({ statusSince, statusReason: 'said again' });
      const moved = await agents.setStatus(id, { status: 'failed', reason: 'x\0y' });
      expect(moved.statusSince.getTime()).toBe(current().clock);
      expect(moved.statusReason).toBe('x\uFFFDy');
      expect((await agents.setStatus(id, { status: 'stopped' })).statusReason).toBeNull();
    });

    test('desired and active agents are found', async () => {
      const { agents } = current().storage;
      const [first, second] = [await agent(), await agent()];
      await agents.setDesired(first.id, 'running');
      await agents.setStatus(second.id, { status: 'disconnected' });
      const ids = (rows: readonly AgentRecord[]): string[] => rows.map(({ id }) => id);
      expect(ids(await agents.withDesired('running'))).toContain(first.id);
      expect(ids(await agents.withDesired('running'))).not.toContain(second.id);
      expect(ids(await agents.active())).toContain(second.id);
      expect(ids(await agents.active())).not.toContain(first.id);
    });

    test('an agent goes with everything it has, and stays without its owner', async () => {
      const { agents, users, messages, events, configs, credentials } = current().storage;
      const mine = await owner();
      const { id } = await agent(mine);
      await users.remove(mine);
      expect(await agents.get(id)).toMatchObject({ ownerUserId: null });
      await expect(agents.update(id, { ownerUserId: randomUUID() })).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
      const message = await messages.enqueue({
        agentId: id,
        sessionKey: 's',
        text: 't',
        actor: 'user:x',
        channel: 'api',
        chatId: 'c',
      });
      await events.record(id, { event_type: 'agent_stopped' });
      const secret = { id: randomUUID(), sealed: 'cfv1.x', keyId: 'x' };
      await configs.put(id, { document: {}, secrets: [secret] });
      const credential = randomUUID();
      await credentials.issue({ id: credential, agentId: id, kind: 'token', digest: 'd' });
      await agents.remove(id);
      expect(await messages.get(message.id)).toBeUndefined();
      expect(await events.tail(id)).toEqual([]);
      expect(await configs.get(id)).toBeUndefined();
      expect(await configs.secrets(id)).toEqual([]);
      expect(await credentials.find(credential)).toBeUndefined();
      await expect(agents.remove(id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });
  });

  describe('worker credentials', () => {
    const issue = async (agentId: string, kind: 'join' | 'resume' | 'token', expiresAt?: Date) =>
      current().storage.credentials.issue({
        id: randomUUID(),
        agentId,
        kind,
        digest: 'digest',
        ...(expiresAt === undefined ? {} : { expiresAt }),
      });

    test('of many that present a join credential at once, one is let in', async () => {
      const { credentials } = current().storage;
      const { id } = await issue((await agent()).id, 'join');
      const answers = await Promise.all(Array.from({ length: 8 }, () => credentials.consume(id)));
      expect(answers.filter(Boolean)).toHaveLength(1);
      expect(isLive((await credentials.find(id))!, new Date(current().clock))).toBe(false);
    });

    test('a join credential is refused after its time and after a newer one', async () => {
      const { credentials } = current().storage;
      const agentId = (await agent()).id;
      const expired = await issue(agentId, 'join', new Date(current().clock));
      expect(await credentials.consume(expired.id)).toBe(false);
      const older = await issue(agentId, 'join');
      const newer = await issue(agentId, 'join');
      expect(await credentials.consume(older.id)).toBe(false);
      expect(await credentials.consume(newer.id)).toBe(true);
    });

    test('a resume credential stays valid until the next one is first used', async () => {
      const { credentials } = current().storage;
      const agentId = (await agent()).id;
      const token = await issue(agentId, 'token');
      const first = await issue(agentId, 'resume');
      expect(await credentials.activate(first.id)).toBe(true);
      const second = await issue(agentId, 'resume');
      expect(await credentials.activate(first.id)).toBe(true);
      expect(await credentials.activate(second.id)).toBe(false);
      const third = await issue(agentId, 'resume');
      expect(await credentials.activate(third.id)).toBe(true);
      expect(await credentials.activate(first.id)).toBe(false);
      expect(isLive((await credentials.find(token.id))!, new Date(current().clock))).toBe(true);
    });

    test('revoking ends what is live, by kind; a purge removes it', async () => {
      const { credentials } = current().storage;
      const agentId = (await agent()).id;
      const [resume, token] = [await issue(agentId, 'resume'), await issue(agentId, 'token')];
      expect(await credentials.revoke(agentId, ['resume'])).toBe(1);
      expect(await credentials.activate(resume.id)).toBe(false);
      expect(await credentials.revoke(agentId)).toBe(1);
      expect(await credentials.listFor(agentId)).toHaveLength(2);
      current().clock += 1;
      expect(await credentials.purge(new Date(current().clock))).toBeGreaterThanOrEqual(2);
      expect(await credentials.find(token.id)).toBeUndefined();
    });

    test('a credential needs its agent', async () => {
      await expect(issue(randomUUID(), 'join')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });
  });
}
