import { createHash, createSecretKey, randomBytes } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { compareCosts } from '../../../tools/bench/compare.js';
import { createPasswordHasher } from '../src/passwords.js';
import { createAuthorizer, defaultMatrix } from '../src/rbac.js';
import { createAgentTokens, createTokenService, parseToken } from '../src/tokens.js';

const text = randomBytes(32).toString('hex');
const key = createSecretKey(Buffer.from(text));
const tokens = createTokenService({ keys: [{ kid: 'k1', secret: key }], issuer: 'i', audience: 'a' });
const { token } = tokens.issueAccess({ userId: 'u1', sessionId: 's1' });
const agentTokens = createAgentTokens();
const agent = agentTokens.issueAgentToken();
const garbage = `${agent.token.slice(0, -1)}_`;
const authorizer = createAuthorizer(defaultMatrix);
const principal = { id: 'u1', role: 'admin' };
const resource = { type: 'agent', id: 'a1', ownerId: 'u1' };
const hasher = createPasswordHasher();
const stored = await hasher.hash('correct horse battery');

await compareCosts(
  'an access token',
  {
    'jsonwebtoken verify, KeyObject': () => jwt.verify(token, key),
    'jsonwebtoken verify, string secret': () => jwt.verify(token, text),
    'verifyAccess (header, key, claims and all)': () => tokens.verifyAccess(token),
  },
  { calls: 500 },
);
await compareCosts(
  'a new access token',
  {
    'jsonwebtoken sign, KeyObject': () => jwt.sign({ sub: 'u1', sid: 's1' }, key, { expiresIn: 900 }),
    issueAccess: () => tokens.issueAccess({ userId: 'u1', sessionId: 's1' }),
  },
  { calls: 500 },
);
await compareCosts(
  'an agent token',
  {
    'sha256 alone': () => createHash('sha256').update(agent.token).digest('hex'),
    'parse and compare': () => agentTokens.matches(agent.token, 'agent', agent.digest),
    'parse garbage': () => parseToken(garbage, 'agent'),
  },
  { calls: 3_000 },
);
await compareCosts(
  'a permission',
  {
    'a frozen object with these six fields': () =>
      Object.freeze({
        effect: 'allow',
        layer: 'rbac',
        rule: 'r',
        reason: 'r',
        input: 'i',
        trace: Object.freeze([]),
      }),
    'can(), with its decision': () => authorizer.can(principal, 'agent:start', resource),
    'scope()': () => authorizer.scope(principal, 'agent:list'),
  },
  { calls: 20_000 },
);
await compareCosts(
  'a password (argon2id, 19 MiB, t=2, p=1)',
  {
    verify: () => hasher.verify(stored, 'wrong horse battery'),
    'verifyDummy (no such user)': () => hasher.verifyDummy('wrong horse battery'),
  },
  { calls: 3, rounds: 7 },
);
