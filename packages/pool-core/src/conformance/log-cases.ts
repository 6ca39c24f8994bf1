import { codeOf, eventually, lineOf } from './case.js';
import type { ConformanceCase } from './case.js';

/** Output and resource use. */
export const logCases: readonly ConformanceCase[] = [
  {
    title: 'logs give the latest lines in order, both streams told apart',
    run: async (context) => {
      const { pool, spec, options } = context;
      const asked = await spec({ agentId: 'tail', generation: 1, behaviour: 'chatty' });
      await pool.start(asked);
      await lineOf(context, asked, (text) => text === 'tick 1');
      await lineOf(context, asked, (text) => text === 'a word on stderr');
      await pool.stop(asked, { graceMs: 5_000, reason: 'test' });
      const all: { stream: string; text: string }[] = [];
      for await (const { stream, text } of pool.logs(asked)) all.push({ stream, text });
      const numbered = all.filter(({ text }) => text.startsWith('line ')).map(({ text }) => text);
      options.expect(numbered).toEqual(Array.from({ length: 50 }, (_, index) => `line ${index + 1}`));
      options.expect(all.find(({ text }) => text === 'a word on stderr')?.stream).toBe('stderr');
      const tail: string[] = [];
      for await (const { text } of pool.logs(asked, { tail: 2 })) tail.push(text);
      options.expect(tail).toEqual(all.slice(-2).map(({ text }) => text));
    },
  },
  {
    title: 'following logs gives new lines until the worker ends',
    run: async (context) => {
      const { pool, spec, options } = context;
      const asked = await spec({ agentId: 'follow', generation: 1, behaviour: 'chatty' });
      await pool.start(asked);
      const ticks: string[] = [];
      for await (const { text } of pool.logs(asked, { tail: 0, follow: true })) {
        if (!text.startsWith('tick ')) continue;
        ticks.push(text);
        if (ticks.length === 3) void pool.stop(asked, { graceMs: 5_000, reason: 'test' });
      }
      // A slow machine begins to follow behind the first ones; from there on none may be lost or come twice.
      const first = Number(ticks[0]?.slice('tick '.length));
      options.expect(ticks.slice(0, 3)).toEqual([0, 1, 2].map((later) => `tick ${first + later}`));
    },
  },
  {
    title: 'following logs ends when the caller aborts',
    run: async ({ pool, spec, options }) => {
      const asked = await spec({ agentId: 'abort', generation: 1, behaviour: 'chatty' });
      await pool.start(asked);
      const controller = new AbortController();
      let lines = 0;
      for await (const _line of pool.logs(asked, { follow: true, signal: controller.signal })) {
        if ((lines += 1) === 5) controller.abort();
      }
      options.expect(lines >= 5).toBe(true);
      options.expect((await pool.inspect('abort'))?.state).toBe('running');
    },
  },
  {
    title: 'logs of an unknown worker are NOT_FOUND',
    run: async ({ pool, options }) => {
      const read = async (): Promise<void> => {
        for await (const _line of pool.logs({ agentId: 'nobody', generation: 1 })) return;
      };
      options.expect(await codeOf(read)).toBe('NOT_FOUND');
    },
  },
  {
    title: 'stats are told while the worker runs where the pool can, and not after its end',
    run: async (context) => {
      const { pool, spec, options } = context;
      const asked = await spec({ agentId: 'stats', generation: 1, behaviour: 'idle' });
      await pool.start(asked);
      await lineOf(context, asked, (text) => text === 'ready');
      if (pool.capabilities.has('stats')) {
        const stats = await eventually('the first stats', () => pool.stats(asked));
        options
          .expect([stats.memoryBytes > 1024 ** 2, stats.cpuUs > 0, stats.pids >= 1])
          .toEqual([true, true, true]);
      }
      await pool.stop(asked, { graceMs: 5_000, reason: 'test' });
      options.expect(await pool.stats(asked)).toBe(undefined);
    },
  },
];
