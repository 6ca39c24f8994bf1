export { createDecision } from './decision.js';
export type { Decision, DecisionFields, Effect, Step } from './decision.js';
export { PolicyDeniedError } from './policy-denied-error.js';
export { canonicalJson, policyDigest } from './policy-digest.js';
