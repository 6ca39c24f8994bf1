import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HubHarness, until } from './testing/hub-harness.js';
import { handshake, rawWorker, type RawWorker } from './testing/raw-worker.js';

const MIB = 1024 * 1024;
let harness: HubHarness;
const raws: RawWorker[] = [];
beforeEach(() => {
  harness = new HubHarness({ heartbeatMs: 5_000 });
});
afterEach(async () => {
  for (const worker of raws.splice(0)) worker.close();
  await harness.close();
});

async function joined(): Promise<RawWorker> {
  const { directory, join } = await harness.agent('agent-a');
  const worker = rawWorker(directory, handshake('join', join));
  raws.push(worker);
  await worker.hello();
  return worker;
}
const large = (seq: number): unknown => ({
  seq,
  type: 'session',
  time: '2026-01-01T00:00:00Z',
  session_key: 'cli:direct',
  entry: { role: 'user', content: 'x'.repeat(MIB / 2), turn_id: 't', time: '2026-01-01T00:00:00Z' },
});
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
/** The client's own socket. */
function wireOf({ socket }: RawWorker): { pause(): void; resume(): void } {
  return (socket.io.engine.transport as unknown as { ws: { _socket: { pause(): void; resume(): void } } }).ws
    ._socket;
}

describe('a hijacked worker that wants to fill the memory of the control plane', () => {
  it('with 50 MiB of events on a slow store waits in its own socket, and nothing gets lost', async () => {
    const worker = await joined();
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    harness.beforeStore = () => gate;
    for (let seq = 1; seq <= 100; seq += 1) worker.socket.emit('ev', { items: [large(seq)] });
    await until(() => harness.bytesRead() > 8 * MIB, 'the first part');
    await pause(500);
    expect(harness.bytesRead()).toBeLessThan(16 * MIB);
    release();
    await until(() => harness.stored.length === 100, 'everything stored');
    expect(harness.refused).toEqual([]);
  });

  it('with questions whose answers it does not read gets one answer, not all of them', async () => {
    harness.entries = Array.from({ length: 8 }, () => ({
      role: 'user' as const,
      content: 'x'.repeat(MIB / 2),
      turn_id: 't',
      time: '2026-01-01T00:00:00Z',
    }));
    const worker = await joined();
    for (let n = 0; n < 60; n += 1)
      worker.socket.emit('req', { kind: 'history', session_key: 's', limit: 1000 }, () => undefined);
    wireOf(worker).pause();
    await until(() => harness.requests.length > 0, 'the first question');
    await pause(500);
    expect(harness.requests.length).toBeLessThanOrEqual(2);
    wireOf(worker).resume();
    await until(() => harness.requests.length === 60, 'every question, for a worker that reads');
  });

  it('with a hundred refused handshakes leaves a handful of audit lines', async () => {
    const { directory } = await harness.agent('agent-a');
    for (let n = 0; n < 100; n += 1) {
      const worker = rawWorker(directory, { proto: 1, credential: 'none' });
      await expect(worker.connected).rejects.toThrow();
      worker.close();
    }
    expect(harness.refused.length).toBeGreaterThan(0);
    expect(harness.refused.length).toBeLessThanOrEqual(31);
  });
});
