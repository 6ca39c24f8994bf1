import { TokenBucket } from '../limits/token-bucket.js';

/** Refusals of one agent that are told at once. */
const BURST = 30;
/** After the burst: one in ten seconds. */
const PER_SECOND = 0.1;

/**
 * Gives `tell` with a limit for each agent: the audit log is kept for ever, so a hostile worker must not be able to fill it
 * by being refused. What was left out is counted in the next line.
 */
export function limitRefusals(
  tell: (agentId: string, what: string) => void,
): (agentId: string, what: string) => void {
  const agents = new Map<string, { readonly bucket: TokenBucket; untold: number }>();
  return (agentId, what) => {
    let agent = agents.get(agentId);
    if (!agent) agents.set(agentId, (agent = { bucket: new TokenBucket(BURST, PER_SECOND), untold: 0 }));
    if (!agent.bucket.tryTake()) {
      agent.untold += 1;
      return;
    }
    const { untold } = agent;
    agent.untold = 0;
    tell(agentId, untold === 0 ? what : `${what} (and ${untold} more since the last line)`);
  };
}
