import { createDecision, PolicyDeniedError, policyDigest } from '@clawforce/policy-core';

const decision = createDecision({
  effect: 'deny',
  layer: 'zone',
  rule: 'fs.zone.hidden',
  reason: 'This part of the agent directory is not visible.',
  input: '.config/agent.json',
  policyDigest: policyDigest({ zones: ['workspace'] }),
});
console.log(decision.effect, decision.trace.length); // deny 1
console.log(new PolicyDeniedError('HIDDEN', decision) instanceof PolicyDeniedError); // true
