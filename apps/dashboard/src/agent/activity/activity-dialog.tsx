import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Activity } from '../../api/api-types.js';
import { useApi } from '../../app/services.js';
import { DecisionDetails } from '../../components/decision-details.js';
import { Dialog } from '../../components/dialog.js';
import { EmptyState } from '../../components/empty-state.js';
import { FailureNotice } from '../../components/failure-notice.js';
import { InertText } from '../../components/inert-text.js';
import { Loading } from '../../components/loading.js';
import { FullTime } from '../../components/relative-time.js';
import { activityEventQuery } from './activity-queries.js';
import { describeActivity } from './describe-activity.js';
import styles from './activity.module.css';

/** One event in full: its decision with rule, reason, hint and trace, or what it said. */
export function ActivityDialog({
  agentId,
  id,
  known,
  onClose,
}: {
  readonly agentId: string;
  readonly id: number;
  /** The event when the list has it already. */
  readonly known: Activity | undefined;
  readonly onClose: () => void;
}) {
  const api = useApi();
  const isId = Number.isSafeInteger(id) && id > 0;
  const query = useQuery({ ...activityEventQuery(api, agentId, id), enabled: known === undefined && isId });
  const item = known ?? query.data;
  return (
    <Dialog title={`Event ${isId ? id : ''}`} isOpen onClose={onClose} wide>
      {item && <EventContent agentId={agentId} item={item} />}
      {!item && isId && query.isPending && <Loading what="the event" />}
      {!item && query.isError && <FailureNotice error={query.error} onRetry={() => void query.refetch()} />}
      {!item && (!isId || query.data === null) && (
        <EmptyState title="This event is not there.">
          Old activity is removed after a while; the audit log keeps every decision.
        </EmptyState>
      )}
    </Dialog>
  );
}

function EventContent({ agentId, item }: { readonly agentId: string; readonly item: Activity }) {
  const { event, source, time } = item;
  const { record, egress, content, session_key: session, call_id: call } = event;
  const { subject } = describeActivity(item);
  return (
    <>
      {record && <DecisionDetails decision={record.decision} />}
      {egress?.hint && (
        <p>
          <InertText text={egress.hint} />
        </p>
      )}
      <dl className={styles['facts']}>
        <Fact name="Time">
          <FullTime value={time} />
        </Fact>
        <Fact name="Event">
          <code>
            <InertText text={event.event_type} limit={200} />
          </code>
        </Fact>
        <Fact name="About">
          <InertText text={subject} limit={200} />
        </Fact>
        <Fact name="Reported by">
          {source === 'control'
            ? 'the control plane'
            : 'the worker, which the agent may have under its control'}
        </Fact>
        {session && (
          <Fact name="Conversation">
            <Link to="/agents/$agentId/chat" params={{ agentId }} search={{ session }}>
              <InertText text={session} />
            </Link>
          </Fact>
        )}
        {call && (
          <Fact name="Call">
            <code>
              <InertText text={call} limit={200} />
            </code>
          </Fact>
        )}
        {record && (
          <Fact name="Actor">
            <InertText text={record.actor} />
          </Fact>
        )}
        {event.duration_ms !== undefined && <Fact name="Took">{event.duration_ms} ms</Fact>}
        {egress && (
          <>
            <Fact name="Rule">
              <code>
                <InertText text={egress.rule} limit={200} />
              </code>
            </Fact>
            <Fact name="Bytes">
              {egress.bytes_out.toLocaleString('en')} sent, {egress.bytes.toLocaleString('en')} received
            </Fact>
            {egress.error && (
              <Fact name="Error">
                <InertText text={egress.error} />
              </Fact>
            )}
          </>
        )}
      </dl>
      {content !== undefined && content !== '' && <InertText block text={content} />}
    </>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
