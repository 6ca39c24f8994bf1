import { parse as parseCookies, serialize as serializeCookie } from 'cookie';
import { addressKey } from '../../auth/auth-parts.js';
import { actionsOf } from '../../auth/authorizer.js';
import type { AuthService, ClientInfo, SignedIn } from '../../auth/auth-service.js';
import type { SetupLinks } from '../../auth/setup-links.js';
import { ApiError } from '../../errors/api-error.js';
import { CallerBuckets } from '../../limits/caller-buckets.js';
import { ref } from '../components.js';
import type { Reply, Route, RouteContext } from '../route.js';
import { object, page, type } from '../schemas.js';

const PASSWORD = { type: 'string', minLength: 1, maxLength: 1024 };
const LOGIN_LIMIT = 4096;
/**
 * Requests of one address, at once and for each second, far above honest use: a link is claimed once, and an office of a
 * thousand tabs behind one address refreshes about once in a second.
 */
const CLAIMS = { burst: 60, perSecond: 1 } as const;
const REFRESHES = { burst: 600, perSecond: 20 } as const;

const signedIn = object(
  {
    access_token: type('string'),
    token_type: { const: 'Bearer' },
    expires_in: { type: 'integer', description: 'Seconds.' },
    user_id: { type: 'string', description: 'Whose tokens these are.' },
    refresh_token: { type: 'string', description: 'Only with `client: "api"`; browsers get a cookie.' },
  },
  ['refresh_token'],
);

/** What the auth routes serve from. */
export interface AuthRouteParts {
  readonly auth: AuthService;
  readonly setup: SetupLinks;
  /** Whether the public URL is https. */
  readonly secure: boolean;
  /** Origins that may use the refresh cookie besides the server's own. */
  readonly corsOrigins: readonly string[];
}

/** Routes to sign in, stay signed in, and look after one's own account. Users are managed by the command line only. */
export function authRoutes({ auth, setup, secure, corsOrigins }: AuthRouteParts): Route[] {
  // The prefix makes browsers insist on Secure, the whole path and no Domain (RFC 6265bis section 4.1.3.2).
  const cookieName = secure ? '__Host-clawforce-refresh' : 'clawforce-refresh';
  const cookieOptions = { httpOnly: true, sameSite: 'strict', secure, path: '/' } as const;

  const claims = new CallerBuckets(CLAIMS.burst, CLAIMS.perSecond);
  const refreshes = new CallerBuckets(REFRESHES.burst, REFRESHES.perSecond);

  const answer = (result: SignedIn, wantsBody: boolean): Reply => ({
    json: {
      access_token: result.accessToken,
      token_type: 'Bearer',
      expires_in: result.expiresIn,
      user_id: result.userId,
      ...(wantsBody ? { refresh_token: result.refreshToken } : {}),
    },
    headers: wantsBody
      ? {}
      : {
          'set-cookie': serializeCookie(cookieName, result.refreshToken, {
            ...cookieOptions,
            expires: result.refreshExpiresAt,
          }),
        },
  });

  const presentedToken = (context: RouteContext): { token: string | undefined; fromBody: boolean } => {
    const { refresh_token: fromBody } = (context.body ?? {}) as { refresh_token?: string };
    if (fromBody !== undefined) return { token: fromBody, fromBody: true };
    const token = parseCookies(context.request.headers.cookie ?? '')[cookieName];
    if (token !== undefined) refuseForeignSite(context, corsOrigins);
    return { token, fromBody: false };
  };

  return [
    {
      method: 'post',
      path: '/api/auth/login',
      tag: 'auth',
      summary: 'Signs in. Browsers get the refresh token in a cookie; `client: "api"` gets it in the body.',
      access: { public: 'this is where callers get their token' },
      body: object(
        {
          username: { type: 'string', minLength: 1, maxLength: 256 },
          password: PASSWORD,
          client: { enum: ['api', 'browser'] },
        },
        ['client'],
      ),
      form: true,
      bodyLimit: LOGIN_LIMIT,
      responses: { 200: { description: 'Signed in.', schema: signedIn } },
      errors: [
        'CREDENTIALS_INVALID',
        'TOO_MANY_ATTEMPTS',
        'HASHER_BUSY',
        'PAYLOAD_TOO_LARGE',
        'ORIGIN_REFUSED',
      ],
      handle: async (context) => {
        const { username, password, client } = context.body as {
          username: string;
          password: string;
          client?: string;
        };
        // Another site must not sign a browser in as somebody whose agents then get this person's keys.
        if (client !== 'api') refuseForeignSite(context, corsOrigins);
        return answer(await auth.login(username, password, clientOf(context)), client === 'api');
      },
    },
    {
      method: 'post',
      path: '/api/auth/claim',
      tag: 'auth',
      summary: 'Sets the password of the first superadmin with the one-time link that the server printed.',
      access: { public: 'the one-time token is the credential' },
      body: object({ token: { type: 'string', minLength: 1, maxLength: 200 }, password: PASSWORD }),
      bodyLimit: LOGIN_LIMIT,
      responses: {
        200: { description: 'The account has its password.', schema: object({ username: type('string') }) },
      },
      errors: ['SETUP_LINK_INVALID', 'PASSWORD_TOO_SHORT', 'PASSWORD_GUESSABLE', 'HASHER_BUSY'],
      handle: async (context) => {
        admit(claims, context);
        const { token, password } = context.body as { token: string; password: string };
        return { json: await setup.claim(token, password, clientOf(context)) };
      },
    },
    {
      method: 'post',
      path: '/api/auth/refresh',
      tag: 'auth',
      summary: 'Exchanges the refresh token (cookie or body) for a new pair; each token works once.',
      access: { public: 'the refresh token is the credential' },
      body: object({ refresh_token: { type: 'string', maxLength: 200 } }, ['refresh_token']),
      bodyLimit: LOGIN_LIMIT,
      responses: { 200: { description: 'A new pair.', schema: signedIn } },
      errors: [
        'UNAUTHENTICATED',
        'REFRESH_INVALID',
        'REFRESH_EXPIRED',
        'REFRESH_REVOKED',
        'REFRESH_REUSED',
        'ORIGIN_REFUSED',
      ],
      handle: async (context) => {
        admit(refreshes, context);
        const { token, fromBody } = presentedToken(context);
        if (token === undefined)
          throw new ApiError('UNAUTHENTICATED', 'There is no refresh token in the cookie or the body.');
        return answer(await auth.refresh(token, clientOf(context)), fromBody);
      },
    },
    {
      method: 'post',
      path: '/api/auth/logout',
      tag: 'auth',
      summary: 'Ends the session of the refresh token; what it held open is closed.',
      access: { public: 'the refresh token is the credential' },
      body: object({ refresh_token: { type: 'string', maxLength: 200 } }, ['refresh_token']),
      bodyLimit: LOGIN_LIMIT,
      responses: { 204: { description: 'Signed out.' } },
      errors: ['ORIGIN_REFUSED'],
      handle: async (context) => {
        const { token } = presentedToken(context);
        if (token !== undefined) await auth.logout({ refreshToken: token }, clientOf(context));
        return {
          headers: {
            'set-cookie': serializeCookie(cookieName, '', { ...cookieOptions, expires: new Date(0) }),
          },
        };
      },
    },
    {
      method: 'get',
      path: '/api/auth/me',
      tag: 'auth',
      summary: 'Says who the caller is.',
      access: { action: 'account:read' },
      responses: {
        200: {
          description: 'The caller.',
          schema: ref('Me'),
        },
      },
      handle: async ({ caller }) => ({
        json: {
          id: caller.userId,
          username: caller.username,
          role: caller.role,
          session_id: caller.sessionId ?? null,
          reauthenticated_until: (await auth.freshUntil(caller))?.toISOString() ?? null,
          permissions: actionsOf(caller.role),
        },
      }),
    },
    {
      method: 'get',
      path: '/api/auth/sessions',
      tag: 'auth',
      summary: "Lists the caller's live sessions.",
      access: { action: 'account:read' },
      responses: {
        200: { description: 'The sessions, the latest used first.', schema: page(ref('Session')) },
      },
      handle: async ({ caller }) => ({
        json: {
          items: (await auth.sessions(caller)).map((session) => ({
            id: session.id,
            current: session.id === caller.sessionId,
            ip: session.ip,
            user_agent: session.userAgent,
            created_at: session.createdAt.toISOString(),
            last_used_at: session.lastUsedAt.toISOString(),
            expires_at: session.absoluteExpiresAt.toISOString(),
          })),
        },
      }),
    },
    {
      method: 'delete',
      path: '/api/auth/sessions',
      tag: 'auth',
      summary: "Ends the caller's other sessions.",
      access: { action: 'account:update' },
      responses: { 200: { description: 'How many ended.', schema: object({ ended: type('integer') }) } },
      handle: async ({ caller }) => ({ json: { ended: await auth.endSessions(caller) } }),
    },
    {
      method: 'delete',
      path: '/api/auth/sessions/{session_id}',
      tag: 'auth',
      summary: "Ends one of the caller's sessions.",
      access: { action: 'account:update' },
      responses: { 204: { description: 'Ended.' } },
      errors: ['NOT_FOUND'],
      handle: async ({ caller, params }) => {
        await auth.endSessions(caller, params['session_id'] ?? '');
        return {};
      },
    },
    {
      method: 'post',
      path: '/api/auth/stream-token',
      tag: 'auth',
      summary: 'Gives a single-use ticket for the /ui socket, good for 30 seconds.',
      access: { action: 'account:update' },
      responses: {
        200: {
          description: 'The ticket.',
          schema: object({ ticket: type('string'), expires_at: type('string') }),
        },
      },
      handle: async ({ caller }) => {
        const { token, expiresAt } = await auth.streamToken(caller);
        return { json: { ticket: token, expires_at: expiresAt.toISOString() } };
      },
    },
    {
      method: 'post',
      path: '/api/auth/change-password',
      tag: 'auth',
      summary: "Changes the caller's password; every other session ends.",
      access: { action: 'account:update' },
      body: object({ current_password: PASSWORD, new_password: PASSWORD }),
      bodyLimit: LOGIN_LIMIT,
      responses: { 200: { description: 'Changed.', schema: object({ sessions_ended: type('integer') }) } },
      errors: [
        'CREDENTIALS_INVALID',
        'TOO_MANY_ATTEMPTS',
        'PASSWORD_TOO_SHORT',
        'PASSWORD_GUESSABLE',
        'HASHER_BUSY',
      ],
      handle: async ({ caller, body }) => {
        const { current_password: current, new_password: next } = body as {
          current_password: string;
          new_password: string;
        };
        return { json: { sessions_ended: await auth.changePassword(caller, current, next) } };
      },
    },
    {
      method: 'post',
      path: '/api/auth/reauthenticate',
      tag: 'auth',
      summary: 'Takes the password again; changes that loosen safety are possible for five minutes.',
      access: { action: 'account:update' },
      body: object({ password: PASSWORD }),
      bodyLimit: LOGIN_LIMIT,
      responses: { 204: { description: 'Taken.' } },
      errors: ['CREDENTIALS_INVALID', 'TOO_MANY_ATTEMPTS', 'HASHER_BUSY'],
      handle: async ({ caller, body }) => {
        await auth.reauthenticate(caller, (body as { password: string }).password);
        return {};
      },
    },
  ];
}

function admit(addresses: CallerBuckets, { ip }: RouteContext): void {
  if (addresses.tryTake(addressKey(ip))) return;
  throw new ApiError('TOO_MANY_REQUESTS', 'Too many requests from this address; wait before the next one.', {
    retryAfterSeconds: 1,
  });
}

function clientOf({ ip, request }: RouteContext): ClientInfo {
  return { ip, userAgent: (request.headers['user-agent'] ?? '').slice(0, 300) };
}

// SameSite=Strict already keeps the cookie at home; this also refuses sibling subdomains, which count as the same site.
function refuseForeignSite({ request }: RouteContext, corsOrigins: readonly string[]): void {
  const { origin, host } = request.headers;
  const fetchSite = request.headers['sec-fetch-site'];
  const known = origin !== undefined && (corsOrigins.includes(origin) || hostOf(origin) === host);
  const sameSite = fetchSite === undefined || fetchSite === 'same-origin' || fetchSite === 'none';
  if (known || (sameSite && origin === undefined)) return;
  throw new ApiError('ORIGIN_REFUSED', 'This request comes from another site.');
}

/** Host and port of an origin; undefined for `null` and what else is no origin. */
function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
