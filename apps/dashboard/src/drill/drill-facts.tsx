import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { agentsQuery, meQuery } from '../agents/agent-queries.js';
import { LevelBadge } from '../agents/level-badge.js';
import type { Drill } from '../api/api-types.js';
import { useApi } from '../app/services.js';
import { InertText } from '../components/inert-text.js';
import { Panel } from '../components/panel.js';
import { RelativeTime } from '../components/relative-time.js';
import styles from './drill.module.css';

const ATTESTED: Readonly<Record<string, string>> = {
  matched: 'Yes: looked at from outside before it got work, and as asked for',
  mismatched: 'No: the worker was not what was asked for',
  none: 'No: no worker was looked at from outside',
};

const PARTS = [
  ['engine', 'Engine'],
  ['runtime', 'Runtime'],
  ['kernel', 'Kernel'],
] as const;

/** On what the drill ran: everything that a reader needs to compare two reports. */
export function DrillFacts({ drill }: { readonly drill: Drill }) {
  const api = useApi();
  const me = useQuery(meQuery(api));
  const agents = useQuery(agentsQuery(api));
  const { agent_id: agentId, worker_agent_id: worker } = drill;
  const agent = agents.data?.find(({ id }) => id === agentId);
  const isMine = me.data !== undefined && drill.actor === `user:${me.data.id}`;
  return (
    <Panel title="What it ran on">
      <dl className={styles['facts']}>
        <Fact name="Level">
          <LevelBadge level={drill.level} />
        </Fact>
        <Fact name="Attested">{ATTESTED[drill.attested] ?? <InertText text={drill.attested} />}</Fact>
        <Fact name="Agent">
          {agentId === null ? (
            'None: the level by itself'
          ) : agent ? (
            <Link to="/agents/$agentId/settings" params={{ agentId }} search={{ section: 'security' }}>
              <InertText text={agent.name} />
            </Link>
          ) : (
            <code>
              <InertText text={agentId} />
            </code>
          )}
        </Fact>
        <Fact name="Backend">
          <InertText text={drill.backend} />
        </Fact>
        {drill.versions ? (
          PARTS.map(([part, name]) => (
            <Fact key={part} name={name}>
              <InertText
                text={`${drill.versions?.[part].name ?? ''} ${drill.versions?.[part].version ?? ''}`}
              />
            </Fact>
          ))
        ) : (
          <Fact name="Engine, runtime, kernel">
            {drill.engine === '' ? 'The engine has not answered' : <InertText text={drill.engine} />}
          </Fact>
        )}
        <Fact name="Node of the server">{drill.node}</Fact>
        {drill.image !== null && (
          <Fact name="Image">
            <code>
              <InertText text={drill.image} />
            </code>
          </Fact>
        )}
        <Fact name="Begun">
          <RelativeTime value={drill.started_at} /> by {isMine ? 'you' : <InertText text={drill.actor} />}
          {drill.ended_at !== null && `, took ${duration(drill.started_at, drill.ended_at)}`}
        </Fact>
        {worker !== null && (
          <Fact name="Disposable worker">
            <Link to="/audit" search={{ agent: worker }}>
              Its rows in the audit log
            </Link>
          </Fact>
        )}
      </dl>
    </Panel>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function duration(start: string, end: string): string {
  const seconds = Math.round((Date.parse(end) - Date.parse(start)) / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
