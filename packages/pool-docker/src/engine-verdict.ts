import { ISOLATION_LEVELS, PoolError } from '@clawforce/pool-core';
import type { IsolationLevel } from '@clawforce/pool-core';
import type { EngineFacts } from './engine-facts.js';

/** What an engine cannot do, as sentences; a level is startable only when its list is empty. */
export interface EngineVerdict {
  /** Why this engine is not served at all, with the fix. */
  readonly refusal: { readonly reason: string; readonly fix: string } | undefined;
  /** What keeps each level from being enforced. */
  readonly missing: Readonly<Record<IsolationLevel, readonly string[]>>;
}

const MIN_API: readonly [number, number] = [1, 41];

const refuse = (reason: string, fix: string) => ({ reason, fix });

function refusal(facts: EngineFacts): EngineVerdict['refusal'] {
  const useDocker = 'use a Docker engine on this Linux host';
  if (facts.osType !== 'linux') return refuse(`the engine runs ${facts.osType} containers`, useDocker);
  if (/podman/i.test(facts.name)) return refuse('Podman is not served yet', useDocker);
  if (facts.rootless) return refuse('a rootless engine is not served yet: it cannot keep limits', useDocker);
  if (facts.remapsUsers) {
    return refuse(
      'an engine with userns-remap is not served yet: the files and sockets of an agent would belong to other users inside',
      'use an engine without userns-remap; workers are not root all the same, except at level privileged',
    );
  }
  const [major = 0, minor = 0] = facts.apiVersion.split('.').map(Number);
  if (!(major > MIN_API[0] || (major === MIN_API[0] && minor >= MIN_API[1]))) {
    return refuse(`the engine speaks API ${facts.apiVersion}`, 'upgrade Docker to 20.10 or newer');
  }
  return undefined;
}

/** Judges what levels an engine can enforce: a limit that it would silently drop makes a level impossible. */
export function judgeEngine(facts: EngineFacts): EngineVerdict {
  const { limits } = facts;
  const everywhere = [
    ...(limits.memory ? [] : ['it has no memory limits']),
    ...(limits.swap
      ? []
      : ['it cannot limit swap (kernel parameter swapaccount=1 where the host uses cgroup v1)']),
    ...(limits.cpu ? [] : ['it has no CPU limits']),
  ];
  const missing = (level: IsolationLevel): readonly string[] => {
    const { pidsLimit, seccomp } = ISOLATION_LEVELS[level];
    return [
      ...everywhere,
      ...(pidsLimit !== undefined && !limits.pids ? ['it cannot limit processes'] : []),
      ...(seccomp === 'clawforce' && !facts.seccomp ? ['it has no seccomp'] : []),
    ];
  };
  return {
    refusal: refusal(facts),
    missing: {
      permissive: missing('permissive'),
      sandboxed: missing('sandboxed'),
      privileged: missing('privileged'),
    },
  };
}

/** Lets a level pass that the engine can enforce. @throws PoolError `BACKEND_UNAVAILABLE` or `LEVEL_UNSUPPORTED`. */
export function admitLevel(verdict: EngineVerdict, level: IsolationLevel): void {
  if (verdict.refusal) {
    const { reason, fix } = verdict.refusal;
    throw new PoolError('BACKEND_UNAVAILABLE', reason, { key: 'DOCKER_HOST', fix });
  }
  const [first] = verdict.missing[level];
  if (first === undefined) return;
  throw new PoolError('LEVEL_UNSUPPORTED', `this engine cannot enforce ${level}: ${first}`, { key: 'level' });
}
