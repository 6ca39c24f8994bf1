import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type { Agent } from '../../api/api-types.js';
import { unwrap } from '../../api/api-client.js';
import { useApi } from '../../app/services.js';
import { Button } from '../../components/button.js';
import { EmptyState } from '../../components/empty-state.js';
import { FailureNotice } from '../../components/failure-notice.js';
import { Loading } from '../../components/loading.js';
import { Markdown } from '../../components/markdown.js';
import { Composer } from './composer.js';
import { ConversationEntry } from './conversation-entry.js';
import { MessageState, isOpen } from './message-state.js';
import { resultsByCall } from './results-by-call.js';
import { useConversation } from './use-conversation.js';
import styles from './chat.module.css';

const PAGE = 100;
const MOST = 1000;
/** Within this distance of the end, new lines keep the end in view. */
const NEAR_END_PX = 80;

/** One conversation: what was said, what is being written, and the box for the next message. */
export function Conversation({ agent, sessionKey }: { readonly agent: Agent; readonly sessionKey: string }) {
  const api = useApi();
  const [limit, setLimit] = useState(PAGE);
  const { entries, messages, decisions, writing, putMessage, readAgain } = useConversation(
    agent.id,
    sessionKey,
    limit,
  );
  const list = useRef<HTMLDivElement>(null);
  const followsEnd = useRef(true);
  useEffect(() => {
    const element = list.current;
    if (element && followsEnd.current) element.scrollTop = element.scrollHeight;
  });

  const send = useMutation({
    mutationFn: async (text: string) =>
      unwrap(
        await api.POST('/api/agents/{id}/messages', {
          params: { path: { id: agent.id } },
          body: { text, session_key: sessionKey },
        }),
      ),
    onSuccess: (message) => {
      followsEnd.current = true;
      putMessage(message);
      readAgain();
    },
  });

  if (entries.isPending) return <Loading what="the conversation" rows={6} />;
  if (entries.isError) return <FailureNotice error={entries.error} onRetry={() => void entries.refetch()} />;
  const shown = entries.data;
  const results = resultsByCall(shown);
  const open = (messages.data ?? []).filter(isOpen);
  const [latest] = messages.data ?? [];
  const working = open.some(({ state }) => state === 'delivered');
  return (
    <>
      <div
        ref={list}
        className={styles['conversation']}
        role="log"
        aria-label="Conversation"
        aria-busy={working}
        tabIndex={0}
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
          followsEnd.current = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
        }}
      >
        {shown.length >= limit && limit < MOST && (
          <Button kind="quiet" size="small" onPress={() => setLimit(Math.min(limit * 2, MOST))}>
            Show earlier entries
          </Button>
        )}
        {shown.length >= limit && limit >= MOST && (
          <p className="muted">{`Only the latest ${MOST.toLocaleString('en')} entries are shown here.`}</p>
        )}
        {shown.length === 0 && open.length === 0 && (
          <EmptyState title="Nothing has been said here yet.">
            {agent.status === 'running'
              ? 'Write the first message below. Every tool that the agent calls appears with the verdict on it.'
              : 'Start the agent, then write to it.'}
          </EmptyState>
        )}
        {shown.map((entry, index) => (
          <ConversationEntry
            key={`${entry.turn_id} ${index}`}
            entry={entry}
            results={results}
            decisions={decisions}
          />
        ))}
        {open
          .filter(({ state, text }) => state === 'queued' || !shown.some(({ content }) => content === text))
          .toReversed()
          .map((message) => (
            <ConversationEntry
              key={message.id}
              entry={{ role: 'user', content: message.text, turn_id: message.id, time: message.created_at }}
              results={results}
              decisions={decisions}
            />
          ))}
        {writing !== '' && (
          <div className={styles['agent']} data-live="true">
            <Markdown text={writing} />
          </div>
        )}
        {latest && <MessageState agentId={agent.id} message={latest} agentStatus={agent.status} />}
        {messages.isError && <FailureNotice error={messages.error} onRetry={() => void messages.refetch()} />}
      </div>
      <Composer
        agent={agent}
        isPending={send.isPending}
        error={send.error}
        onSend={(text) => send.mutateAsync(text).then(() => undefined)}
      />
    </>
  );
}
