export type { CommandPlan, PlannedCommand, PlannedPipeline, PlannedRedirect } from './command-plan.js';
export type { ShellPolicyOptions } from './policy-options.js';
export { quoteArgv } from './quote-argv.js';
export { shellRules } from './rules/catalogue.js';
export type { ShellLayer, ShellRule, ShellRuleId } from './rules/catalogue.js';
export { ShellCommandPolicy } from './shell-command-policy.js';
export type { ShellDecision } from './shell-command-policy.js';
