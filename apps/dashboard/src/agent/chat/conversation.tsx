import { useMutation } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import type { Agent } from '../../api/api-types.js';
import { unwrap } from '../../api/api-client.js';
import { useApi } from '../../app/services.js';
import { Button } from '../../components/button.js';
import { EmptyState } from '../../components/empty-state.js';
import { FailureNotice } from '../../components/failure-notice.js';
import { Loading } from '../../components/loading.js';
import { Markdown } from '../../components/markdown.js';
import { SearchedList } from '../../components/searched-list.js';
import type { VirtualRowsHandle } from '../../components/use-virtual-rows.js';
import { Composer } from './composer.js';
import { ConversationEntry } from './conversation-entry.js';
import { conversationRows, textOfRow, type ConversationRow } from './conversation-rows.js';
import { MessageState, isOpen } from './message-state.js';
import { resultsByCall } from './results-by-call.js';
import { AnswerStatus } from './answer-status.js';
import { useConversation } from './use-conversation.js';
import styles from './chat.module.css';

const PAGE = 100;
const MOST = 1000;

const keyOf = ({ key }: ConversationRow): string => key;

/** One conversation: what was said, what is being written, and the box for the next message. */
export function Conversation({ agent, sessionKey }: { readonly agent: Agent; readonly sessionKey: string }) {
  const api = useApi();
  const [limit, setLimit] = useState(PAGE);
  const { entries, messages, past, decisions, writing, putMessage, readAgain } = useConversation(
    agent.id,
    sessionKey,
    limit,
  );
  const list = useRef<VirtualRowsHandle>(null);
  const [openCalls, setOpenCalls] = useState<ReadonlySet<string>>(new Set());
  const shown = entries.data ?? [];
  const results = resultsByCall(shown);
  const open = (messages.data ?? []).filter(isOpen);
  const rows = conversationRows(shown, open, writing);
  const send = useMutation({
    mutationFn: async (text: string) =>
      unwrap(
        await api.POST('/api/agents/{id}/messages', {
          params: { path: { id: agent.id } },
          body: { text, session_key: sessionKey },
        }),
      ),
    onSuccess: (message) => {
      list.current?.scrollToEnd();
      putMessage(message);
      readAgain();
    },
  });

  const failed = entries.isError && (
    <FailureNotice error={entries.error} onRetry={() => void entries.refetch()} />
  );
  if (entries.data === undefined) return failed || <Loading what="the conversation" rows={6} />;
  const [latest] = messages.data ?? [];
  const toggle = (id: string): void =>
    setOpenCalls((known) => new Set(known.has(id) ? [...known].filter((one) => one !== id) : [...known, id]));
  return (
    <>
      <SearchedList
        ref={list}
        className={styles['conversation']}
        label="Conversation"
        findLabel="Find in the conversation"
        items={rows}
        keyOf={keyOf}
        textOf={(row) => textOfRow(row, results)}
        estimate={72}
        isBusy={writing !== ''}
        tools={<EarlierEntries count={shown.length} limit={limit} onMore={setLimit} />}
        empty={
          <EmptyState title="Nothing has been said here yet.">
            {agent.status === 'running'
              ? 'Write the first message below. Every tool that the agent calls appears with the verdict on it.'
              : 'Start the agent, then write to it.'}
          </EmptyState>
        }
      >
        {(row) => (
          <div className={styles['entry']}>
            {'writing' in row ? (
              <div className={styles['agent']} data-live="true">
                <Markdown text={row.writing} />
              </div>
            ) : (
              <ConversationEntry
                entry={row.entry}
                results={results}
                decisions={decisions}
                openCalls={openCalls}
                onToggleCall={toggle}
              />
            )}
          </div>
        )}
      </SearchedList>
      {failed}
      <AnswerStatus entries={shown} />
      {latest && <MessageState agentId={agent.id} message={latest} agentStatus={agent.status} />}
      {past.isError && <FailureNotice error={past.error} onRetry={() => void past.refetch()} />}
      {messages.isError && <FailureNotice error={messages.error} onRetry={() => void messages.refetch()} />}
      <Composer
        agent={agent}
        isPending={send.isPending}
        error={send.error}
        onSend={(text) => send.mutateAsync(text).then(() => undefined)}
      />
    </>
  );
}

function EarlierEntries({
  count,
  limit,
  onMore,
}: {
  readonly count: number;
  readonly limit: number;
  readonly onMore: (limit: number) => void;
}) {
  if (count < limit) return null;
  if (limit >= MOST)
    return <p className="muted">{`Only the latest ${MOST.toLocaleString('en')} entries are shown here.`}</p>;
  return (
    <Button kind="quiet" size="small" onPress={() => onMore(Math.min(limit * 2, MOST))}>
      Show earlier entries
    </Button>
  );
}
