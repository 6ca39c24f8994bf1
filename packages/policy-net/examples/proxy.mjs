import { NetworkSecurityPolicy } from '@clawforce/policy-net';
import { createEgressProxy, credentialDigest, identifyByCredentials } from '@clawforce/policy-net/proxy';

const policies = new Map([['a1', new NetworkSecurityPolicy({ allowlist: ['*.example.com'] })]]);
const token = process.env.AGENT_TOKEN ?? 'a random token';
const proxy = createEgressProxy({
  identify: identifyByCredentials({ a1: credentialDigest(token) }),
  policyFor: (agent) => policies.get(agent),
  onAudit: ({ agent, method, host, rule }) => console.log(agent, method, host, rule),
});
const { address } = await proxy.listen({ port: 0 });
console.log(typeof address.port); // HTTPS_PROXY=http://a1:<token>@127.0.0.1:<port>
policies.delete('a1');
proxy.update('a1'); // tunnels that no policy admits any more are closed
await proxy.close();
