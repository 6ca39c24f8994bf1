import type { Page, PageRequest } from '../page/page.js';

/** What the operator wants. */
export type DesiredState = 'stopped' | 'running';

/** Worker states of CONTRACT section 2. */
export type AgentStatus = 'stopped' | 'provisioning' | 'connecting' | 'running' | 'disconnected' | 'failed';

/** An agent as stored. */
export interface AgentRecord {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly color: string | null;
  /** Null: visible to superadmins only. */
  readonly ownerUserId: string | null;
  /** Backend that the agent is meant for: `docker` or `process`. */
  readonly mode: string;
  readonly desired: DesiredState;
  readonly status: AgentStatus;
  readonly statusReason: string | null;
  readonly statusSince: Date;
  readonly level: string;
  readonly attested: string;
  /** Counts starts; a pool starts a worker once per generation. */
  readonly generation: number;
  /** Counts link sessions; only the current one may write. */
  readonly epoch: number;
  /** Highest contiguous event number that is stored. */
  readonly ackSeq: number;
  /** Numeric user of the agent's workers; null where workers run as the control plane's own user. */
  readonly workerUid: number | null;
  /** What the present worker was asked for, as JSON; null without a worker. */
  readonly workerSpec: string | null;
  readonly isDemo: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** What creates an agent: stopped, `attested: none`. */
export interface NewAgent {
  /** Random unless given. */
  readonly id?: string;
  readonly name: string;
  readonly description?: string;
  readonly color?: string | null;
  readonly ownerUserId: string | null;
  readonly mode: string;
  readonly level: string;
  readonly isDemo?: boolean;
}

/** What an operator may change of an agent. */
export interface AgentChanges {
  readonly name?: string;
  readonly description?: string;
  readonly color?: string | null;
  readonly ownerUserId?: string | null;
  readonly mode?: string;
  readonly level?: string;
}

/** A new status; `statusSince` moves only when the status itself changes. */
export interface StatusChange {
  readonly status: AgentStatus;
  /** Removed when absent. */
  readonly reason?: string;
  /** Kept when absent. */
  readonly attested?: string;
}

/** Numeric users for workers, both ends included. */
export interface UidRange {
  readonly first: number;
  readonly last: number;
}

/** Which agents a caller may see: the filter is part of the query, so that a page is full and a cursor leaks nothing. */
export type AgentVisibility = 'all' | { readonly ownerUserId: string };

/** What a list of agents may be narrowed to. */
export interface AgentFilter extends PageRequest {
  readonly status?: readonly AgentStatus[];
  /** Part of the name, whatever its case. */
  readonly name?: string;
  /** Id of the owner. */
  readonly ownerUserId?: string;
}

/** How many agents there are in each status. */
export type StatusCounts = Readonly<Record<AgentStatus, number>>;

/** Agents and their state. */
export interface AgentStore {
  create(agent: NewAgent): Promise<AgentRecord>;
  get(id: string): Promise<AgentRecord | undefined>;
  /** Newest first. */
  list(visibleTo: AgentVisibility, filter?: AgentFilter): Promise<Page<AgentRecord>>;
  /** Names of agents by id; those that are gone are left out. */
  names(ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** How many of these agents are in each status. */
  countByStatus(visibleTo: AgentVisibility): Promise<StatusCounts>;
  /** Every agent with this desired state, for the reconciler. */
  withDesired(desired: DesiredState): Promise<readonly AgentRecord[]>;
  /** Every agent that is not `stopped` or `failed`: what a start of the control plane has to look after. */
  active(): Promise<readonly AgentRecord[]>;
  /** Throws `NOT_FOUND`. */
  update(id: string, changes: AgentChanges): Promise<AgentRecord>;
  /** Throws `NOT_FOUND`. */
  setDesired(id: string, desired: DesiredState): Promise<AgentRecord>;
  /**
   * Throws `NOT_FOUND`; `STALE` when `only` names a generation or epoch that is no longer the current one, so that a late
   * report about an earlier worker cannot overwrite the state of the present one.
   */
  setStatus(
    id: string,
    change: StatusChange,
    only?: { readonly generation?: number; readonly epoch?: number },
  ): Promise<AgentRecord>;
  /** Raises the generation and gives the agent after it. Throws `NOT_FOUND`. */
  nextGeneration(id: string): Promise<AgentRecord>;
  /** Opens a link session: raises the epoch, which fences every earlier session. Throws `NOT_FOUND`; `STALE` for another generation. */
  openEpoch(id: string, only?: { readonly generation?: number }): Promise<AgentRecord>;
  /** Keeps what the worker of a generation is asked for, before it starts. Throws `NOT_FOUND`; `STALE` for another generation. */
  setWorkerSpec(id: string, generation: number, spec: string | null): Promise<AgentRecord>;
  /**
   * Gives the agent's numeric user, taking the lowest free one of the range when it has none in it. Throws `NOT_FOUND`;
   * `CONFLICT` when the range is used up.
   */
  claimWorkerUid(id: string, range: UidRange): Promise<number>;
  /** Removes the agent with configuration, secrets, credentials, events and messages. Throws `NOT_FOUND`. */
  remove(id: string): Promise<void>;
}
