import { createSecretKey, randomBytes } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { createPasswordHasher } from '../src/passwords.js';
import { createAuthorizer, defaultMatrix } from '../src/rbac.js';
import { createAgentTokens, createTokenService, parseToken } from '../src/tokens.js';

// CPU time of the best of several rounds: on a loaded machine that is the trustworthy number.
async function cpuMicroseconds(count: number, job: () => unknown): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 7; round++) {
    const start = process.cpuUsage();
    for (let index = 0; index < count; index++) await job();
    const { user, system } = process.cpuUsage(start);
    best = Math.min(best, (user + system) / count);
  }
  return best;
}

function cpuMicrosecondsSync(count: number, job: () => unknown): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 7; round++) {
    const start = process.cpuUsage();
    for (let index = 0; index < count; index++) job();
    const { user, system } = process.cpuUsage(start);
    best = Math.min(best, (user + system) / count);
  }
  return best;
}

const text = randomBytes(32).toString('hex');
const key = createSecretKey(Buffer.from(text));
const tokens = createTokenService({ keys: [{ kid: 'k1', secret: key }], issuer: 'i', audience: 'a' });
const { token } = tokens.issueAccess({ userId: 'u1', sessionId: 's1' });
const agentTokens = createAgentTokens();
const agent = agentTokens.issueAgentToken();
const authorizer = createAuthorizer(defaultMatrix);
const principal = { id: 'u1', role: 'admin' };
const resource = { type: 'agent', id: 'a1', ownerId: 'u1' };
const hasher = createPasswordHasher();
const stored = await hasher.hash('correct horse battery');

const lines: readonly (readonly [string, number])[] = [
  ['jsonwebtoken verify, string secret', cpuMicrosecondsSync(500, () => jwt.verify(token, text))],
  ['jsonwebtoken verify, KeyObject', cpuMicrosecondsSync(5000, () => jwt.verify(token, key))],
  ['verifyAccess (header, key, claims and all)', cpuMicrosecondsSync(5000, () => tokens.verifyAccess(token))],
  ['issueAccess', cpuMicrosecondsSync(5000, () => tokens.issueAccess({ userId: 'u1', sessionId: 's1' }))],
  [
    'agent token: parse and compare',
    cpuMicrosecondsSync(5000, () => agentTokens.matches(agent.token, 'agent', agent.digest)),
  ],
  [
    'agent token: parse garbage',
    cpuMicrosecondsSync(50_000, () => parseToken(`${agent.token.slice(0, -1)}_`, 'agent')),
  ],
  [
    'can(), own object, with its decision',
    cpuMicrosecondsSync(50_000, () => authorizer.can(principal, 'agent:start', resource)),
  ],
  ['scope()', cpuMicrosecondsSync(50_000, () => authorizer.scope(principal, 'agent:list'))],
  [
    'password verify, argon2id 19 MiB t=2 p=1',
    await cpuMicroseconds(3, () => hasher.verify(stored, 'wrong horse battery')),
  ],
  ['password verifyDummy', await cpuMicroseconds(3, () => hasher.verifyDummy('wrong horse battery'))],
];
for (const [name, cost] of lines) console.log(`${cost.toFixed(2).padStart(10)} us CPU  ${name}`);
