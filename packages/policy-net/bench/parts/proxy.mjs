import { NetworkSecurityPolicy } from '../../dist/index.js';
import { createEgressProxy } from '../../dist/proxy.js';

const port = Number(process.argv[2]);
const path = process.argv[3];
const policy = new NetworkSecurityPolicy({ exceptions: [{ address: '127.0.0.1', port }] });
const proxy = createEgressProxy({
  identify: () => 'a1',
  policyFor: () => policy,
  limits: { maxTunnels: Infinity, maxRequests: Infinity },
});
const { address } = await proxy.listen({ port: 0 });
await proxy.listen({ path });
process.send(address.port);
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send({ cpu: user + system, rss: process.memoryUsage().rss });
});
