import { QueryClient } from '@tanstack/react-query';
import { createContext, useContext, useSyncExternalStore, type ReactNode } from 'react';
import { ApiFailure } from '../api/api-failure.js';
import {
  authorisedFetch,
  createApiClient,
  unwrap,
  type ApiClient,
  type SendRequest,
} from '../api/api-client.js';
import { inTime } from '../api/in-time.js';
import { LiveConnection } from '../live/live-connection.js';
import { openUiSocket, type UiSocket } from '../live/ui-socket.js';
import { openSessionChannel, type SessionChannel } from '../session/session-channel.js';
import { SessionStore, type SessionState } from '../session/session-store.js';

/** What every page stands on; one of each per tab. */
export interface Services {
  readonly session: SessionStore;
  readonly api: ApiClient;
  /** Like `fetch`, with the token: for answers that are streams or files. */
  readonly fetchAuthorised: SendRequest;
  readonly queries: QueryClient;
  readonly live: LiveConnection;
}

/** Where the services touch the browser; tests give their own. */
export interface Edges {
  readonly send: SendRequest;
  readonly openChannel: () => SessionChannel;
  readonly openSocket: (ticket: string) => Promise<UiSocket>;
  /** Loads the page anew: nothing that is in memory stays. */
  readonly startOver: () => void;
}

const BROWSER: Edges = {
  send: (request) => fetch(request),
  openChannel: openSessionChannel,
  openSocket: openUiSocket,
  startOver: () => window.location.reload(),
};

/** Makes the services of this tab. */
export function createServices(edges: Edges = BROWSER): Services {
  const now = (): number => Date.now();
  const channel = edges.openChannel();
  const promptly = inTime(edges.send);
  const session = new SessionStore({ send: promptly, channel, now, startOver: edges.startOver });
  const fetchAuthorised = authorisedFetch(session, edges.send);
  const api = createApiClient(fetchAuthorised);
  const tickets = createApiClient(authorisedFetch(session, promptly));
  const live = new LiveConnection({
    open: async () => edges.openSocket(unwrap(await tickets.POST('/api/auth/stream-token')).ticket),
    now,
  });
  const queries = createQueryClient();
  let before = session.state.kind;
  session.subscribe(() => {
    const { kind } = session.state;
    // The page waits for its person: a reading that fails now would take the place of what was typed.
    if (kind === 'expired') void queries.cancelQueries();
    else if (kind !== 'signed-in') queries.clear();
    else if (before === 'expired') void queries.invalidateQueries();
    before = kind;
  });
  return { session, api, fetchAuthorised, queries, live };
}

/** Gives the cache of answers: refusals are final, a server that is away is asked again. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      // Whether there is a network says nothing: the server may be this machine, and a request that fails has its place.
      mutations: { networkMode: 'always' },
      queries: {
        networkMode: 'always',
        // Live frames keep it fresh; this is for what they do not cover.
        staleTime: 15_000,
        retry: (count, error) =>
          count < 2 && !(error instanceof ApiFailure && error.status >= 400 && error.status < 500),
      },
    },
  });
}

const ServicesContext = createContext<Services | undefined>(undefined);

/** Gives the services to everything below. */
export function ServicesProvider({
  services,
  children,
}: {
  readonly services: Services;
  readonly children: ReactNode;
}) {
  return <ServicesContext value={services}>{children}</ServicesContext>;
}

/** Gives the services. */
export function useServices(): Services {
  const services = useContext(ServicesContext);
  if (!services) throw new TypeError('there is no ServicesProvider above this component');
  return services;
}

/** Gives the typed client of the API. */
export function useApi(): ApiClient {
  return useServices().api;
}

/** Gives where the session stands and renders again when it changes. */
export function useSessionState(): SessionState {
  const { session } = useServices();
  return useSyncExternalStore(session.subscribe, () => session.state);
}
