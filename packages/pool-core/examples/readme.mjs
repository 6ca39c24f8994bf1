import { PoolError, resolveLevel, transition } from '@clawforce/pool-core';

const ceiling = { level: 'permissive', limits: { memoryBytes: 2 * 1024 ** 3 } };
const asked = resolveLevel('permissive', ceiling, { read_only: true, mem_limit: '512m' });
console.log(asked.requirements.readOnlyRoot, asked.limits); // true { memoryBytes: 536870912, pids: 1024 }

try {
  resolveLevel('sandboxed', ceiling, { network_mode: 'host' });
} catch (error) {
  if (error instanceof PoolError) console.log(error.code, error.key); // OVERRIDE_INVALID security.docker.network_mode
}
console.log(transition('stopped', 'provisioning')); // provisioning
