import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Agent } from '../../api/api-types.js';
import { runtimeQuery } from '../../agents/agent-queries.js';
import { LevelBadge } from '../../agents/level-badge.js';
import { useApi } from '../../app/services.js';
import { Badge, type Tone } from '../../components/badge.js';
import { FailureNotice } from '../../components/failure-notice.js';
import { InertText } from '../../components/inert-text.js';
import { Loading } from '../../components/loading.js';
import { Panel } from '../../components/panel.js';
import styles from './security.module.css';

const ATTESTED: ReadonlyMap<string, readonly [Tone, string, string]> = new Map([
  [
    'matched',
    [
      'good',
      'Confirmed',
      'The control plane looked at the worker from outside when it started and found what was asked for.',
    ],
  ],
  ['mismatched', ['bad', 'Differs', 'The worker was not what was asked for, so it got no work.']],
  ['none', ['neutral', 'Nothing confirmed', 'No worker has been looked at from outside.']],
]);

/** What was asked for against what was confirmed, and what this server enforces at all. */
export function IsolationState({ agent }: { readonly agent: Agent }) {
  const runtime = useQuery(runtimeQuery(useApi()));
  const [tone, word, sentence] = ATTESTED.get(agent.attested) ?? (['neutral', agent.attested, ''] as const);
  const hasWorker = agent.running_level !== null;
  const differs = hasWorker && agent.running_level !== agent.level;
  return (
    <Panel
      title="Requested and confirmed"
      actions={
        <Link to="/drill" search={{ agent: agent.id }}>
          Drill this isolation
        </Link>
      }
    >
      <div className="stack">
        <dl className={styles['facts']}>
          <dt>Requested</dt>
          <dd>
            <LevelBadge level={agent.level} />
          </dd>
          <dt>Running</dt>
          <dd>
            <span className="row">
              {agent.running_level === null ? 'No worker' : <LevelBadge level={agent.running_level} />}
              {differs && (
                <span className={styles['unavailable']}>
                  The present worker was started at another level; stop and start the agent.
                </span>
              )}
            </span>
          </dd>
          <dt>Confirmed from outside</dt>
          <dd>
            <span className="row">
              <Badge tone={tone} dot>
                {word}
              </Badge>
              <span>{hasWorker || agent.attested !== 'none' ? sentence : 'No worker runs now.'}</span>
            </span>
          </dd>
          {agent.image !== null && (
            <>
              <dt>Image</dt>
              <dd>
                <span className="row">
                  <code>
                    <InertText text={agent.image.name} />
                  </code>
                  {agent.image.custom && (
                    <>
                      <Badge tone="warn">Custom</Badge>
                      <span>What is in it, and what the worker says about itself, is its own word.</span>
                    </>
                  )}
                  {agent.image.outdated && (
                    <span className={styles['unavailable']}>
                      An older image than the next start gets; stop and start the agent to update it.
                    </span>
                  )}
                </span>
              </dd>
            </>
          )}
        </dl>
        {runtime.isPending && <Loading what="what this server enforces" rows={2} />}
        {runtime.isError && <FailureNotice error={runtime.error} onRetry={() => void runtime.refetch()} />}
        {runtime.data && (
          <>
            <p>
              {runtime.data.backend === null ? (
                'This server runs no workers.'
              ) : (
                <>
                  Workers run with the backend <code>{runtime.data.backend}</code>
                  {runtime.data.engine && (
                    <>
                      {' '}
                      (<code>{runtime.data.engine}</code>)
                    </>
                  )}
                  . What it does and does not hold:
                </>
              )}
            </p>
            <div className={styles['truth']}>
              <Sentences title="Enforced here" items={runtime.data.enforced ?? []} empty="Nothing." />
              <Sentences
                title="Not enforced here"
                items={runtime.data.not_enforced ?? []}
                empty="Nothing is left out."
              />
            </div>
          </>
        )}
      </div>
    </Panel>
  );
}

function Sentences({
  title,
  items,
  empty,
}: {
  readonly title: string;
  readonly items: readonly string[];
  readonly empty: string;
}) {
  return (
    <div>
      <h3>{title}</h3>
      {items.length === 0 ? (
        <p className="muted">{empty}</p>
      ) : (
        <ul className={styles['list']}>
          {items.map((item) => (
            <li key={item}>{item}</li>
          ))}
        </ul>
      )}
    </div>
  );
}
