import { randomUUID } from 'node:crypto';
import { isWithinCeiling, type IsolationLevel, type ResolvedLevel } from '@clawforce/pool-core';
import {
  DRILL_CASES,
  DRILL_PROBE_PATH,
  findWorker,
  runDrill,
  type DrillFacts,
} from '@clawforce/pool-core/drill';
import type { AgentFiles } from '../agents/agent-files.js';
import type { Actor } from '../agents/agent-service.js';
import { firstLevel } from '../agents/first-level.js';
import type { ToolService } from '../agents/tool-service.js';
import { storedSpec } from '../agents/worker-spec.js';
import type { AuditTrail } from '../audit/audit-trail.js';
import { ApiError } from '../errors/api-error.js';
import type { Backend } from '../server/backend.js';
import type { AgentRecord } from '../storage/index.js';
import { COMMAND_CASES } from './command-cases.js';
import { DisposableWorkers, type DisposableParts } from './disposable-workers.js';
import type { DrillFiles } from './drill-files.js';
import { openDrillRange, removeDrillRanges } from './drill-range.js';
import { countRows, notTried, type DrillReport, type DrillRow } from './drill-report.js';
import { openNeighbour, type Neighbour } from './open-neighbour.js';
import { POLICY_CASES } from './policy-cases.js';
import { runToolCases } from './run-tool-cases.js';
import type { ProgramFacts } from './tool-case.js';
import { unisolatedRows } from './unisolated-rows.js';

/** Parts of the service. */
export interface DrillServiceParts extends Omit<DisposableParts, 'mode'> {
  readonly tools: ToolService;
  readonly files: AgentFiles;
  readonly audit: AuditTrail;
  readonly reports: DrillFiles;
  readonly backend: Backend;
  readonly isolationOf: (agent: AgentRecord) => Promise<ResolvedLevel>;
  /** Whether the agent's worker confines the commands that it runs. */
  readonly confinesCommands: (agentId: string) => boolean;
  /** No agent of this server is above it. */
  readonly maxLevel: IsolationLevel;
  readonly runtimeDir: string;
}

/** What a drill is asked for. */
export interface DrillRequest {
  /** The agent whose isolation and policy are tried, in a disposable copy. */
  readonly agent?: AgentRecord | undefined;
  readonly level?: IsolationLevel | undefined;
}

const CUT_SHORT = 'The server ended while this drill ran.';
const TOOL_CASES = [...POLICY_CASES, ...COMMAND_CASES];
const TMP = { bytes: 64 * 1024 ** 2, inodes: 8192 };

/** Proves what the active pool isolates: one disposable worker, attested like any other, in which everything is tried. */
export class DrillService {
  readonly #parts: DrillServiceParts;
  readonly #workers: DisposableWorkers;
  #current: DrillReport | undefined;
  /** From the request to the stored report. */
  #busy = false;
  #ended: Promise<void> = Promise.resolve();
  readonly #stopped = new AbortController();

  constructor(parts: DrillServiceParts) {
    this.#parts = parts;
    this.#workers = new DisposableWorkers({ ...parts, mode: parts.backend.pool.kind });
  }

  /** Removes what drills of an earlier server left, and ends their reports; called before a drill can begin. */
  async recover(): Promise<void> {
    const { reports, log, runtimeDir } = this.#parts;
    try {
      for (const { report, disposable } of await reports.list()) {
        if (report.state === 'done' && disposable.length === 0) continue;
        const left = await this.#workers.remove(disposable);
        await reports.save(endedReport(report), left);
      }
      await removeDrillRanges(runtimeDir);
    } catch (error) {
      // Nobody is kept from working by it, and the next start tries again.
      log('what an earlier drill left could not be removed', { cause: String(error) });
    }
  }

  /** Begins a drill; the report fills while it runs. @throws ApiError CONFLICT while another one runs */
  async begin(request: DrillRequest, actor: Actor): Promise<DrillReport> {
    if (this.#busy) {
      throw new ApiError('CONFLICT', 'Another drill is running.', { fix: 'Wait until it has ended.' });
    }
    // Before anything is waited for: what is asked meanwhile must find the place taken.
    this.#busy = true;
    let report: DrillReport;
    try {
      report = await this.#plan(request, actor);
    } catch (error) {
      this.#busy = false;
      throw error;
    }
    this.#current = report;
    this.#ended = this.#carryOut(report, request.agent)
      .catch((error: unknown) => this.#parts.log('a drill failed', { cause: String(error) }))
      .finally(() => {
        this.#busy = false;
      });
    return report;
  }

  /** The drill that runs and the latest ones, newest first. */
  async list(): Promise<readonly DrillReport[]> {
    const stored = (await this.#parts.reports.list()).map(({ report }) => report);
    const current = this.#current;
    return current ? [current, ...stored.filter(({ id }) => id !== current.id)] : stored;
  }

  /** One drill, as far as it has come. */
  async find(id: string): Promise<DrillReport | undefined> {
    const current = this.#current;
    return current?.id === id ? current : this.#parts.reports.find(id);
  }

  /** Cuts the drill that runs short; resolves when its worker is gone. */
  async close(): Promise<void> {
    this.#stopped.abort();
    await this.#ended;
  }

  async #plan({ agent, level: asked }: DrillRequest, actor: Actor): Promise<DrillReport> {
    const { backend, configs, maxLevel } = this.#parts;
    const own = agent ? (await configs.effective(agent.id, 'a drill')).docker.level : firstLevel(maxLevel);
    const level = asked ?? own;
    if (!isWithinCeiling(level, own) && actor.role !== 'superadmin') {
      throw new ApiError('FORBIDDEN', `Only a superadmin starts a worker at the level "${level}".`);
    }
    if (this.#stopped.signal.aborted) throw new ApiError('INTERRUPTED', 'The server is stopping.');
    return {
      id: randomUUID(),
      state: 'running',
      verdict: 'pending',
      level,
      backend: backend.pool.kind,
      engine: '',
      versions: null,
      node: process.version,
      image: backend.image?.name ?? null,
      agent_id: agent?.id ?? null,
      worker_agent_id: null,
      started_at: new Date().toISOString(),
      ended_at: null,
      actor: `user:${actor.userId}`,
      attested: 'none',
      planned: TOOL_CASES.length + DRILL_CASES.length,
      rows: [],
      ...countRows([]),
    };
  }

  async #carryOut(begun: DrillReport, model: AgentRecord | undefined): Promise<void> {
    const { backend, audit, reports } = this.#parts;
    const rows: DrillRow[] = [];
    // What this drill found; nothing of another one ever gets in.
    let report = begun;
    const say = (change: Partial<DrillReport>): void => {
      report = { ...report, ...change };
      this.#current = report;
    };
    const onRow = (row: DrillRow): void => {
      rows.push(row);
      say({ rows: [...rows], ...countRows(rows) });
    };
    const ids = { worker: randomUUID(), neighbour: randomUUID() };
    const name = `drill-${report.id}`;
    let reason: string | undefined;
    try {
      const { engine, versions = null } = await backend.pool.probe();
      say({ engine, versions, worker_agent_id: ids.worker });
      // Before there is an agent: whatever ends this process, the next one knows what to remove.
      await reports.save(report, Object.values(ids));
      const { signal } = this.#stopped;
      const wanted = { id: ids.worker, name, level: report.level, like: model };
      const running = await this.#workers.start(wanted, signal);
      say({ attested: running.attested });
      await this.#tryEverything(running, { id: ids.neighbour, name: `${name}-neighbour` }, onRow);
    } catch (error) {
      reason = error instanceof Error ? error.message : 'The drill could not be carried out.';
    }
    const left = await this.#workers.remove(Object.values(ids));
    if (left.length > 0) reason ??= 'A disposable worker could not be removed.';
    if (rows.length !== begun.planned) reason ??= 'Not every attempt was made.';
    const verdict = reason === undefined && countRows(rows).failed === 0 ? 'pass' : 'fail';
    const ended: Partial<DrillReport> = {
      state: 'done',
      verdict,
      ended_at: new Date().toISOString(),
      ...(reason === undefined ? {} : { reason }),
    };
    await reports.save({ ...report, ...ended }, left).catch((error: unknown) => {
      this.#parts.log('the report of a drill could not be kept', { drill: report.id, cause: String(error) });
    });
    audit.enqueue({
      kind: 'drill',
      event: verdict,
      ...(report.worker_agent_id === null ? {} : { agent_id: report.worker_agent_id }),
      actor: report.actor,
      timestamp: new Date().toISOString(),
      detail: JSON.stringify({
        id: report.id,
        level: report.level,
        engine: report.engine,
        ...countRows(rows),
        failures: rows.filter((row) => row.verdict === 'fail').map(({ id }) => id),
        not_tried: notTried(rows).map(({ id }) => id),
        held: rows.filter(({ actual }) => actual === 'blocked').map(({ id }) => id),
        ...(reason === undefined ? {} : { reason }),
      }),
    });
    say(ended);
  }

  async #tryEverything(
    agent: AgentRecord,
    neighbour: Pick<AgentRecord, 'id' | 'name'>,
    onRow: (row: DrillRow) => void,
  ): Promise<void> {
    const { backend, tools, files, isolationOf, runtimeDir } = this.#parts;
    const { signal } = this.#stopped;
    const { level } = await isolationOf(agent);
    const fs = await files.workspace(agent.id);
    const facts = await this.#programFacts(agent);
    const places = storedSpec(agent);
    if (!places) throw new Error('Where the worker has its directories is not known.');
    await runToolCases({
      level,
      cases: TOOL_CASES,
      facts,
      places,
      onRow,
      signal,
      place: (path, text) => fs.writeFile(path, text).then(() => undefined),
      run: async (tool, args) => {
        const late = AbortSignal.timeout(60_000);
        const { status, output, record } = await tools.run(agent, tool, args, 'drill', late);
        return { status, output, rule: record.decision.rule };
      },
    });
    if (!backend.pool.capabilities.has('isolation')) {
      for (const row of unisolatedRows()) onRow(row);
      return;
    }
    const range = await openDrillRange(runtimeDir, backend.host);
    let other: Neighbour | undefined;
    try {
      other = await this.#neighbour(neighbour);
      await runDrill({
        pool: backend.pool,
        ref: { agentId: agent.id, generation: agent.generation },
        cases: DRILL_CASES,
        facts: {
          ...(await this.#limitsOf(agent)),
          ...range.facts,
          probe: facts.probe ?? DRILL_PROBE_PATH,
          ...(other ? { neighbour: other } : {}),
        },
        onRow,
        signal,
      });
    } finally {
      other?.close();
      await range.close();
    }
  }

  /** Another agent's worker that listens; none where no agent of this server has a network. */
  async #neighbour(wanted: Pick<AgentRecord, 'id' | 'name'>): Promise<Neighbour | undefined> {
    const { backend, maxLevel } = this.#parts;
    if (!isWithinCeiling('permissive', maxLevel)) return undefined;
    const { id, generation } = await this.#workers.start(
      { ...wanted, level: 'permissive' },
      this.#stopped.signal,
    );
    return openNeighbour(backend.pool, { agentId: id, generation });
  }

  /** What the engine, or the operating system, knows of the worker's process. */
  async #programFacts(agent: AgentRecord): Promise<ProgramFacts> {
    const { id, generation } = agent;
    const { pool, mountedAt } = this.#parts.backend;
    const socketDir = (mountedAt ?? storedSpec(agent))?.socketDir;
    if (socketDir === undefined) throw new Error('Where the worker has its sockets is not known.');
    const confined = pool.capabilities.has('isolation') || this.#parts.confinesCommands(id);
    if (pool.exec) {
      const { pid, probe } = await findWorker(pool, { agentId: id, generation });
      return { workerPid: pid, probe, socketDir, confined };
    }
    // Such a pool names a worker by its process.
    const pid = /^\d+/.exec((await pool.inspect(id))?.engineId ?? '')?.[0];
    const workerPid = pid === undefined ? undefined : Number(pid);
    return { workerPid, probe: undefined, socketDir, confined };
  }

  async #limitsOf(agent: AgentRecord): Promise<Omit<DrillFacts, 'probe'>> {
    const { level, limits, requirements, tightening } = await this.#parts.isolationOf(agent);
    return {
      level,
      tightening,
      memoryBytes: limits.memoryBytes ?? 2 * 1024 ** 3,
      cpus: (limits.cpuQuotaUs ?? 100_000) / (limits.cpuPeriodUs ?? 100_000),
      pids: requirements.pidsLimit,
      tmpBytes: TMP.bytes,
      tmpInodes: TMP.inodes,
    };
  }
}

/** A report of a drill that an earlier server did not end; what it found so far proves nothing as a whole. */
function endedReport(report: DrillReport): DrillReport {
  if (report.state === 'done') return report;
  return {
    ...report,
    state: 'done',
    verdict: 'fail',
    ended_at: new Date().toISOString(),
    reason: CUT_SHORT,
  };
}
