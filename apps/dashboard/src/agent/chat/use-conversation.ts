import { keepPreviousData, useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type { Activity, Decision, Message } from '../../api/api-types.js';
import { useAgentFrames } from '../../agents/use-agent-frames.js';
import { readAgain } from '../../app/read-again.js';
import { useApi } from '../../app/services.js';
import { entriesQuery, messagesQuery } from './chat-queries.js';
import { pastDecisionsQuery } from './past-decisions-query.js';

/** Entries arrive in bursts while a turn runs; they are read once for several events. */
const READ_AFTER_MS = 120;

/** Events behind which what was streamed stands in the conversation. */
const ENDS_STEP = new Set(['tool_call', 'message_sent', 'error']);

/**
 * One conversation as the server has it, with what the agent is writing at this moment. Stored entries are the truth: the
 * stream only says when to read them again, so nothing appears twice or is missed after an interruption.
 */
export function useConversation(agentId: string, sessionKey: string, limit: number) {
  const api = useApi();
  const queries = useQueryClient();
  const entries = useQuery({
    ...entriesQuery(api, agentId, sessionKey, limit),
    // Longer history of the same conversation keeps what is shown; another conversation does not.
    placeholderData: (previous, query) =>
      query?.queryKey[3] === sessionKey ? keepPreviousData(previous) : undefined,
  });
  const messages = useQuery(messagesQuery(api, agentId, sessionKey));
  // What was decided before the page was opened; where it is missing a call says that its verdict is not loaded.
  const past = useInfiniteQuery(pastDecisionsQuery(api, agentId));
  const [partial, setPartial] = useState('');
  const [sealed, setSealed] = useState('');
  const [decisions, setDecisions] = useState<ReadonlyMap<string, Decision>>(new Map());
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);

  const readEntries = (): void => {
    if (timer.current !== undefined) return;
    timer.current = setTimeout(() => {
      timer.current = undefined;
      void readAgain(queries, ['agent', agentId, 'session', sessionKey]).then(() => setSealed(''));
    }, READ_AFTER_MS);
  };
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
      setPartial('');
      setSealed('');
    },
    [agentId, sessionKey],
  );

  const putMessage = (message: Message, isAnswer = false): void => {
    const { queryKey } = messagesQuery(api, agentId, sessionKey);
    queries.setQueryData(queryKey, (known) => {
      if (!known) return known;
      const index = known.findIndex(({ id }) => id === message.id);
      if (index < 0) return [message, ...known];
      // A frame that came before the answer to sending is newer.
      return isAnswer ? known : known.with(index, message);
    });
    // An answer that is on its way may be older than this.
    if (queries.isFetching({ queryKey }) > 0) void readAgain(queries, queryKey);
  };

  const hear = ({ event }: Activity): void => {
    const { call_id: callId, record } = event;
    if (callId !== undefined && record !== undefined)
      setDecisions((known) => new Map(known).set(callId, record.decision));
    if (event.session_key !== sessionKey) return;
    if (ENDS_STEP.has(event.event_type)) {
      setSealed((text) => text + partial);
      setPartial('');
    }
    readEntries();
  };

  useAgentFrames(agentId, {
    onActivity: hear,
    onDelta: (frame) => {
      if (frame.session_key === sessionKey) setPartial((text) => text + frame.text);
    },
    onMessage: (message) => {
      if (message.session_key !== sessionKey) return;
      putMessage(message);
      readEntries();
    },
    // What was streamed has holes now; what is stored is read again.
    onGap: () => {
      setPartial('');
      setSealed('');
    },
  });

  const known = new Map([...(past.data ?? []), ...decisions]);
  const isMissing = (entries.data ?? []).some(({ tool_calls: calls }) =>
    calls?.some(({ id }) => !known.has(id)),
  );
  const { data: pages, hasNextPage, isFetching, isError, fetchNextPage } = past;
  useEffect(() => {
    if (isMissing && hasNextPage && !isFetching && !isError) void fetchNextPage();
    // `pages` too: a page that comes at once is never seen to be fetched.
  }, [isMissing, pages, hasNextPage, isFetching, isError, fetchNextPage]);
  return {
    entries,
    messages,
    past,
    decisions: known,
    writing: sealed + partial,
    /** Puts the answer to sending in its place. */
    putMessage: (message: Message) => putMessage(message, true),
    readAgain: readEntries,
  };
}
