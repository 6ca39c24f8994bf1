import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { unwrap, type ApiClient } from '../api/api-client.js';
import type { Session } from '../api/api-types.js';
import { useApi } from '../app/services.js';
import { Badge } from '../components/badge.js';
import { Button } from '../components/button.js';
import { FailureNotice } from '../components/failure-notice.js';
import { InertText } from '../components/inert-text.js';
import { Loading } from '../components/loading.js';
import { Panel } from '../components/panel.js';
import { RelativeTime } from '../components/relative-time.js';
import { VirtualList } from '../components/virtual-list.js';
import styles from './account-page.module.css';

function sessionsQuery(api: ApiClient) {
  return queryOptions({
    queryKey: ['sessions'],
    queryFn: async ({ signal }) => unwrap(await api.GET('/api/auth/sessions', { signal })).items,
  });
}

/** The person's sessions, each of which can be ended. */
export function SessionList() {
  const api = useApi();
  const queries = useQueryClient();
  const sessions = useQuery(sessionsQuery(api));
  const end = useMutation({
    mutationFn: async (id: string | undefined) => {
      if (id === undefined) unwrap(await api.DELETE('/api/auth/sessions'));
      else
        unwrap(await api.DELETE('/api/auth/sessions/{session_id}', { params: { path: { session_id: id } } }));
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['sessions'] }),
  });
  const others = sessions.data?.filter(({ current }) => !current).length ?? 0;
  return (
    <Panel
      title="Sessions"
      note="Where you are signed in. Ending one closes what it has open at once."
      actions={
        others > 0 && (
          <Button size="small" isPending={end.isPending} onPress={() => end.mutate(undefined)}>
            End all others
          </Button>
        )
      }
      flush
    >
      {sessions.isPending && <Loading what="your sessions" />}
      {sessions.isError && <FailureNotice error={sessions.error} onRetry={() => void sessions.refetch()} />}
      {end.isError && <FailureNotice error={end.error} />}
      {sessions.data && (
        <VirtualList
          label="Your sessions"
          items={sessions.data}
          keyOf={({ id }) => id}
          estimate={70}
          maxHeight="70dvh"
        >
          {(session) => <SessionRow session={session} onEnd={() => end.mutate(session.id)} />}
        </VirtualList>
      )}
    </Panel>
  );
}

function SessionRow({ session, onEnd }: { readonly session: Session; readonly onEnd: () => void }) {
  return (
    <div className={styles['session']}>
      <div>
        <p className={styles['agent']}>
          <InertText text={session.user_agent || 'Unknown client'} limit={160} />{' '}
          {session.current && <Badge tone="good">This one</Badge>}
        </p>
        <p className={styles['note']}>
          {session.ip} · last used <RelativeTime value={session.last_used_at} /> · began{' '}
          <RelativeTime value={session.created_at} /> · ends <RelativeTime value={session.expires_at} />
        </p>
      </div>
      {!session.current && (
        <Button size="small" onPress={onEnd} aria-label={`End the session from ${session.ip}`}>
          End
        </Button>
      )}
    </div>
  );
}
