/** Levels of the worker's log, most important first. */
export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;

/** One of {@link LOG_LEVELS}. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Writes one JSON object a line. */
export type Log = (level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>) => void;

/** Gives a log that writes lines of at least `level` with the fields that all lines share. */
export function createLog(
  level: LogLevel,
  shared: Readonly<Record<string, unknown>>,
  write: (line: string) => void,
): Log {
  const most = LOG_LEVELS.indexOf(level);
  return (entryLevel, message, fields = {}) => {
    if (LOG_LEVELS.indexOf(entryLevel) > most) return;
    write(
      `${JSON.stringify({
        time: new Date().toISOString(),
        level: entryLevel,
        message: message.slice(0, 4_000),
        ...shared,
        ...fields,
      })}\n`,
    );
  };
}

/** Gives what a log may say about an error: name, code and message, and where it comes from. */
export function errorFields(cause: unknown): Readonly<Record<string, unknown>> {
  if (!(cause instanceof Error)) return { cause: String(cause).slice(0, 1_000) };
  const { code } = cause as { code?: unknown };
  return {
    error: cause.name,
    ...(typeof code === 'string' ? { code } : {}),
    detail: cause.message.slice(0, 2_000),
    at: (cause.stack ?? '')
      .split('\n')
      .slice(1, 6)
      .map((line) => line.trim()),
  };
}
