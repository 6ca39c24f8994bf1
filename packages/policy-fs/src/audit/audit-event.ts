import type { AgentFSErrorCode } from '../errors/error-codes.js';

/** The operations by the names of their methods. */
export type Operation =
  | 'readFile'
  | 'writeFile'
  | 'appendFile'
  | 'editFile'
  | 'listDir'
  | 'tree'
  | 'glob'
  | 'grep'
  | 'stat'
  | 'mkdir'
  | 'remove'
  | 'rename'
  | 'move';

/**
 * What one call did: exactly one event for each call, those with arguments of the wrong kind included. Only
 * {@link AgentFS.check} gives none: it does nothing and hands its decision to the caller.
 */
export interface AuditEvent {
  readonly op: Operation;
  /** The path as it was asked for; empty when it was no text. */
  readonly path: string;
  /** Destination or new name as it was asked for. */
  readonly to?: string;
  /** Canonical path that was reached, links followed. */
  readonly resolved?: string;
  /** `dev:ino` of what was reached, where it was looked at with full precision. */
  readonly identity?: string;
  /** `ok`; `denied` when policy refused; `failed` when policy admitted and the operation failed. */
  readonly outcome: 'ok' | 'denied' | 'failed';
  /** The code of the error; `INVALID_ARGUMENT` where the call ended with a TypeError. */
  readonly code?: AgentFSErrorCode | 'INVALID_ARGUMENT';
  readonly rule?: string;
  /** Bytes given or taken. */
  readonly bytes?: number;
  /** Duration of the call in microseconds. */
  readonly micros: number;
}

/** Receives the events, synchronously. */
export type AuditListener = (event: AuditEvent) => void;
