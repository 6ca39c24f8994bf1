import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { agentQuery } from '../../agents/agent-queries.js';
import { useApi } from '../../app/services.js';
import { Button } from '../../components/button.js';
import { FailureNotice } from '../../components/failure-notice.js';
import { Loading } from '../../components/loading.js';
import { SelectField } from '../../components/select-field.js';
import { inertString } from '../../components/inert-parts.js';
import { DASHBOARD_SESSION, sessionsQuery } from './chat-queries.js';
import { Conversation } from './conversation.js';
import styles from './chat.module.css';

/** Talks with one agent; the address names the conversation. */
export function ChatPage() {
  const { agentId } = useParams({ from: '/signed-in/agents/$agentId/chat' });
  const { session } = useSearch({ from: '/signed-in/agents/$agentId/chat' });
  const api = useApi();
  const navigate = useNavigate();
  const agent = useQuery(agentQuery(api, agentId));
  const sessions = useQuery(sessionsQuery(api, agentId));
  const [first, setFirst] = useState<{ readonly agentId: string; readonly key: string }>();
  // A reading that fails later leaves the page as it is: a message may be half written.
  const failed = sessions.isError && (
    <FailureNotice error={sessions.error} onRetry={() => void sessions.refetch()} />
  );
  if (sessions.data === undefined || agent.data === undefined)
    return failed || <Loading what="the conversations" rows={6} />;

  const keys = sessions.data.map(({ session_key: key }) => key);
  // The latest when the page was opened, and that one from then on: a message may be half written in it.
  const latest = { agentId, key: keys[0] ?? DASHBOARD_SESSION };
  const unnamed = first?.agentId === agentId ? first : latest;
  if (unnamed !== first) setFirst(unnamed);
  const shown = session ?? unnamed.key;
  const open = (key: string): void =>
    void navigate({ to: '/agents/$agentId/chat', params: { agentId }, search: { session: key } });
  return (
    <div className={styles['page']}>
      <div className={styles['bar']}>
        <SelectField
          label="Conversation"
          hideLabel
          value={shown}
          options={[...new Set([shown, ...keys])].map((key) => ({ value: key, label: inertString(key) }))}
          onChange={open}
        />
        <Button
          kind="quiet"
          size="small"
          icon={<Plus aria-hidden="true" />}
          onPress={() => open(`dashboard:${newName()}`)}
        >
          New conversation
        </Button>
      </div>
      {failed}
      <Conversation key={`${agentId} ${shown}`} agent={agent.data} sessionKey={shown} />
    </div>
  );
}

/** A name that sorts by time and says when the conversation began. */
function newName(): string {
  return new Date().toISOString().slice(0, 19).replaceAll(':', '').replace('T', '-');
}
