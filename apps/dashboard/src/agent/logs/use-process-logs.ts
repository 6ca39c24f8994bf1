import { useEffect, useRef, useState } from 'react';
import { ApiFailure, failureOf } from '../../api/api-failure.js';
import { useServices } from '../../app/services.js';
import type { LogLine } from '../../api/api-types.js';
import { readEventStream } from './read-event-stream.js';

/** A line with a number of its own, since lines may be equal. */
export interface NumberedLine extends LogLine {
  readonly number: number;
}

/** Where the stream stands: `ended` when the worker is gone, `lost` while it is opened again, `refused` when it is not. */
export type LogState = 'connecting' | 'live' | 'ended' | 'lost' | 'refused';

/** Lines that are kept and shown; only those in view are in the page. */
const MOST_LINES = 10_000;
/** Lines of the past that are asked for, the most that the API gives. */
const TAIL = 2000;
const RETRY_MS = 3_000;
const FLUSH_MS = 100;
/** The stream does not say where the lines of the past end; one that brings none for so long has none. */
const QUIET_MS = 1_500;

/**
 * The lines that an agent's worker prints, live. A stream that was cut is opened again and starts with the last lines
 * anew, so that none is shown twice. `worker` names the present worker; another one begins an empty list. While it
 * `isRunning`, an end of the stream is an interruption. Until it `isRead`, no lines does not mean that none was printed.
 * `error` is why the last attempt failed, until one works.
 */
export function useProcessLogs(agentId: string, worker: string, isRunning: boolean) {
  const { fetchAuthorised } = useServices();
  const [lines, setLines] = useState<readonly NumberedLine[]>([]);
  const [state, setState] = useState<LogState>('connecting');
  const [isRead, setRead] = useState(false);
  const [error, setError] = useState<unknown>();
  const [attempt, setAttempt] = useState(0);
  // Goes on over interruptions: a number never names two lines.
  const nextNumber = useRef(0);
  const source = `${agentId} ${worker}`;
  const [followed, setFollowed] = useState(source);
  if (followed !== source) {
    setFollowed(source);
    setLines([]);
    setRead(false);
    setState('connecting');
    setError(undefined);
  }
  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const again = (failure?: unknown): void => {
      setState('lost');
      setError(failure);
      const told = failure instanceof ApiFailure ? (failure.retryAfterSeconds ?? 0) * 1000 : 0;
      timer = setTimeout(() => setAttempt(attempt + 1), Math.max(RETRY_MS, told));
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
        setRead(true);
      };
      let flushing: ReturnType<typeof setTimeout> | undefined = setTimeout(flush, QUIET_MS);
      try {
        for await (const { name, data } of readEventStream(response.body)) {
          if (name !== 'line') continue;
          kept.push({ ...(JSON.parse(data) as LogLine), number: nextNumber.current++ });
          if (kept.length === 1) {
            clearTimeout(flushing);
            flushing = setTimeout(flush, FLUSH_MS);
          } else flushing ??= setTimeout(flush, FLUSH_MS);
        }
      } finally {
        clearTimeout(flushing);
        if (!abort.signal.aborted && kept.length > 0) flush();
      }
    };
    read().then(
      () => {
        if (abort.signal.aborted) return;
        if (isRunning) again();
        else {
          setRead(true);
          setState('ended');
        }
      },
      (failure: unknown) => {
        if (abort.signal.aborted) return;
        if (isFinal(failure)) {
          setState('refused');
          setError(failure);
        } else again(failure);
      },
    );
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [fetchAuthorised, agentId, worker, isRunning, attempt]);
  const retry = (): void => {
    setState('connecting');
    setError(undefined);
    setAttempt(attempt + 1);
  };
  return { lines, state, isRead, error, retry };
}

/** Whether asking once more would be refused again. No answer, an overload and too many requests pass. */
function isFinal(failure: unknown): boolean {
  return (
    failure instanceof ApiFailure && failure.status >= 400 && failure.status < 500 && failure.status !== 429
  );
}
