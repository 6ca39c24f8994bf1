import { randomBytes } from 'node:crypto';
import { createAuthorizer, defaultMatrix } from '@clawforce/auth-rbac';
import { createPasswordHasher } from '@clawforce/auth-rbac/passwords';
import { createTokenService, MemoryRefreshStore } from '@clawforce/auth-rbac/tokens';

const passwords = createPasswordHasher();
const stored = await passwords.hash('correct horse battery', { username: 'ada' });
console.log(await passwords.verify(stored, 'correct horse battery')); // true

const keys = [{ kid: '2026-11', secret: randomBytes(32) }];
const tokens = createTokenService({
  keys,
  issuer: 'shop',
  audience: 'api',
  refreshStore: new MemoryRefreshStore(),
});
const session = { userId: 'u1', sessionId: 's1' };
console.log(tokens.verifyAccess(tokens.issueAccess(session).token).userId); // u1
const first = await tokens.issueRefresh(session);
const second = await tokens.rotateRefresh(first.token, { client: 'laptop' });
const theft = await tokens.rotateRefresh(first.token, { client: 'thief' }).catch((error) => error.code);
const after = await tokens.rotateRefresh(second.token).catch((error) => error.code);
console.log(theft, after); // REFRESH_REUSED REFRESH_REVOKED

const authorizer = createAuthorizer(defaultMatrix);
const agent = { type: 'agent', id: 'a1', ownerId: 'u2' };
const { effect, rule } = authorizer.can({ id: 'u1', role: 'admin' }, 'agent:start', agent);
console.log(effect, rule); // deny rbac.owner.other
