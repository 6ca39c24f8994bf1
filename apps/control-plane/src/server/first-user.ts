import { AuthError } from '../auth/auth-parts.js';
import { SettingsError } from '../settings/index.js';
import type { UserRecord } from '../storage/index.js';
import type { Core } from './core.js';

/**
 * Gives the first superadmin, made at the first start: with the password of `ADMIN_SETUP_PASSWORD` where that is set, else
 * without one until the one-time link or `clawforce setup` gives it one.
 *
 * @throws SettingsError when the password of `ADMIN_SETUP_PASSWORD` is refused.
 */
export async function ensureFirstUser(core: Core): Promise<UserRecord> {
  try {
    return await firstUser(core);
  } catch (error) {
    if (!(error instanceof AuthError) || !error.code.startsWith('PASSWORD_')) throw error;
    throw new SettingsError('ADMIN_SETUP_PASSWORD', error.message, { cause: error });
  }
}

async function firstUser({ storage, auth, setup, settings }: Core): Promise<UserRecord> {
  const existing = await setup.firstUser();
  const password = settings.setup?.password;
  if (!existing)
    return auth.createUser(
      settings.setup?.username ?? 'admin',
      'superadmin',
      password ?? null,
      'first start',
    );
  if (existing.passwordHash === null && password !== undefined) {
    await auth.setPassword(existing, password, 'first start', 'claim');
    return (await storage.users.get(existing.id)) ?? existing;
  }
  return existing;
}
