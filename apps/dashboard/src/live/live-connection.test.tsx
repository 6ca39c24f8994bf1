// @vitest-environment happy-dom
import { screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { refusal } from '../testing/fake-server.js';
import { giveHeight } from '../testing/give-height.js';
import { renderApp, anAgent } from '../testing/render-app.js';
import { LiveConnection, type AgentListener } from './live-connection.js';
import type { UiSocket } from './ui-socket.js';

/** A server that knows which frames an agent has had, and resumes behind the cursor that it is given. */
function fakeHub() {
  const open = new Set<{ hear(name: string, body: unknown): void; cut(): void }>();
  const asked: [string, Record<string, unknown>][] = [];
  const hub = {
    asked,
    refuse: false,
    tickets: 0,
    answer: { ok: true, gap: false, last: 40, cursor: 'c0' } as Record<string, unknown>,
    give: undefined as (() => Promise<Record<string, unknown>>) | undefined,
    connect: (): Promise<UiSocket> => {
      hub.tickets += 1;
      if (hub.refuse) return Promise.reject(new Error('4401'));
      const frames: ((name: string, body: unknown) => void)[] = [];
      const ends: (() => void)[] = [];
      const connection = {
        hear: (name: string, body: unknown) => frames.forEach((listener) => listener(name, body)),
        cut: () => {
          open.delete(connection);
          ends.forEach((listener) => listener());
        },
      };
      open.add(connection);
      return Promise.resolve({
        ask: (name, body) => {
          asked.push([name, body as Record<string, unknown>]);
          return hub.give?.() ?? Promise.resolve(hub.answer);
        },
        send: (name, body) => void asked.push([name, body as Record<string, unknown>]),
        onFrame: (listener) => void frames.push(listener),
        onEnd: (listener) => void ends.push(listener),
        close: () => void open.delete(connection),
      });
    },
    push: (name: string, body: unknown) => open.forEach((connection) => connection.hear(name, body)),
    cut: () => [...open].forEach((connection) => connection.cut()),
    open,
  };
  return hub;
}

function listener(): AgentListener & { heard: [string, unknown][]; gaps: number; resumed: number } {
  const found = {
    heard: [] as [string, unknown][],
    gaps: 0,
    resumed: 0,
    onFrame: (name: string, body: unknown) => void found.heard.push([name, body]),
    onGap: () => void (found.gaps += 1),
    onResume: () => void (found.resumed += 1),
  };
  return found;
}

describe('the live connection', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('resumes behind the last activity, with a new ticket, after it was cut', async () => {
    const hub = fakeHub();
    const live = new LiveConnection({ open: hub.connect, now: () => 7 });
    const watcher = listener();
    live.watchAgent('a1', watcher);
    live.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(live.state.kind).toBe('live');
    expect(hub.asked).toEqual([['watch', { agent_id: 'a1' }]]);
    expect([watcher.gaps, watcher.resumed]).toEqual([1, 0]);
    hub.push('activity', { agent_id: 'a1', id: 43 });
    hub.push('activity', { agent_id: 'other', id: 99 });
    expect(watcher.heard).toEqual([['activity', { agent_id: 'a1', id: 43 }]]);
    hub.cut();
    expect(live.state).toEqual({ kind: 'lost', since: 7 });
    await vi.advanceTimersByTimeAsync(2_000);
    expect(live.state.kind).toBe('live');
    expect(hub.tickets).toBe(2);
    expect(hub.asked.at(-1)).toEqual(['watch', { agent_id: 'a1', after: 43 }]);
    expect([watcher.gaps, watcher.resumed]).toEqual([1, 1]);
    live.stop();
  });

  it('resumes an agent that was silent until the cut behind what there was when the watch began', async () => {
    const hub = fakeHub();
    const live = new LiveConnection({ open: hub.connect, now: () => 0 });
    live.watchAgent('a1', listener());
    let fleetGaps = 0;
    live.watchFleet({ onFrame: () => undefined, onGap: () => void (fleetGaps += 1) });
    live.start();
    await vi.advanceTimersByTimeAsync(0);
    hub.cut();
    await vi.advanceTimersByTimeAsync(2_000);
    // Agents are not sent in the order of their cursors: the lists are read behind every cut.
    expect(fleetGaps).toBe(2);
    hub.answer = { ok: true, gap: true, last: 900, cursor: 'c9' };
    for (const [after, cursor] of [
      [40, 'c0'],
      // Behind a gap it goes on where the server said that it begins anew.
      [900, 'c9'],
    ]) {
      hub.cut();
      await vi.advanceTimersByTimeAsync(2_000);
      expect(hub.asked.slice(-2)).toEqual([
        ['watch_fleet', { after: cursor }],
        ['watch', { agent_id: 'a1', after }],
      ]);
    }
    live.stop();
  });

  it('counts a first watch as a gap, however late: what is shown was read before it', async () => {
    const hub = fakeHub();
    hub.refuse = true;
    const live = new LiveConnection({ open: hub.connect, now: () => 0 });
    const [watcher, later] = [listener(), listener()];
    let fleetGaps = 0;
    live.watchAgent('a1', watcher);
    live.watchFleet({ onFrame: () => undefined, onGap: () => void (fleetGaps += 1) });
    live.start();
    await vi.advanceTimersByTimeAsync(60_000);
    expect([watcher.gaps, fleetGaps]).toEqual([0, 0]);
    hub.refuse = false;
    await vi.advanceTimersByTimeAsync(20_000);
    expect([watcher.gaps, fleetGaps]).toEqual([1, 1]);
    live.watchAgent('a2', later);
    await vi.advanceTimersByTimeAsync(0);
    expect([watcher.gaps, later.gaps, fleetGaps]).toEqual([1, 1, 1]);
    live.stop();
  });

  it('keeps trying, slower and slower, and says since when it is lost', async () => {
    const hub = fakeHub();
    hub.refuse = true;
    let time = 1000;
    const live = new LiveConnection({ open: hub.connect, now: () => time });
    live.start();
    await vi.advanceTimersByTimeAsync(0);
    time = 99_000;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(live.state).toEqual({ kind: 'lost', since: 1000 });
    expect(hub.tickets).toBeGreaterThan(4);
    expect(hub.tickets).toBeLessThan(15);
    hub.refuse = false;
    live.retryNow();
    await vi.advanceTimersByTimeAsync(0);
    expect(live.state.kind).toBe('live');
    live.stop();
  });

  it('tells watchers when something was missed for good', async () => {
    const hub = fakeHub();
    const live = new LiveConnection({ open: hub.connect, now: () => 0 });
    const watcher = listener();
    let fleetGaps = 0;
    live.watchAgent('a1', watcher);
    live.watchFleet({ onFrame: () => undefined, onGap: () => void (fleetGaps += 1) });
    live.start();
    await vi.advanceTimersByTimeAsync(0);
    hub.answer = { ok: true, gap: true, last: 900, cursor: 'c9' };
    hub.cut();
    await vi.advanceTimersByTimeAsync(2_000);
    expect([watcher.gaps, watcher.resumed, fleetGaps]).toEqual([2, 0, 2]);
    live.stop();
  });

  it.each([
    ['INTERNAL', () => Promise.resolve({ ok: false, code: 'INTERNAL' })],
    ['BAD_REQUEST', () => Promise.resolve({ ok: false, code: 'BAD_REQUEST' })],
    ['no answer', () => Promise.reject(new Error('timeout'))],
  ])('is not live while an agent or the fleet is not watched: %s', async (_, answer) => {
    for (const what of ['agent', 'fleet', 'open agent', 'open fleet']) {
      const hub = fakeHub();
      const live = new LiveConnection({ open: hub.connect, now: () => 7 });
      const watch = (): unknown =>
        what.endsWith('agent')
          ? live.watchAgent('a1', listener())
          : live.watchFleet({ onFrame: () => undefined, onGap: () => undefined });
      if (what.startsWith('open')) {
        live.start();
        await vi.advanceTimersByTimeAsync(0);
        expect(live.state.kind).toBe('live');
      }
      hub.give = answer;
      watch();
      live.start();
      await vi.advanceTimersByTimeAsync(0);
      expect([what, live.state.kind, hub.open.size]).toEqual([what, 'lost', 0]);
      hub.give = undefined;
      await vi.advanceTimersByTimeAsync(20_000);
      expect([what, live.state.kind, hub.open.size]).toEqual([what, 'live', 1]);
      live.stop();
    }
  });

  it('an agent that is gone leaves the connection live', async () => {
    const hub = fakeHub();
    hub.answer = { ok: false, code: 'NOT_FOUND' };
    const live = new LiveConnection({ open: hub.connect, now: () => 0 });
    const watcher = listener();
    live.watchAgent('a1', watcher);
    live.start();
    await vi.advanceTimersByTimeAsync(0);
    expect([live.state.kind, watcher.heard]).toEqual(['live', [['removed', { agent_id: 'a1' }]]]);
    live.stop();
  });

  it('shares one watch of an agent between components and ends it with the last', async () => {
    const hub = fakeHub();
    const live = new LiveConnection({ open: hub.connect, now: () => 0 });
    live.start();
    await vi.advanceTimersByTimeAsync(0);
    const [first, second] = [listener(), listener()];
    const endFirst = live.watchAgent('a1', first);
    const endSecond = live.watchAgent('a1', second);
    hub.push('delta', { agent_id: 'a1', text: 'x' });
    expect([first.heard.length, second.heard.length]).toEqual([1, 1]);
    endFirst();
    expect(hub.asked.filter(([name]) => name === 'unwatch')).toEqual([]);
    endSecond();
    expect(hub.asked.filter(([name]) => name === 'unwatch')).toEqual([['unwatch', { agent_id: 'a1' }]]);
    live.stop();
  });

  it('stopped while it connects, it leaves no socket behind', async () => {
    const hub = fakeHub();
    const live = new LiveConnection({ open: hub.connect, now: () => 0 });
    live.start();
    live.stop();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(hub.open.size).toBe(0);
  });
});

describe('a lost connection on the page', () => {
  giveHeight(400);

  it('says why the server refuses a new one, and what to do', async () => {
    const { server } = renderApp('/fleet', (prepared) => {
      prepared.on('POST /api/auth/stream-token', () =>
        refusal(429, 'RATE_LIMITED', 'Too many streams.', { fix: 'Close other tabs.' }),
      );
    });
    const banner = await screen.findByText(/Too many streams\. Close other tabs\./);
    expect(banner.closest('[role=status]')?.textContent).toContain('Connection lost');
    expect(server.asked).toContain('POST /api/auth/stream-token');
  });

  it('shows, and heals by itself; what changed meanwhile is there', async () => {
    const { server } = renderApp('/fleet', (prepared) => {
      prepared.on('GET /api/agents', () => ({ items: [anAgent({ name: 'Researcher' })] }));
    });
    await screen.findByText('Live');
    await screen.findByText('Stopped', { selector: 'span' });
    server.push('agent', { cursor: 'c1', agent: anAgent({ name: 'Researcher', description: 'seen' }) });
    server.down = true;
    server.cutSockets();
    await screen.findByText(/Connection lost/);
    server.down = false;
    await screen.findByText('Live');
    // It asks for what came behind the last frame that it saw, which the server then sends as it does here.
    expect(server.frames.filter(([name]) => name === 'watch_fleet')).toEqual([
      ['watch_fleet', {}],
      ['watch_fleet', { after: 'c1' }],
    ]);
    server.push('agent', {
      cursor: 'c2',
      agent: anAgent({ name: 'Researcher', status: 'running', desired: 'running' }),
    });
    await screen.findByText('Running', { selector: 'span' });
  });
});
