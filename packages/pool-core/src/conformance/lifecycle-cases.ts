import { codeOf, collectEvents, eventually, lineOf } from './case.js';
import type { ConformanceCase } from './case.js';
import { specHash } from '../spec-hash.js';

/** Starting, idempotence, generations, crashes and closing. */
export const lifecycleCases: readonly ConformanceCase[] = [
  {
    title: 'a second start of the same generation gives the same worker',
    run: async ({ pool, spec, options: { expect } }) => {
      const asked = await spec({ agentId: 'twice', generation: 1, behaviour: 'idle' });
      const first = await pool.start(asked);
      expect(await pool.start(asked)).toEqual(first);
      expect((await pool.list()).length).toBe(1);
    },
  },
  {
    title: 'concurrent starts of one generation give one worker',
    run: async ({ pool, spec, options: { expect } }) => {
      const asked = await spec({ agentId: 'race', generation: 1, behaviour: 'idle' });
      const handles = await Promise.all([1, 2, 3, 4].map(() => pool.start(asked)));
      expect(new Set(handles.map((handle) => handle.engineId)).size).toBe(1);
      expect((await pool.list()).filter(({ state }) => state === 'running').length).toBe(1);
    },
  },
  {
    title: 'a generation may not be reused for another specification',
    run: async ({ pool, spec, options: { expect } }) => {
      await pool.start(await spec({ agentId: 'reuse', generation: 1, behaviour: 'idle' }));
      const other = await spec({ agentId: 'reuse', generation: 1, behaviour: 'stubborn' });
      expect(await codeOf(() => pool.start(other))).toBe('SPEC_INVALID');
    },
  },
  {
    title: 'a stale generation is refused and leaves the newer worker alone',
    run: async ({ pool, spec, options: { expect } }) => {
      const newer = await pool.start(await spec({ agentId: 'stale', generation: 5, behaviour: 'idle' }));
      const older = await spec({ agentId: 'stale', generation: 4, behaviour: 'idle' });
      expect(await codeOf(() => pool.start(older))).toBe('GENERATION_STALE');
      const stop = await pool.stop({ agentId: 'stale', generation: 4 }, { graceMs: 0, reason: 'late' });
      expect(stop.outcome).toBe('absent');
      const found = await pool.inspect('stale');
      expect([found?.engineId, found?.generation, found?.state]).toEqual([newer.engineId, 5, 'running']);
    },
  },
  {
    title: 'a newer generation ends the older worker, so that an agent never runs twice',
    run: async ({ pool, spec, options: { expect } }) => {
      const older = await pool.start(await spec({ agentId: 'fence', generation: 1, behaviour: 'stubborn' }));
      const newer = await pool.start(await spec({ agentId: 'fence', generation: 2, behaviour: 'idle' }));
      expect(newer.engineId === older.engineId).toBe(false);
      const running = (await pool.list()).filter(({ state }) => state === 'running');
      expect(running.map(({ engineId }) => engineId)).toEqual([newer.engineId]);
    },
  },
  {
    title: 'a generation that has ended does not start again',
    run: async ({ pool, spec, options: { expect } }) => {
      const asked = await spec({ agentId: 'ended', generation: 1, behaviour: 'idle' });
      await pool.start(asked);
      await pool.stop(asked, { graceMs: 5_000, reason: 'test' });
      expect(await codeOf(() => pool.start(asked))).toBe('GENERATION_STALE');
    },
  },
  {
    title: 'inspect and list tell what runs, and undefined for an agent nobody started',
    run: async (context) => {
      const { pool, spec, options } = context;
      const expect = options.expect;
      expect(await pool.inspect('nobody')).toBe(undefined);
      expect(await pool.list()).toEqual([]);
      const level = options.level ?? 'permissive';
      const asked = await spec({ agentId: 'seen', generation: 3, behaviour: 'idle' });
      const handle = await pool.start(asked);
      const found = await pool.inspect('seen');
      expect([found?.engineId, found?.generation, found?.state, found?.level]).toEqual([
        handle.engineId,
        3,
        'running',
        level,
      ]);
      expect(found?.specHash).toBe(specHash(asked));
      expect(Number.isNaN(Date.parse(found?.startedAt ?? ''))).toBe(false);
      expect((await pool.list()).map(({ agentId }) => agentId)).toEqual(['seen']);
    },
  },
  {
    title: 'a crash is reported with its exit code and a reason in words, by event and by inspect',
    run: async (context) => {
      const { pool, spec, options } = context;
      const events = collectEvents(context);
      try {
        const handle = await pool.start(await spec({ agentId: 'crash', generation: 1, behaviour: 'crash' }));
        const exited = await eventually('the exited event', () =>
          events.seen.find((event) => event.kind === 'exited'),
        );
        const started = events.seen[0];
        options
          .expect([started?.kind, started?.agentId, started?.generation])
          .toEqual(['started', 'crash', 1]);
        options.expect(started?.kind === 'started' && started.engineId).toBe(handle.engineId);
        const { exit } = exited;
        options.expect([exit.code, exit.signal]).toEqual([7, null]);
        options.expect(/7/.test(exit.reason)).toBe(true);
        const found = await pool.inspect('crash');
        options.expect([found?.state, found?.exit]).toEqual(['exited', exit]);
      } finally {
        events.stop();
      }
    },
  },
  {
    title: 'events that happened since a given time are told to a late listener, once',
    run: async (context) => {
      const { pool, spec, options } = context;
      const since = new Date(Date.now() - 1).toISOString();
      const asked = await spec({ agentId: 'late', generation: 1, behaviour: 'idle' });
      await pool.start(asked);
      await pool.stop(asked, { graceMs: 5_000, reason: 'test' });
      const controller = new AbortController();
      const kinds: string[] = [];
      for await (const event of pool.events({ signal: controller.signal, since })) {
        kinds.push(event.kind);
        if (event.kind === 'exited') controller.abort();
      }
      options.expect(kinds).toEqual(['started', 'exited']);
    },
  },
  {
    title: 'close ends the workers that cannot outlive the pool and refuses later starts',
    run: async (context) => {
      const { pool, spec, options } = context;
      const asked = await spec({ agentId: 'close', generation: 1, behaviour: 'stubborn' });
      await pool.start(asked);
      await lineOf(context, asked, (text) => text === 'ready');
      await pool.close();
      if (!pool.capabilities.has('outlives-close')) {
        options.expect((await pool.inspect('close'))?.state).toBe('exited');
      }
      const again = await spec({ agentId: 'close', generation: 2, behaviour: 'idle' });
      options.expect(await codeOf(() => pool.start(again))).toBe('CLOSED');
    },
  },
];
