import type { IsolationLevel } from '@clawforce/pool-core';
import type { DrillRow } from './drill-report.js';

/** An attempt by a tool call: what a hijacked model would ask for, or a program that it would have run. */
export interface ToolCase {
  readonly id: string;
  readonly group: string;
  readonly action: string;
  readonly layer: 'command' | 'policy';
  readonly expect: Readonly<Record<IsolationLevel, DrillRow['expected']>>;
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** Whether the action is known to succeed where nothing holds it. */
  readonly control: boolean;
  /** Program that is put into the workspace first; it ends with 0 when what it tries succeeds. */
  readonly program?: string;
}

const everywhere = (expected: DrillRow['expected']): ToolCase['expect'] => ({
  permissive: expected,
  sandboxed: expected,
  privileged: expected,
});

/** What holds at every level. */
export const BLOCKED = everywhere('blocked');
/** What has to work at every level, or a `blocked` beside it proves nothing. */
export const ALLOWED = everywhere('allowed');
/** What only the level where commands may become root gives. */
export const BLOCKED_BELOW_PRIVILEGED: ToolCase['expect'] = { ...BLOCKED, privileged: 'any' };
