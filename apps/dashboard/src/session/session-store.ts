import { ApiFailure, failureOf, toFailure } from '../api/api-failure.js';
import type { SendRequest } from '../api/api-client.js';
import { checkBody } from '../api/check-request.js';
import type { SessionChannel, SessionNews } from './session-channel.js';

/** Where this tab stands. */
export type SessionState =
  /** The refresh cookie is being tried. */
  | { readonly kind: 'starting' }
  | { readonly kind: 'signed-in' }
  /** `expired` when a session ended that the person did not end here. */
  | { readonly kind: 'signed-out'; readonly expired: boolean }
  /** The server could not be asked whether there is a session. */
  | { readonly kind: 'unreachable'; readonly failure: ApiFailure };

interface AccessToken {
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** What {@link SessionStore} stands on; tests give their own. */
export interface SessionParts {
  readonly send: SendRequest;
  readonly channel: SessionChannel;
  readonly now: () => number;
}

/** A token this close to its end is renewed before it is used. */
const EARLY_MS = 30_000;
/** The answer that means that there is no session any more, unlike a server that is away. */
const ENDED = 401;

/**
 * The session of this tab. The access token is in memory only; the refresh token is in a cookie that scripts cannot
 * read. Tabs share what they get and take turns, since each refresh token works once.
 */
export class SessionStore {
  readonly #parts: SessionParts;
  readonly #listeners = new Set<() => void>();
  #state: SessionState = { kind: 'starting' };
  #access: AccessToken | undefined;
  #renewing: Promise<AccessToken> | undefined;

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
    const body = await this.#post('/api/auth/login', { username, password, client: 'browser' });
    this.#take(body);
    this.#parts.channel.tell({ kind: 'signed-in' });
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
    await this.#post('/api/auth/logout', {});
    this.#access = undefined;
    this.#become({ kind: 'signed-out', expired: false });
    this.#parts.channel.tell({ kind: 'signed-out' });
  }

  /** Gives a token that is still good. @throws ApiFailure */
  async token(): Promise<string> {
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
        return this.#take(await this.#post('/api/auth/refresh', {}));
      })
      .catch((error: unknown) => {
        const failure = toFailure(error);
        if (failure.status === ENDED) this.#end();
        throw failure;
      })
      .finally(() => (this.#renewing = undefined));
    return this.#renewing;
  }

  #take(body: unknown): AccessToken {
    const { access_token: token, expires_in: seconds } = (body ?? {}) as Record<string, unknown>;
    if (typeof token !== 'string' || typeof seconds !== 'number') {
      throw new ApiFailure('The server answered without a token.', { code: 'UNKNOWN', status: 0 });
    }
    this.#access = { token, expiresAt: this.#parts.now() + seconds * 1000 };
    this.#parts.channel.tell({ kind: 'token', ...this.#access });
    this.#become({ kind: 'signed-in' });
    return this.#access;
  }

  #hear(news: SessionNews): void {
    if (news.kind === 'token') {
      this.#access = { token: news.token, expiresAt: news.expiresAt };
      if (this.#state.kind !== 'signed-in') this.#become({ kind: 'signed-in' });
    } else if (news.kind === 'signed-out') {
      this.#access = undefined;
      this.#become({ kind: 'signed-out', expired: false });
    }
  }

  #end(): void {
    const expired = this.#state.kind === 'signed-in';
    this.#access = undefined;
    this.#become({ kind: 'signed-out', expired });
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
