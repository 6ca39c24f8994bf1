import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useEffect, useEffectEvent, useState } from 'react';
import { agentQuery } from '../../agents/agent-queries.js';
import { useApi } from '../../app/services.js';
import { Button } from '../../components/button.js';
import { EmptyState } from '../../components/empty-state.js';
import { FailureNotice } from '../../components/failure-notice.js';
import { Loading } from '../../components/loading.js';
import { Panel } from '../../components/panel.js';
import { SelectField } from '../../components/select-field.js';
import { VirtualList } from '../../components/virtual-list.js';
import { ActivityDialog } from './activity-dialog.js';
import { ACTIVITY_FILTERS, filterActivity } from './activity-filter.js';
import { ActivityLine } from './activity-line.js';
import { useActivity } from './use-activity.js';
import styles from './activity.module.css';

/** Below this distance from the top new events appear at once; further down they wait, so that nothing moves. */
const NEAR_TOP_PX = 40;
/** While a filter leaves fewer events than this, older ones are read by themselves, but not without end. */
const ENOUGH = 30;
const MOST_PAGES_BY_ITSELF = 5;

/** What an agent does, newest first and live. The address names the filter and the open event. */
export function ActivityPage() {
  const { agentId } = useParams({ from: '/signed-in/agents/$agentId/activity' });
  const { only = '', event } = useSearch({ from: '/signed-in/agents/$agentId/activity' });
  const navigate = useNavigate();
  const agent = useQuery(agentQuery(useApi(), agentId));
  const { pages, items } = useActivity(agentId);
  const [heldAt, setHeldAt] = useState<number>();
  const [round, setRound] = useState(0);
  const filtered = filterActivity(items, only);
  const shown = heldAt === undefined ? filtered : filtered.filter(({ id }) => id <= heldAt);
  const waiting = filtered.length - shown.length;
  const go = (search: { only?: string; event?: string }): void =>
    void navigate({
      to: '/agents/$agentId/activity',
      params: { agentId },
      search: Object.fromEntries(Object.entries(search).filter(([, value]) => value !== '')),
      replace: search.event === undefined,
    });
  const readOlder = (): void => {
    if (pages.hasNextPage && !pages.isFetching) void pages.fetchNextPage();
  };
  const pageCount = pages.data?.pages.length ?? 0;
  const fill = useEffectEvent(() => {
    if (shown.length < ENOUGH && pageCount < MOST_PAGES_BY_ITSELF) readOlder();
  });
  useEffect(() => fill(), [pageCount, only, pages.isFetching]);

  if (pages.isPending) return <Loading what="the activity" rows={8} />;
  if (pages.isError && items.length === 0)
    return <FailureNotice error={pages.error} onRetry={() => void pages.refetch()} />;
  return (
    <div className="stack">
      <div className={styles['bar']}>
        <SelectField
          label="Show"
          hideLabel
          value={ACTIVITY_FILTERS.some(({ value }) => value === only) ? only : ''}
          options={ACTIVITY_FILTERS}
          onChange={(value) => go({ only: value })}
        />
        {waiting > 0 && (
          <Button
            size="small"
            onPress={() => {
              setHeldAt(undefined);
              setRound(round + 1);
            }}
          >
            {waiting === 1 ? 'Show 1 new event' : `Show ${waiting} new events`}
          </Button>
        )}
      </div>
      {pages.isError && <FailureNotice error={pages.error} onRetry={() => void pages.refetch()} />}
      <Panel flush>
        {shown.length === 0 ? (
          <EmptyState title={only === '' ? 'Nothing has happened yet.' : 'No such event in what was read.'}>
            {agent.data?.status === 'running'
              ? 'Every step of the agent appears here the moment it happens.'
              : 'Start the agent; every step it takes appears here.'}
          </EmptyState>
        ) : (
          <div
            onScrollCapture={({ target }) => {
              const { scrollTop } = target as HTMLElement;
              if (scrollTop < NEAR_TOP_PX) setHeldAt(undefined);
              else setHeldAt((held) => held ?? items[0]?.id);
            }}
          >
            <VirtualList
              // Another filter, or events that were asked for, begin at the top.
              key={`${only} ${round}`}
              label="Activity"
              items={shown}
              keyOf={({ id }) => id}
              estimate={41}
              maxHeight="max(20rem, calc(100dvh - 17.5rem))"
              onEndReached={readOlder}
            >
              {(item) => (
                <ActivityLine
                  item={item}
                  onOpen={() => go({ event: String(item.id), ...(only === '' ? {} : { only }) })}
                />
              )}
            </VirtualList>
          </div>
        )}
        <p className={styles['foot']}>
          <span role="status">
            {shown.length === items.length || waiting > 0
              ? shown.length === 1
                ? '1 event'
                : `${shown.length} events`
              : `${shown.length} of ${items.length} events read`}
          </span>
          {pages.hasNextPage && (
            <Button size="small" kind="quiet" isPending={pages.isFetchingNextPage} onPress={readOlder}>
              Read older events
            </Button>
          )}
        </p>
      </Panel>
      {event !== undefined && (
        <ActivityDialog
          agentId={agentId}
          id={Number(event)}
          known={items.find(({ id }) => String(id) === event)}
          onClose={() => go({ only })}
        />
      )}
    </div>
  );
}
