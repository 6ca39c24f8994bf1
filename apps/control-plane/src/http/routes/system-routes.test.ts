import { describe, expect, it } from 'vitest';
import type { Storage } from '../../storage/storage.js';
import type { RouteContext } from '../route.js';
import { systemRoutes } from './system-routes.js';

/** What a probe is answered with while the server is in this state. */
async function probe(
  path: string,
  state: { stopping: boolean; ping: () => Promise<void> },
): Promise<unknown> {
  const storage = { ping: state.ping } as Storage;
  const route = systemRoutes({ storage, stopping: () => state.stopping, openApi: () => ({}) }).find(
    (candidate) => candidate.path === path,
  );
  return route!.handle({} as RouteContext);
}

const answers = (): Promise<void> => Promise.resolve();
const fails = (): Promise<void> => Promise.reject(new Error('the disk is gone'));

describe('probes', () => {
  it.each([
    ['that serves', { stopping: false, ping: answers }, undefined],
    ['that is stopping', { stopping: true, ping: answers }, 'The server is stopping.'],
    ['without its database', { stopping: false, ping: fails }, 'The database does not answer.'],
  ])('a server %s is alive, and ready only when it takes work', async (_what, state, refusal) => {
    expect(await probe('/healthz', state)).toEqual({ json: { status: 'ok' } });
    if (refusal === undefined) {
      expect(await probe('/readyz', state)).toEqual({ json: { status: 'ok' } });
      return;
    }
    await expect(probe('/readyz', state)).rejects.toMatchObject({
      code: 'OVERLOADED',
      status: 503,
      message: refusal,
    });
  });
});
