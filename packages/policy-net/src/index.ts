export { EgressDeniedError, EgressLimitError } from './errors.js';
export type { EgressCode, EgressLimitName } from './errors.js';
export { NetworkSecurityPolicy } from './policy.js';
export type { Endpoint } from './policy.js';
export type { DeniedEndpoint, OwnInterfaceRule } from './own-interfaces.js';
export type { NetworkException, NetworkPolicyOptions } from './policy-options.js';
export { NET_RULES } from './rules.js';
export type { NetRule, RuleEntry } from './rules.js';
