import { useCallback, useEffect, useEffectEvent, useRef } from 'react';

/**
 * Gives a function that runs the task at most once in this time, always once more after the last call. The task gets it
 * too, to be run again when it is too early.
 */
export function useThrottled(task: (later: () => void) => void, milliseconds: number): () => void {
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const run = useRef<() => void>(() => undefined);
  const latest = useEffectEvent(task);
  useEffect(() => {
    run.current = () => {
      timer.current ??= setTimeout(() => {
        timer.current = undefined;
        latest(() => run.current());
      }, milliseconds);
    };
    return () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    };
  }, [milliseconds]);
  return useCallback(() => run.current(), []);
}
