import { AuthError } from '@clawforce/auth-rbac';
import type { AuthService } from '../../auth/auth-service.js';
import type { SetupLinks } from '../../auth/setup-links.js';
import { ApiError } from '../../errors/api-error.js';
import type { Storage } from '../../storage/storage.js';
import type { UserRecord } from '../../storage/users/user-store.js';
import type { Route } from '../route.js';
import { object, page, pageQuery, type } from '../schemas.js';

const userSchema = object({
  id: type('string'),
  username: type('string'),
  role: type('string'),
  disabled: type('boolean'),
  claimed: type('boolean'),
  created_at: type('string'),
});
const ROLE = { enum: ['superadmin', 'admin', 'viewer'] };
const PASSWORD = { type: 'string', minLength: 1, maxLength: 1024 };

/**
 * Routes of the command line. They exist on the admin socket only, where the operating-system user is the authority: no
 * route of the public listener lists or creates users (CONTRACT section 2).
 */
export function adminRoutes({
  auth,
  setup,
  storage,
}: {
  readonly auth: AuthService;
  readonly setup: SetupLinks;
  readonly storage: Storage;
}): Route[] {
  const existing = async (username: string): Promise<UserRecord> => {
    const user = await storage.users.findByUsername(username).catch((error: unknown) => {
      // A name that cannot be one is nobody's.
      if (error instanceof AuthError || error instanceof TypeError) return undefined;
      throw error;
    });
    if (user) return user;
    throw new ApiError('NOT_FOUND', 'There is no user of this name.', {
      fix: '"clawforce user list" shows them.',
    });
  };
  const routes: Omit<Route, 'access' | 'adminSocketOnly' | 'tag'>[] = [
    {
      method: 'get',
      path: '/api/admin/setup',
      summary: 'Says whether the first superadmin has a password.',
      responses: {
        200: {
          description: 'The state.',
          schema: object({ claimed: type('boolean'), username: type('string') }),
        },
      },
      handle: async () => {
        const user = await setup.firstUser();
        return {
          json: {
            claimed: user !== undefined && user.passwordHash !== null,
            username: user?.displayName ?? '',
          },
        };
      },
    },
    {
      method: 'post',
      path: '/api/admin/setup',
      summary: 'Sets the password of the first superadmin while it has none.',
      body: object({ password: PASSWORD }),
      responses: { 204: { description: 'Set.' } },
      handle: async ({ body }) => {
        const user = await setup.firstUser();
        if (!user || user.passwordHash !== null) {
          throw new ApiError('SETUP_ALREADY_DONE', 'The first superadmin has a password already.', {
            fix: 'Use "clawforce user reset <username>".',
          });
        }
        await auth.setPassword(user, (body as { password: string }).password, 'command line', 'claim');
        return {};
      },
    },
    {
      method: 'get',
      path: '/api/admin/users',
      summary: 'Lists users, newest first.',
      query: { properties: pageQuery },
      responses: { 200: { description: 'One page.', schema: page(userSchema) } },
      errors: ['CURSOR_INVALID'],
      handle: async ({ query }) => {
        const { items, ...rest } = await storage.users.list(query);
        return { json: { items: items.map(userView), ...rest } };
      },
    },
    {
      method: 'post',
      path: '/api/admin/users',
      summary: 'Creates a user.',
      body: object({
        username: { type: 'string', minLength: 1, maxLength: 64 },
        role: ROLE,
        password: PASSWORD,
      }),
      responses: { 201: { description: 'The user.', schema: userSchema } },
      errors: ['CONFLICT', 'USERNAME_INVALID', 'PASSWORD_TOO_SHORT', 'PASSWORD_GUESSABLE'],
      handle: async ({ body }) => {
        const { username, role, password } = body as {
          username: string;
          role: UserRecord['role'];
          password: string;
        };
        return {
          status: 201,
          json: userView(await auth.createUser(username, role, password, 'command line')),
        };
      },
    },
    {
      method: 'post',
      path: '/api/admin/users/{username}/password',
      summary: "Sets a user's password and ends all of that user's sessions.",
      body: object({ password: PASSWORD }),
      responses: { 200: { description: 'Set.', schema: object({ sessions_ended: type('integer') }) } },
      errors: ['NOT_FOUND', 'PASSWORD_TOO_SHORT', 'PASSWORD_GUESSABLE'],
      handle: async ({ body, params }) => {
        const user = await existing(params['username'] ?? '');
        const { password } = body as { password: string };
        return {
          json: { sessions_ended: await auth.setPassword(user, password, 'command line', 'password_reset') },
        };
      },
    },
  ];
  return routes.map((route) => ({
    ...route,
    tag: 'admin',
    access: { action: 'user:manage' },
    adminSocketOnly: true,
  }));
}

function userView(user: UserRecord): Record<string, unknown> {
  return {
    id: user.id,
    username: user.displayName,
    role: user.role,
    disabled: user.disabled,
    claimed: user.passwordHash !== null,
    created_at: user.createdAt.toISOString(),
  };
}
