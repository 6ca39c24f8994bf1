import type { Effect } from '@clawforce/policy-core';
import { ERROR_TABLE, type AgentFSErrorCode } from './error-codes.js';

/** What the rule catalogue says about a rule. */
export interface FsRuleEntry {
  /** The code of errors that carry the rule; absent for the rule that admits. */
  readonly code?: AgentFSErrorCode;
  /** `deny` when policy refuses; `allow` when it admits, also where the operation itself then failed. */
  readonly effect: Effect;
  /** When the rule applies, as a sentence for a person. */
  readonly reason: string;
}

const codes = Object.entries(ERROR_TABLE) as [AgentFSErrorCode, (typeof ERROR_TABLE)[AgentFSErrorCode]][];

/** The rule catalogue: every id that a decision of this package may carry. The README lists the same ids. */
export const FS_RULES: Readonly<Record<string, FsRuleEntry>> = Object.freeze({
  'fs.zone.admitted': { effect: 'allow', reason: 'The place may be used in this way.' },
  ...Object.fromEntries(codes.map(([code, { rule, effect, reason }]) => [rule, { code, effect, reason }])),
  'fs.name.blank': { code: 'INVALID_NAME', effect: 'deny', reason: 'A new name may not be blank.' },
  'fs.name.control': {
    code: 'INVALID_NAME',
    effect: 'deny',
    reason: 'A new name may not have control characters.',
  },
  'fs.name.reserved': {
    code: 'INVALID_NAME',
    effect: 'deny',
    reason: 'Names of this kind are kept for writes in progress.',
  },
  'fs.name.portable': {
    code: 'INVALID_NAME',
    effect: 'deny',
    reason: 'The name is reserved or not allowed on Windows.',
  },
} satisfies Record<string, FsRuleEntry>);
