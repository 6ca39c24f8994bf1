import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { isWithinCeiling, type IsolationLevel, type ResolvedLevel } from '@clawforce/pool-core';
import { DRILL_CASES, DRILL_PROBE_PATH, runDrill, type DrillFacts } from '@clawforce/pool-core/drill';
import type { AgentFiles } from '../agents/agent-files.js';
import { LOCAL_USER_ID, type Actor, type AgentService } from '../agents/agent-service.js';
import type { AgentLifecycle } from '../agents/lifecycle.js';
import type { ToolService } from '../agents/tool-service.js';
import type { AuditTrail } from '../audit/audit-trail.js';
import type { ConfigService } from '../config/config-service.js';
import { ApiError } from '../errors/api-error.js';
import type { Backend } from '../server/backend.js';
import type { AgentRecord, Storage } from '../storage/index.js';
import { COMMAND_CASES } from './command-cases.js';
import type { DrillFiles } from './drill-files.js';
import { openDrillRange } from './drill-range.js';
import { countRows, type DrillReport, type DrillRow } from './drill-report.js';
import { POLICY_CASES } from './policy-cases.js';
import { runToolCases } from './run-tool-cases.js';
import { unisolatedRows } from './unisolated-rows.js';

/** Parts of the service. */
export interface DrillServiceParts {
  readonly storage: Storage;
  readonly agents: AgentService;
  readonly configs: ConfigService;
  readonly tools: ToolService;
  readonly files: AgentFiles;
  readonly audit: AuditTrail;
  readonly reports: DrillFiles;
  readonly lifecycle: AgentLifecycle;
  readonly backend: Backend;
  readonly isolationOf: (agent: AgentRecord) => Promise<ResolvedLevel>;
  readonly runtimeDir: string;
  readonly log: (message: string, detail: object) => void;
}

/** What a drill is asked for. */
export interface DrillRequest {
  /** The agent whose isolation and policy are tried, in a disposable copy. */
  readonly agent?: AgentRecord | undefined;
  readonly level?: IsolationLevel | undefined;
}

const CONNECT_MS = 60_000;
const TMP = { bytes: 64 * 1024 ** 2, inodes: 8192 };
const SYSTEM: Actor = { userId: LOCAL_USER_ID, role: 'superadmin' };

/** Proves what the active pool isolates: one disposable worker, attested like any other, in which everything is tried. */
export class DrillService {
  readonly #parts: DrillServiceParts;
  #current: DrillReport | undefined;
  /** From the request to the stored report. */
  #busy = false;
  #ended: Promise<void> = Promise.resolve();
  readonly #stopped = new AbortController();

  constructor(parts: DrillServiceParts) {
    this.#parts = parts;
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
    const stored = await this.#parts.reports.list();
    const current = this.#current;
    return current ? [current, ...stored.filter(({ id }) => id !== current.id)] : stored;
  }

  /** Cuts the drill that runs short; resolves when its worker is gone. */
  async close(): Promise<void> {
    this.#stopped.abort();
    await this.#ended;
  }

  async #plan({ agent, level: asked }: DrillRequest, actor: Actor): Promise<DrillReport> {
    const { backend, configs } = this.#parts;
    const own = agent ? (await configs.effective(agent.id, 'a drill')).docker.level : 'permissive';
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
      node: process.version,
      image: backend.image?.name ?? null,
      agent_id: agent?.id ?? null,
      worker_agent_id: null,
      started_at: new Date().toISOString(),
      ended_at: null,
      actor: `user:${actor.userId}`,
      attested: 'none',
      rows: [],
      ...countRows([]),
    };
  }

  async #carryOut(begun: DrillReport, model: AgentRecord | undefined): Promise<void> {
    const { backend, audit, reports, agents, storage } = this.#parts;
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
    let worker: AgentRecord | undefined;
    let reason: string | undefined;
    try {
      say({ engine: (await backend.pool.probe()).engine });
      worker = await this.#makeAgent(model, report.level);
      say({ worker_agent_id: worker.id });
      const running = await this.#start(worker);
      say({ attested: running.attested });
      await this.#tryEverything(running, onRow);
    } catch (error) {
      reason = error instanceof Error ? error.message : 'The drill could not be carried out.';
    }
    const left = worker && (await storage.agents.get(worker.id));
    if (left) {
      await agents.remove(left, SYSTEM).catch((error: unknown) => {
        reason ??= 'The disposable worker could not be removed.';
        this.#parts.log('a disposable worker could not be removed', { agent: left.id, cause: String(error) });
      });
    }
    const { failed } = countRows(rows);
    const verdict = reason === undefined && failed === 0 && rows.length > 0 ? 'pass' : 'fail';
    const ended: Partial<DrillReport> = {
      state: 'done',
      verdict,
      ended_at: new Date().toISOString(),
      ...(reason === undefined ? {} : { reason }),
    };
    await reports.save({ ...report, ...ended }).catch((error: unknown) => {
      this.#parts.log('the report of a drill could not be kept', { drill: report.id, cause: String(error) });
    });
    audit.enqueue({
      kind: 'drill',
      event: verdict,
      ...(worker ? { agent_id: worker.id } : {}),
      actor: report.actor,
      timestamp: new Date().toISOString(),
      detail: JSON.stringify({
        id: report.id,
        level: report.level,
        engine: report.engine,
        ...countRows(rows),
        failures: rows.filter((row) => row.verdict === 'fail').map(({ id }) => id),
        held: rows.filter(({ actual }) => actual === 'blocked').map(({ id }) => id),
        ...(reason === undefined ? {} : { reason }),
      }),
    });
    say(ended);
  }

  /** An agent like the model, without its secrets, providers and files. */
  async #makeAgent(model: AgentRecord | undefined, level: DrillReport['level']): Promise<AgentRecord> {
    const { agents, configs, storage, backend } = this.#parts;
    const like = model && (await configs.effective(model.id, 'a drill'));
    const { id } = await agents.create({ name: 'drill', mode: backend.pool.kind }, SYSTEM);
    const made = await storage.agents.get(id);
    if (!made) throw new Error('The disposable agent could not be made.');
    await configs.replace(
      made,
      {
        security: { docker: { ...like?.docker, level } },
        tools: {
          exec: { timeout: 30, ...(like ? { policy: like.exec.policy } : {}) },
          ...(like
            ? { restrict_to_workspace: like.restrict_to_workspace, ssrf_protection: like.ssrf_protection }
            : {}),
          ...(like ? { web: { fetch: { allowlist: like.web.allowlist } } } : {}),
        },
      },
      { actor: SYSTEM },
    );
    return (await storage.agents.get(id)) ?? made;
  }

  async #start({ id }: AgentRecord): Promise<AgentRecord> {
    const { lifecycle, storage } = this.#parts;
    await lifecycle.start(id, 'drill');
    const deadline = performance.now() + CONNECT_MS;
    for (;;) {
      const agent = await storage.agents.get(id);
      if (agent?.status === 'running') return agent;
      if (agent?.status === 'failed') throw new Error(agent.statusReason ?? 'The worker failed.');
      if (performance.now() > deadline) throw new Error('The worker did not connect.');
      await sleep(100, undefined, { signal: this.#stopped.signal });
    }
  }

  async #tryEverything(agent: AgentRecord, onRow: (row: DrillRow) => void): Promise<void> {
    const { backend, tools, files, isolationOf, runtimeDir } = this.#parts;
    const { level } = await isolationOf(agent);
    const fs = await files.workspace(agent.id);
    await runToolCases({
      level,
      cases: [...POLICY_CASES, ...COMMAND_CASES],
      onRow,
      signal: this.#stopped.signal,
      place: (path, text) => fs.writeFile(path, text).then(() => undefined),
      run: async (tool, args) => {
        const { status, output, record } = await tools.run(
          agent,
          tool,
          args,
          'drill',
          AbortSignal.timeout(60_000),
        );
        return { status, output, rule: record.decision.rule };
      },
    });
    if (!backend.pool.capabilities.has('isolation')) {
      for (const row of unisolatedRows()) onRow(row);
      return;
    }
    const range = await openDrillRange(runtimeDir);
    try {
      await runDrill({
        pool: backend.pool,
        ref: { agentId: agent.id, generation: agent.generation },
        cases: DRILL_CASES,
        facts: { ...(await this.#limitsOf(agent)), ...range.facts },
        onRow,
        signal: this.#stopped.signal,
      });
    } finally {
      await range.close();
    }
  }

  async #limitsOf(agent: AgentRecord): Promise<DrillFacts> {
    const { level, limits, requirements } = await this.#parts.isolationOf(agent);
    return {
      level,
      memoryBytes: limits.memoryBytes ?? 2 * 1024 ** 3,
      cpus: (limits.cpuQuotaUs ?? 100_000) / (limits.cpuPeriodUs ?? 100_000),
      pids: requirements.pidsLimit,
      tmpBytes: TMP.bytes,
      tmpInodes: TMP.inodes,
      probe: DRILL_PROBE_PATH,
    };
  }
}
