import type { IsolationLevel, PoolProbe } from '@clawforce/pool-core';
import type { EngineFacts } from './engine-facts.js';
import { judgeEngine } from './engine-verdict.js';
import { engineWarnings } from './engine-warnings.js';

const LEVELS: readonly IsolationLevel[] = ['sandboxed', 'permissive', 'privileged'];

const ENFORCED: readonly string[] = [
  'one container per agent: own process, mount, IPC and host-name namespaces, nothing of the host but the agent directory and its sockets',
  'memory (equal to memory and swap) and CPU limits at every level',
  'no capability, no new privileges, a syscall filter, bounded processes and descriptors at permissive and sandboxed',
  'a read-only root and no network interface at sandboxed',
  'a network of its own per agent at permissive and privileged, without a published port',
  'logs bounded per worker',
];

/** What an engine of one host cannot do, whatever its version. */
const NEVER: readonly string[] = [
  'permissive and privileged workers reach the internet and services of this host that listen on every address',
  'disk use is watched, not capped: a fast writer can exceed its quota until the next look',
  'files without a name count as disk use only where the control plane sees the processes of workers, which one in a container does not',
  'all workers share the kernel of this host',
];

const runtimeVersion = ({ defaultRuntime, runcVersion }: EngineFacts): string =>
  (defaultRuntime === 'runc' ? runcVersion : undefined) ?? 'unknown';

/** Says in words what an engine enforces. */
export function describeEngine(facts: EngineFacts): PoolProbe {
  const verdict = judgeEngine(facts);
  const { refusal, missing } = verdict;
  const levels = refusal ? [] : LEVELS.filter((level) => missing[level].length === 0);
  const engine = [
    `docker ${facts.version}`,
    `API ${facts.apiVersion}`,
    `runc ${facts.runcVersion ?? 'unknown'}`,
    `kernel ${facts.kernel}`,
    `cgroup v${facts.cgroupVersion}`,
  ].join(', ');
  const gaps = LEVELS.flatMap((level) => missing[level].map((what) => `${level} is not started: ${what}`));
  return {
    available: refusal === undefined,
    engine,
    versions: {
      engine: { name: 'docker', version: facts.version },
      // The pool starts workers with the engine's default runtime; only that of runc is told by the engine.
      runtime: { name: facts.defaultRuntime, version: runtimeVersion(facts) },
      kernel: { name: facts.osType, version: facts.kernel },
    },
    levels,
    enforced: refusal ? [] : ENFORCED,
    notEnforced: [...gaps, ...engineWarnings(facts), ...NEVER],
    ...(refusal ? { reason: `${refusal.reason}; ${refusal.fix}` } : {}),
  };
}
