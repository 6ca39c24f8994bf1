import { AgentFSError } from '../errors/agent-fs-error.js';

/** The refusal of a pattern, with its reason. */
export function tooComplex(reason: string): AgentFSError {
  return new AgentFSError('INVALID_PATH', { reason, hint: 'Use a simpler pattern, such as src/**/*.ts.' });
}
