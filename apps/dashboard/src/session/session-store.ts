import { ApiFailure, failureOf, toFailure } from '../api/api-failure.js';
import type { SendRequest } from '../api/api-client.js';
import { checkBody } from '../api/check-request.js';
import type { SessionChannel, SessionNews } from './session-channel.js';

/** Where this tab stands. */
export type SessionState =
  /** The refresh cookie is being tried. */
  | { readonly kind: 'starting' }
  | { readonly kind: 'signed-in' }
  /** The session ended, and the person did not end it: what is on the page waits for the same person. */
  | { readonly kind: 'expired' }
  | { readonly kind: 'signed-out' }
  /** The server could not be asked whether there is a session. */
  | { readonly kind: 'unreachable'; readonly failure: ApiFailure };

interface AccessToken {
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  /** Whose it is. */
  readonly userId: string;
}

/** What {@link SessionStore} stands on; tests give their own. */
export interface SessionParts {
  readonly send: SendRequest;
  readonly channel: SessionChannel;
  readonly now: () => number;
  /** Leaves nothing of this tab as it is: it has shown the pages of one person, and another one has signed in. */
  readonly startOver: () => void;
}

/** A token this close to its end is renewed before it is used. */
const EARLY_MS = 30_000;
/** The answer that means that there is no session any more, unlike a server that is away. */
const ENDED = 401;

/**
 * The session of this tab. The access token is in memory only; the refresh token is in a cookie that scripts cannot
 * read. Tabs share what they get and take turns, since each refresh token works once. A tab belongs to the first person
 * who was signed in there: with another one it starts over.
 */
export class SessionStore {
  readonly #parts: SessionParts;
  readonly #listeners = new Set<() => void>();
  #state: SessionState = { kind: 'starting' };
  #access: AccessToken | undefined;
  #renewing: Promise<AccessToken> | undefined;
  /** Whose pages this tab has shown. */
  #userId: string | undefined;
  #isOver = false;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    parts.channel.listen((news) => this.#hear(news));
  }

  /** The present state; another object after each change. */
  get state(): SessionState {
    return this.#state;
  }

  /** Calls back after each change; gives the function that ends it. */
  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Finds out with the refresh cookie whether somebody is signed in. */
  async restore(): Promise<void> {
    this.#become({ kind: 'starting' });
    try {
      await this.#renew(undefined);
    } catch (error) {
      const failure = toFailure(error);
      if (this.#state.kind === 'starting') this.#become({ kind: 'unreachable', failure });
    }
  }

  /** Signs in. @throws ApiFailure */
  async login(username: string, password: string): Promise<void> {
    await this.#accept(
      this.#share(await this.#post('/api/auth/login', { username, password, client: 'browser' })),
    );
  }

  /** Sets the password of an account with its one-time token and gives the account's name. @throws ApiFailure */
  async claim(token: string, password: string): Promise<string> {
    const { username } = ((await this.#post('/api/auth/claim', { token, password })) ?? {}) as {
      username?: unknown;
    };
    if (typeof username === 'string') return username;
    throw new ApiFailure('The server did not say which account has the password now.', {
      code: 'UNKNOWN',
      status: 0,
    });
  }

  /** Ends the session here, in the other tabs and on the server. @throws ApiFailure when the server did not hear it. */
  async logout(): Promise<void> {
    // A renewal that is on its way, here or in another tab, would sign in again behind it.
    await this.#renewing?.catch(() => undefined);
    await this.#parts.channel.alone(async () => {
      await this.#post('/api/auth/logout', {});
      this.#access = undefined;
      this.#become({ kind: 'signed-out' });
      this.#parts.channel.tell({ kind: 'signed-out' });
    });
  }

  /** Gives a token that is still good; while the session has expired, that of the next one. @throws ApiFailure */
  async token(): Promise<string> {
    if (this.#state.kind === 'expired') await this.#nextSession();
    if (this.#access && this.#access.expiresAt - EARLY_MS > this.#parts.now()) return this.#access.token;
    return (await this.#renew(this.#access?.token)).token;
  }

  /** Gives another token than the one that the server refused. @throws ApiFailure */
  async tokenInsteadOf(refused: string): Promise<string> {
    if (this.#access && this.#access.token !== refused) return this.#access.token;
    return (await this.#renew(refused)).token;
  }

  #renew(old: string | undefined): Promise<AccessToken> {
    this.#renewing ??= this.#parts.channel
      .alone(async () => {
        // Another tab may have renewed it while this one waited for its turn.
        const fresh = this.#access;
        if (fresh && fresh.token !== old && fresh.expiresAt - EARLY_MS > this.#parts.now()) return fresh;
        return this.#share(await this.#post('/api/auth/refresh', {}));
      })
      .then((access) => this.#accept(access))
      .catch((error: unknown) => {
        const failure = toFailure(error);
        if (failure.status === ENDED) this.#end();
        throw failure;
      })
      .finally(() => (this.#renewing = undefined));
    return this.#renewing;
  }

  /** Gives the token of an answer, and tells the other tabs. */
  #share(body: unknown): AccessToken {
    const {
      access_token: token,
      expires_in: seconds,
      user_id: userId,
    } = (body ?? {}) as Record<string, unknown>;
    if (typeof token !== 'string' || typeof seconds !== 'number' || typeof userId !== 'string') {
      throw new ApiFailure('The server answered without a token.', { code: 'UNKNOWN', status: 0 });
    }
    const access = { token, expiresAt: this.#parts.now() + seconds * 1000, userId };
    this.#parts.channel.tell({ kind: 'token', ...access });
    return access;
  }

  /** Goes on with a token. That of another person is not used here, and whoever waits for one waits to the end. */
  #accept(access: AccessToken): AccessToken | Promise<never> {
    if (this.#isOver || (this.#userId !== undefined && this.#userId !== access.userId)) {
      this.#startOver();
      return new Promise<never>(() => undefined);
    }
    this.#userId = access.userId;
    this.#access = access;
    if (this.#state.kind !== 'signed-in') this.#become({ kind: 'signed-in' });
    return access;
  }

  #startOver(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#access = undefined;
    this.#become({ kind: 'starting' });
    this.#parts.startOver();
  }

  #hear(news: SessionNews): void {
    if (news.kind === 'token') {
      void this.#accept({ token: news.token, expiresAt: news.expiresAt, userId: news.userId });
    } else if (!this.#isOver) {
      this.#access = undefined;
      this.#become({ kind: 'signed-out' });
    }
  }

  #end(): void {
    if (this.#isOver) return;
    const { kind } = this.#state;
    this.#access = undefined;
    this.#become({ kind: kind === 'signed-in' || kind === 'expired' ? 'expired' : 'signed-out' });
  }

  /** Waits until the same person has signed in again. @throws ApiFailure when it comes to another end. */
  #nextSession(): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = this.subscribe(() => {
        const { kind } = this.#state;
        if (kind === 'expired') return;
        end();
        if (kind === 'signed-in') resolve();
        if (kind === 'signed-out')
          reject(new ApiFailure('You are signed out.', { code: 'UNAUTHENTICATED', status: ENDED }));
      });
    });
  }

  #become(state: SessionState): void {
    this.#state = state;
    for (const listener of [...this.#listeners]) listener();
  }

  async #post(path: string, body: object): Promise<unknown> {
    checkBody(`POST ${path}`, body);
    const response = await this.#parts.send(
      new Request(new URL(path, window.location.origin), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
        credentials: 'same-origin',
      }),
    );
    if (response.status === 204) return undefined;
    const answer: unknown = await response.json().catch(() => undefined);
    if (!response.ok) throw failureOf(response, answer);
    return answer;
  }
}
