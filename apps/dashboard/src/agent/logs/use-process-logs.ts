import { useEffect, useState } from 'react';
import { ApiFailure, failureOf } from '../../api/api-failure.js';
import { useServices } from '../../app/services.js';
import type { LogLine } from '../../api/api-types.js';
import { readEventStream } from './read-event-stream.js';

/** A line with a number of its own, since lines may be equal. */
export interface NumberedLine extends LogLine {
  readonly number: number;
}

/** Where the stream stands: `ended` when the worker is gone, `lost` while it is opened again. */
export type LogState = 'connecting' | 'live' | 'ended' | 'lost';

/** Lines that are kept and shown. */
const MOST_LINES = 2000;
const RETRY_MS = 3_000;

/**
 * The lines that an agent's worker prints, live. A stream that was cut is opened again and starts with the last lines
 * anew, so that none is shown twice. `worker` names the present worker; another one begins an empty list. While it
 * `isRunning`, an end of the stream is an interruption.
 */
export function useProcessLogs(agentId: string, worker: string, isRunning: boolean) {
  const { fetchAuthorised } = useServices();
  const [lines, setLines] = useState<readonly NumberedLine[]>([]);
  const [state, setState] = useState<LogState>('connecting');
  const [error, setError] = useState<unknown>();
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const again = (): void => {
      setState('lost');
      timer = setTimeout(() => setAttempt(attempt + 1), RETRY_MS);
    };
    const read = async (): Promise<void> => {
      const address = new URL(
        `/api/agents/${encodeURIComponent(agentId)}/process-logs/stream?tail=${MOST_LINES}`,
        window.location.origin,
      );
      const response = await fetchAuthorised(new Request(address, { signal: abort.signal }));
      if (!response.ok || !response.body)
        throw failureOf(response, await response.json().catch(() => undefined));
      setError(undefined);
      setState('live');
      // Lines arrive one by one; they are shown in groups, so that a chatty worker does not stop the page.
      let number = 0;
      let kept: NumberedLine[] = [];
      let flushing: ReturnType<typeof setTimeout> | undefined;
      const flush = (): void => {
        flushing = undefined;
        setLines(kept);
      };
      flush();
      try {
        for await (const { name, data } of readEventStream(response.body)) {
          if (name !== 'line') continue;
          kept = [...kept.slice(1 - MOST_LINES), { ...(JSON.parse(data) as LogLine), number: number++ }];
          flushing ??= setTimeout(flush, 100);
        }
      } finally {
        clearTimeout(flushing);
        if (!abort.signal.aborted) flush();
      }
    };
    read().then(
      () => {
        if (abort.signal.aborted) return;
        if (isRunning) again();
        else setState('ended');
      },
      (failure: unknown) => {
        if (abort.signal.aborted) return;
        if (failure instanceof ApiFailure && failure.status < 500) setError(failure);
        else again();
      },
    );
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [fetchAuthorised, agentId, worker, isRunning, attempt]);
  return { lines, state, error, retry: () => setAttempt(attempt + 1) };
}
