import { useEffect, useRef, useState } from 'react';
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

/** Lines that are kept and shown; only those in view are in the page. */
const MOST_LINES = 10_000;
/** Lines of the past that are asked for, the most that the API gives. */
const TAIL = 2000;
const RETRY_MS = 3_000;
const FLUSH_MS = 100;

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
  // Goes on over interruptions: a number never names two lines.
  const nextNumber = useRef(0);
  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const again = (): void => {
      setState('lost');
      timer = setTimeout(() => setAttempt(attempt + 1), RETRY_MS);
    };
    const read = async (): Promise<void> => {
      const address = new URL(
        `/api/agents/${encodeURIComponent(agentId)}/process-logs/stream?tail=${TAIL}`,
        window.location.origin,
      );
      const response = await fetchAuthorised(new Request(address, { signal: abort.signal }));
      if (!response.ok || !response.body)
        throw failureOf(response, await response.json().catch(() => undefined));
      setError(undefined);
      setState('live');
      // Lines arrive one by one; they are shown in groups, so that a chatty worker does not stop the page.
      const kept: NumberedLine[] = [];
      const flush = (): void => {
        flushing = undefined;
        if (kept.length > MOST_LINES) kept.splice(0, kept.length - MOST_LINES);
        setLines([...kept]);
      };
      let flushing: ReturnType<typeof setTimeout> | undefined = setTimeout(flush, FLUSH_MS);
      try {
        for await (const { name, data } of readEventStream(response.body)) {
          if (name !== 'line') continue;
          kept.push({ ...(JSON.parse(data) as LogLine), number: nextNumber.current++ });
          flushing ??= setTimeout(flush, FLUSH_MS);
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
