import { Link } from '@tanstack/react-router';
import { Trash2 } from 'lucide-react';
import { AgentActions } from '../agents/agent-actions.js';
import { attestationWord } from '../agents/attestation-word.js';
import { LevelBadge } from '../agents/level-badge.js';
import { StatusBadge } from '../agents/status-badge.js';
import type { Agent } from '../api/api-types.js';
import { Badge } from '../components/badge.js';
import { Button } from '../components/button.js';
import { InertText } from '../components/inert-text.js';
import { inertLabel } from '../components/inert-parts.js';
import { Panel } from '../components/panel.js';
import { RelativeTime } from '../components/relative-time.js';
import { VirtualList } from '../components/virtual-list.js';
import styles from './fleet-list.module.css';

/** The agents, one a row; only the visible rows exist. */
export function FleetList({
  agents,
  onDelete,
}: {
  readonly agents: readonly Agent[];
  readonly onDelete: (agent: Agent) => void;
}) {
  return (
    <Panel flush>
      <div className={styles['head']} aria-hidden="true">
        <span>Agent</span>
        <span>Status</span>
        <span>Level, attested</span>
        <span>Last refusal</span>
        <span />
      </div>
      <VirtualList
        label="Agents"
        items={agents}
        keyOf={({ id }) => id}
        estimate={57}
        maxHeight="max(20rem, calc(100dvh - 14.5rem))"
      >
        {(agent) => <FleetRow agent={agent} onDelete={() => onDelete(agent)} />}
      </VirtualList>
    </Panel>
  );
}

function FleetRow({ agent, onDelete }: { readonly agent: Agent; readonly onDelete: () => void }) {
  const {
    id,
    name,
    status,
    since,
    level,
    attested,
    image,
    owner,
    unsafe,
    last_refusal: refusal,
    is_demo: isDemo,
  } = agent;
  return (
    <div className={styles['row']}>
      <div className={styles['who']}>
        <span className="row">
          <Link to="/agents/$agentId/chat" params={{ agentId: id }} className={styles['name'] ?? ''}>
            <InertText text={name} limit={200} />
          </Link>
          {isDemo && <Badge tone="info">Demo</Badge>}
        </span>
        <span className={styles['note']}>{owner ? owner.username : 'no owner'}</span>
      </div>
      <div className={styles['cell']}>
        <StatusBadge status={status} />
        <span className={styles['note']}>
          <RelativeTime value={since} />
        </span>
      </div>
      <div className={styles['cell']}>
        <span className="row">
          <LevelBadge level={level} />
          {unsafe.length > 0 && (
            <span title={unsafe.join('\n')}>
              <Badge tone="warn">{unsafe.length} unsafe</Badge>
            </span>
          )}
        </span>
        <span className={styles['note']} data-loud={attested === 'mismatched'}>
          {attestationWord(attested)}
          {image?.custom === true && ' · custom image'}
        </span>
      </div>
      <div className={styles['refusal']}>
        {refusal ? (
          <>
            <Link
              to="/agents/$agentId/activity"
              params={{ agentId: id }}
              search={
                refusal.event_id === undefined ? { only: 'refusals' } : { event: String(refusal.event_id) }
              }
              title={inertLabel(refusal.reason)}
            >
              <code>
                <InertText text={refusal.rule} limit={200} />
              </code>
            </Link>
            <span className={styles['note']}>
              <RelativeTime value={refusal.time} />
              {agent.refusals_last_hour > 1 && ` · ${agent.refusals_last_hour} in the last hour`}
            </span>
          </>
        ) : (
          <span className={styles['note']}>No refusal</span>
        )}
      </div>
      <div className={styles['actions']}>
        <AgentActions agent={agent} size="small" />
        <Button
          kind="quiet"
          size="small"
          icon={<Trash2 aria-hidden="true" />}
          aria-label={`Delete ${inertLabel(name)}`}
          onPress={onDelete}
        />
      </div>
    </div>
  );
}
