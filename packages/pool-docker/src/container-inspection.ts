import type { LabelledWorker, WorkerExit, WorkerInspection } from '@clawforce/pool-core';
import type { ContainerInspectInfo } from 'dockerode';
import { causeOfDeath } from './cause-of-death.js';
import { isoTime, levelOf } from './containers.js';
import { effectiveIsolation } from './effective-isolation.js';
import type { WorkerNotes } from './worker-memory.js';

/** Gives the state of a container in the pool's words. */
export function stateOf({ State }: ContainerInspectInfo): WorkerInspection['state'] {
  if (State.Paused) return 'paused';
  if (State.Running) return 'running';
  return State.Status === 'created' && State.Error === '' ? 'created' : 'exited';
}

/** Tells how a container ended. */
export function exitOf(found: ContainerInspectInfo, notes: Readonly<WorkerNotes>): WorkerExit {
  const { State, HostConfig } = found;
  const end = causeOfDeath({
    exitCode: State.ExitCode,
    oomKilled: State.OOMKilled,
    toolOom: notes.toolOom,
    error: State.Error,
    neverStarted: State.Status === 'created',
    stopReason: notes.stopReason,
    engineLost: notes.engineLost ?? false,
    pidsAtLimit: notes.pidsAtLimit ?? false,
    memoryBytes: HostConfig.Memory ?? 0,
    pids: HostConfig.PidsLimit,
  });
  return notes.diskStopped ? { ...end, cause: 'disk' } : end;
}

/** Gives the pool's view of a container. */
export function inspectionOf(
  ref: LabelledWorker,
  found: ContainerInspectInfo,
  notes: Readonly<WorkerNotes>,
): WorkerInspection {
  const state = stateOf(found);
  return {
    agentId: ref.agentId,
    generation: ref.generation,
    engineId: found.Id,
    state,
    startedAt: isoTime(found.State.StartedAt),
    specHash: ref.specHash,
    level: levelOf(found.Config.Labels),
    attested: notes.attestation?.attested ?? 'none',
    effective: effectiveIsolation(found),
    ...(state === 'exited' ? { exit: exitOf(found, notes) } : {}),
  };
}
