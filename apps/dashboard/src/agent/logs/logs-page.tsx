import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { Pause, Play } from 'lucide-react';
import { memo, useState } from 'react';
import { agentQuery } from '../../agents/agent-queries.js';
import { useApi } from '../../app/services.js';
import { Badge, type Tone } from '../../components/badge.js';
import { Button } from '../../components/button.js';
import { EmptyState } from '../../components/empty-state.js';
import { FailureNotice } from '../../components/failure-notice.js';
import { InertText } from '../../components/inert-text.js';
import { Loading } from '../../components/loading.js';
import { Panel } from '../../components/panel.js';
import { RelativeTime } from '../../components/relative-time.js';
import { SearchedList } from '../../components/searched-list.js';
import { useProcessLogs, type LogState, type NumberedLine } from './use-process-logs.js';
import { withoutColours } from './without-colours.js';
import styles from './logs.module.css';

const STATES: Readonly<Record<LogState, readonly [Tone, string]>> = {
  connecting: ['busy', 'Connecting'],
  live: ['good', 'Live'],
  ended: ['neutral', 'The worker has ended'],
  lost: ['warn', 'Interrupted, trying again'],
  refused: ['bad', 'Not read'],
};

const keyOf = ({ number }: NumberedLine): number => number;
const textOf = ({ text }: NumberedLine): string => withoutColours(text);

/** What the worker of an agent prints: its own messages, not the agent's words. */
export function LogsPage() {
  const { agentId } = useParams({ from: '/signed-in/agents/$agentId/logs' });
  const agent = useQuery(agentQuery(useApi(), agentId));
  // Each start of the agent is another worker with lines of its own.
  const { epoch = 0, status = 'stopped' } = agent.data ?? {};
  const { lines, state, isRead, error, retry } = useProcessLogs(agentId, String(epoch), status === 'running');
  const [paused, setPaused] = useState<readonly NumberedLine[]>();
  const shown = paused ?? lines;
  const last = shown.at(-1)?.number ?? -1;
  const behind = paused === undefined ? 0 : lines.filter(({ number }) => number > last).length;
  const [tone, word] = STATES[state];
  return (
    <Panel
      title="Process log"
      note="What the worker prints. A worker can be under the control of its agent, so a line is a claim, not evidence."
      flush
      actions={
        <>
          <Badge tone={paused === undefined ? tone : 'warn'} dot>
            {paused === undefined ? word : behind === 0 ? 'Paused' : `Paused, ${behind} more`}
          </Badge>
          {state === 'ended' && (
            <Button size="small" onPress={retry}>
              Read again
            </Button>
          )}
          <Button
            size="small"
            icon={paused === undefined ? <Pause aria-hidden="true" /> : <Play aria-hidden="true" />}
            onPress={() => setPaused(paused === undefined ? lines : undefined)}
          >
            {paused === undefined ? 'Pause' : 'Go on'}
          </Button>
        </>
      }
    >
      {error !== undefined && <FailureNotice error={error} onRetry={retry} />}
      {error === undefined && shown.length === 0 && !isRead && <Loading what="the log" rows={6} />}
      {error === undefined && shown.length === 0 && isRead && (
        <EmptyState title="The worker has printed nothing.">
          {status === 'running'
            ? 'Lines appear here as they are printed.'
            : 'Start the agent to see its worker.'}
        </EmptyState>
      )}
      {shown.length > 0 && (
        <SearchedList
          className={styles['lines']}
          label="Lines of the log"
          findLabel="Find in the log"
          items={shown}
          keyOf={keyOf}
          textOf={textOf}
          estimate={18}
        >
          {(line) => <Line line={line} />}
        </SearchedList>
      )}
    </Panel>
  );
}

// Lines never change, and there are thousands of them.
const Line = memo(function Line({ line: { time, stream, text } }: { readonly line: NumberedLine }) {
  return (
    <div className={styles['line']} data-stream={stream}>
      <span className={styles['time']}>
        <RelativeTime value={time} />
      </span>
      <span className={styles['text']}>
        {stream === 'stderr' && <span className="visually-hidden">error output: </span>}
        <InertText text={withoutColours(text)} limit={4_000} />
      </span>
    </div>
  );
});
