/* eslint-disable @typescript-eslint/no-unsafe-class-instance-assignment --
   winston declares its transports as interfaces; at run time they are subclasses of TransportStream. */
import { join } from 'node:path';
import winston from 'winston';

/** The loggers of the control plane. */
export interface Loggers {
  /** What operators read: one line for each thing that happened. */
  readonly app: winston.Logger;
  /** `clawforce.audit`: every audit event as one JSON line, next to the chained store. */
  readonly audit: winston.Logger;
  close(): Promise<void>;
}

// One event is one line, and no terminal sequence reaches a terminal (CWE-117).
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;
const escapeControl = (text: string): string =>
  text.replace(CONTROL, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

const line = winston.format.printf((info) => {
  const { level, message, timestamp, ...rest } = info;
  const detail = Object.keys(rest).length > 0 ? ` ${JSON.stringify(rest)}` : '';
  return escapeControl(`${String(timestamp)} ${level.padEnd(5)} ${String(message)}${detail}`);
});

/** Opens the loggers; the audit log goes to `admin/audit.log`, in production also to standard output. */
export function openLoggers(options: {
  readonly level: string;
  readonly adminDir: string;
  readonly production: boolean;
  /** Whether what operators read is JSON in development, too. */
  readonly json?: boolean;
  readonly silent?: boolean;
}): Loggers {
  const json = winston.format.combine(winston.format.timestamp(), winston.format.json());
  const app = winston.createLogger({
    level: options.level,
    silent: options.silent ?? false,
    format:
      options.production || options.json
        ? json
        : winston.format.combine(winston.format.timestamp({ format: 'HH:mm:ss' }), line),
    transports: [new winston.transports.Console({ stderrLevels: ['error', 'warn'] })],
  });
  const audit = winston.createLogger({
    level: 'info',
    format: winston.format.json(),
    defaultMeta: { logger: 'clawforce.audit' },
    transports: [
      new winston.transports.File({
        filename: join(options.adminDir, 'audit.log'),
        maxsize: 50 * 1024 * 1024,
        maxFiles: 5,
        tailable: true,
        options: { flags: 'a', mode: 0o600 },
      }),
      ...(options.production && options.silent !== true ? [new winston.transports.Console()] : []),
    ],
  });
  return {
    app,
    audit,
    close: async () => {
      await Promise.all(
        [app, audit].map(
          (logger) =>
            new Promise<void>((resolve) => {
              logger.once('finish', resolve);
              logger.end();
            }),
        ),
      );
    },
  };
}
