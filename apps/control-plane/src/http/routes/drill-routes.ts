import { isIsolationLevel } from '@clawforce/pool-core';
import { mayUse } from '../../auth/authorizer.js';
import type { DrillReport } from '../../drills/drill-report.js';
import type { DrillService } from '../../drills/drill-service.js';
import { ApiError } from '../../errors/api-error.js';
import type { Storage } from '../../storage/storage.js';
import { ref } from '../components.js';
import type { Caller, Route } from '../route.js';
import { object } from '../schemas.js';

/** What the drill routes serve from. */
export interface DrillRouteParts {
  readonly storage: Storage;
  /** Absent when no server runs (offline command line). */
  readonly drills: DrillService | undefined;
}

/** Routes that begin drills and give their reports. */
export function drillRoutes({ storage, drills }: DrillRouteParts): Route[] {
  const running = (): DrillService => {
    if (drills) return drills;
    throw new ApiError(
      'SERVER_NOT_RUNNING',
      'A drill needs a worker, and workers run only while the server runs.',
      {
        fix: 'Start it with "clawforce serve" or "npm start".',
      },
    );
  };
  /** A drill of no agent speaks of the whole installation: superadmins see it; one of an agent, whoever may use that. */
  const mayRead = async (caller: Caller, { agent_id: agentId }: DrillReport): Promise<boolean> => {
    if (caller.role === 'superadmin') return true;
    const agent = agentId === null ? undefined : await storage.agents.get(agentId);
    return agent !== undefined && mayUse(caller, 'drill:read', agent);
  };
  return [
    {
      method: 'get',
      path: '/api/drills',
      tag: 'drills',
      summary: 'Lists the latest drills, newest first.',
      access: { action: 'drill:list' },
      query: {
        properties: {
          rows: {
            type: 'boolean',
            description: 'Whether the rows come with each drill; true by default. The counts always do.',
          },
        },
      },
      responses: {
        200: {
          description: 'The drills.',
          schema: object({ items: { type: 'array', items: ref('Drill') } }),
        },
      },
      errors: ['SERVER_NOT_RUNNING'],
      handle: async ({ caller, query }) => {
        const items: DrillReport[] = [];
        for (const report of await running().list())
          if (await mayRead(caller, report))
            items.push(query['rows'] === false ? { ...report, rows: [] } : report);
        return { json: { items } };
      },
    },
    {
      method: 'post',
      path: '/api/drills',
      tag: 'drills',
      summary: 'Begins a drill: a disposable worker of the active backend, in which attacks are tried.',
      access: { action: 'drill:list' },
      body: object(
        {
          agent_id: {
            type: 'string',
            maxLength: 64,
            description: 'Agent whose isolation and policy are tried.',
          },
          level: { enum: ['permissive', 'sandboxed', 'privileged'] },
        },
        ['agent_id', 'level'],
      ),
      responses: { 202: { description: 'The drill that has begun.', schema: ref('Drill') } },
      errors: ['SERVER_NOT_RUNNING', 'CONFLICT', 'FORBIDDEN', 'NOT_FOUND'],
      handle: async ({ body, caller }) => {
        const { agent_id: agentId, level } = body as { agent_id?: string; level?: string };
        const agent = agentId === undefined ? undefined : await storage.agents.get(agentId);
        if (agentId !== undefined && (!agent || !mayUse(caller, 'drill:run', agent))) {
          throw new ApiError('NOT_FOUND', 'There is no such agent.');
        }
        if (!agent && caller.role !== 'superadmin') {
          throw new ApiError(
            'FORBIDDEN',
            'Only a superadmin drills the installation; name one of your agents.',
          );
        }
        const report = await running().begin(
          { agent, level: isIsolationLevel(level) ? level : undefined },
          caller,
        );
        return { status: 202, json: report, headers: { location: `/api/drills/${report.id}` } };
      },
    },
    {
      method: 'get',
      path: '/api/drills/{drill}',
      tag: 'drills',
      summary: 'Gives one drill, with the rows that it has so far.',
      access: { action: 'drill:list' },
      responses: { 200: { description: 'The drill.', schema: ref('Drill') } },
      errors: ['SERVER_NOT_RUNNING', 'NOT_FOUND'],
      handle: async ({ params, caller }) => {
        const report = await running().find(params['drill'] ?? '');
        if (!report || !(await mayRead(caller, report))) {
          throw new ApiError('NOT_FOUND', 'There is no such drill.');
        }
        return { json: report };
      },
    },
  ];
}
