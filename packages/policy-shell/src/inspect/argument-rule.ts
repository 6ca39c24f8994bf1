import type { ShellRuleId } from '../rules/catalogue.js';
import type { Token } from '../rules/finding.js';

/** What a grammar cannot say: an argument that is refused for what stands in it or around it. */
export interface ArgumentRule {
  /** The program and, where it has them, its sub-command. */
  readonly programs: RegExp;
  readonly argument: (value: string, index: number, all: readonly Token[]) => boolean;
  readonly rule: ShellRuleId;
}

/** Whether some argument has the form of an option. */
export const hasOption = (all: readonly Token[], pattern: RegExp): boolean =>
  all.some(({ value }) => pattern.test(value));
