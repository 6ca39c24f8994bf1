import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { agentsQuery } from '../agents/agent-queries.js';
import { LEVEL_NAMES } from '../agents/level-badge.js';
import type { Drill } from '../api/api-types.js';
import { useApi } from '../app/services.js';
import { Badge } from '../components/badge.js';
import { FailureNotice } from '../components/failure-notice.js';
import { InertText } from '../components/inert-text.js';
import { RelativeTime } from '../components/relative-time.js';
import { wordOf } from './describe-drill.js';
import styles from './drill.module.css';

/** Past drills, each a link to its report. */
export function DrillList({ drills }: { readonly drills: readonly Drill[] }) {
  const agents = useQuery(agentsQuery(useApi()));
  const list = (
    <ul>
      {drills.map((drill) => {
        const { tone, word } = wordOf(drill);
        const { agent_id: agentId } = drill;
        const agent = agents.data?.find(({ id }) => id === agentId);
        return (
          <li key={drill.id} className={styles['past']}>
            <Badge tone={tone} dot>
              {word}
            </Badge>
            <div className={styles['grow']}>
              <Link to="/drill/$drillId" params={{ drillId: drill.id }}>
                {LEVEL_NAMES[drill.level] ?? drill.level},{' '}
                {agentId === null ? 'no agent' : <InertText text={agent?.name ?? agentId} />}
              </Link>
              <p className={styles['note']}>
                <RelativeTime value={drill.started_at} /> · {drill.backend} ·{' '}
                {drill.reason === undefined || drill.passed + drill.failed > 0
                  ? `${drill.passed} as expected, ${drill.failed} not`
                  : 'not carried out'}
              </p>
            </div>
          </li>
        );
      })}
    </ul>
  );
  return (
    <>
      {agents.isError && <FailureNotice error={agents.error} onRetry={() => void agents.refetch()} />}
      {list}
    </>
  );
}
