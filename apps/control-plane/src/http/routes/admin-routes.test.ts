import { AuthError } from '@clawforce/auth-rbac';
import { describe, expect, it } from 'vitest';
import type { RouteContext } from '../route.js';
import { adminRoutes } from './admin-routes.js';

/** What resetting a password is answered with while the storage answers to the name with `failure`. */
function reset(failure: Error): Promise<unknown> {
  const storage = { users: { findByUsername: () => Promise.reject(failure) } };
  const parts = { auth: {}, setup: {}, storage } as unknown as Parameters<typeof adminRoutes>[0];
  const route = adminRoutes(parts).find(
    ({ method, path }) => method === 'post' && path.endsWith('/password'),
  );
  const context = { params: { username: 'ada' }, body: { password: 'a long enough one' } };
  return Promise.resolve(route!.handle(context as unknown as RouteContext));
}

describe('a user by its name', () => {
  it.each([new TypeError('no name'), new AuthError('USERNAME_INVALID')])(
    'is nobody when the name can be none: %s',
    async (failure) => {
      await expect(reset(failure)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    },
  );

  it('is not called missing when the database fails', async () => {
    const failure = new Error('the disk is gone');
    await expect(reset(failure)).rejects.toBe(failure);
  });
});
