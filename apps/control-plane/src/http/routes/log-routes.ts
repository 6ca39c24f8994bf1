import { PoolError, type AgentPool, type LogLine, type LogOptions } from '@clawforce/pool-core';
import { mayUse } from '../../auth/authorizer.js';
import type { ActivityFeed, FeedItem } from '../../events/activity-feed.js';
import type { AgentFiles } from '../../agents/agent-files.js';
import type { AgentService } from '../../agents/agent-service.js';
import type { AgentRecord } from '../../storage/agents/agent-store.js';
import type { StoredEvent } from '../../storage/events/event-store.js';
import type { Storage } from '../../storage/storage.js';
import { ApiError } from '../../errors/api-error.js';
import { readWorkerLog } from '../../log/read-worker-log.js';
import { ref } from '../components.js';
import type { Caller, Route, RouteContext } from '../route.js';
import { object, page, type } from '../schemas.js';
import { startEventStream, type EventStream } from '../sse.js';
import { messageView } from './message-routes.js';

/** What the log routes serve from. */
export interface LogRouteParts {
  readonly storage: Storage;
  readonly feed: ActivityFeed;
  readonly agents: AgentService;
  readonly files: Pick<AgentFiles, 'control'>;
  readonly pool: AgentPool | undefined;
}

/** An activity event as the API shows it; `id` is the cursor. */
export function activityView(event: StoredEvent): Record<string, unknown> {
  if (event.kind !== 'activity') throw new TypeError('not an activity event');
  return { id: event.id, time: event.time.toISOString(), source: event.source, event: event.event };
}

/** Routes that stream what an agent does and what its worker prints. */
export function logRoutes(parts: LogRouteParts): Route[] {
  return [
    {
      method: 'get',
      path: '/api/agents/{id}/logs',
      tag: 'logs',
      summary:
        'Streams the activity of an agent as server-sent events: activity, delta, status, message, ping.',
      access: { action: 'log:read', on: 'agent' },
      query: {
        properties: {
          after: {
            type: 'integer',
            minimum: 0,
            description: 'Start behind this activity id; the header Last-Event-ID wins.',
          },
          tail: {
            type: 'integer',
            minimum: 0,
            maximum: 200,
            description: 'Without `after`: how many of the latest events first; 100 by default.',
          },
          follow: { type: 'boolean', description: '`false` ends the stream behind the stored events.' },
        },
      },
      responses: {
        200: { description: 'The stream.', mediaType: 'text/event-stream', schema: type('string') },
      },
      handle: async (context) => {
        await streamActivity(parts, context);
        return { streamed: true };
      },
    },
    {
      method: 'get',
      path: '/api/agents/{id}/activity',
      tag: 'logs',
      summary: 'Gives one page of stored activity, oldest first: the latest, or what came before an id.',
      access: { action: 'log:read', on: 'agent' },
      query: {
        properties: {
          before: { type: 'integer', minimum: 1, description: 'Only events with a smaller id.' },
          limit: { type: 'integer', minimum: 1, maximum: 200, description: '50 by default.' },
        },
      },
      responses: {
        200: {
          description: 'One page; `more` when there may be older ones.',
          schema: object({ items: { type: 'array', items: ref('Activity') }, more: type('boolean') }),
        },
      },
      handle: async ({ agent, query }) => {
        const { before, limit = 50 } = query as { before?: number; limit?: number };
        const { events } = parts.storage;
        const found =
          before === undefined
            ? await events.tail(agent.id, limit)
            : await events.before(agent.id, before, limit);
        return { json: { items: found.map(activityView), more: found.length === limit } };
      },
    },
    {
      method: 'get',
      path: '/api/agents/{id}/process-logs',
      tag: 'logs',
      summary: 'Gives the last lines that the worker printed.',
      access: { action: 'log:read', on: 'agent' },
      query: { properties: { tail: { type: 'integer', minimum: 0, maximum: 2000 } } },
      responses: {
        200: {
          description: 'The lines, oldest first.',
          schema: page(ref('LogLine')),
        },
      },
      handle: async ({ agent, query }) => {
        const { tail = 200 } = query as { tail?: number };
        const items: LogLine[] = [];
        for await (const line of workerLines(parts, agent, { tail })) items.push(line);
        return { json: { items } };
      },
    },
    {
      method: 'get',
      path: '/api/agents/{id}/process-logs/stream',
      tag: 'logs',
      summary: 'Streams the lines that the worker prints as server-sent events.',
      access: { action: 'log:read', on: 'agent' },
      query: { properties: { tail: { type: 'integer', minimum: 0, maximum: 2000 } } },
      responses: {
        200: { description: 'The stream.', mediaType: 'text/event-stream', schema: type('string') },
      },
      handle: async ({ agent, caller, query, response, signal }) => {
        if (!parts.pool) {
          throw new ApiError('SERVER_NOT_RUNNING', 'Workers run only while the server runs.', {
            fix: 'Start it with "clawforce serve" or "npm start".',
          });
        }
        const { tail = 200 } = query as { tail?: number };
        const stream = startEventStream(response, signal);
        const lines = workerLines(parts, agent, { tail, follow: true, signal });
        const forget = parts.feed.subscribe(agent.id, (item) => {
          if (item.kind === 'removed' || isLost(item, caller)) stream.end();
        });
        try {
          for await (const line of lines) stream.send('line', line);
        } finally {
          forget();
          stream.end();
        }
        return { streamed: true };
      },
    },
  ];
}

/** Whether the item says that the agent was given to somebody else: it is no longer this caller's to watch. */
function isLost(item: FeedItem, caller: Caller): boolean {
  return item.kind === 'status' && !mayUse(caller, 'log:read', item.agent);
}

/** Lines of the agent's present or last worker; what was kept of them where the pool knows of none, as after a restart. */
async function* workerLines(
  { pool, files }: LogRouteParts,
  { id: agentId, generation }: AgentRecord,
  options: LogOptions & { readonly tail: number },
): AsyncGenerator<LogLine> {
  try {
    if (pool) {
      yield* pool.logs({ agentId, generation }, options);
      return;
    }
  } catch (error) {
    if (!(error instanceof PoolError && error.code === 'NOT_FOUND')) throw error;
  }
  yield* await readWorkerLog(files, agentId, options.tail);
}

async function streamActivity(parts: LogRouteParts, context: RouteContext): Promise<void> {
  const { agent, request, response, signal } = context;
  const query = context.query as { after?: number; tail?: number; follow?: boolean };
  const header = Number(request.headers['last-event-id']);
  const after = Number.isSafeInteger(header) && header > 0 ? header : query.after;

  const stream = startEventStream(response, signal);
  // Subscribed before the backlog is read, so that nothing falls in between; the cursor drops what comes twice.
  let cursor = 0;
  let live = false;
  const early: StoredEvent[] = [];
  const sendEvent = (event: StoredEvent): void => {
    if (event.id <= cursor) return;
    cursor = event.id;
    stream.send('activity', activityView(event), event.id);
  };
  const unsubscribe = parts.feed.subscribe(agent.id, (item) => {
    switch (item.kind) {
      case 'event':
        if (live) sendEvent(item.event);
        else early.push(item.event);
        break;
      case 'delta':
        stream.send('delta', item.delta);
        break;
      case 'status':
        if (isLost(item, context.caller)) stream.end();
        else
          parts.agents.view(item.agent).then(
            (view) => stream.send('status', view),
            () => stream.end(),
          );
        break;
      case 'message':
        stream.send('message', messageView(item.message));
        break;
      case 'removed':
        stream.end();
        break;
    }
  });
  signal.addEventListener('abort', unsubscribe, { once: true });
  try {
    await sendBacklog(parts, agent.id, after, query.tail ?? 100, stream, sendEvent);
    for (const event of early) sendEvent(event);
    live = true;
    if (query.follow === false) stream.end();
  } catch (error) {
    unsubscribe();
    stream.end();
    throw error;
  }
}

async function sendBacklog(
  { storage }: LogRouteParts,
  agentId: string,
  after: number | undefined,
  tail: number,
  stream: EventStream,
  sendEvent: (event: StoredEvent) => void,
): Promise<void> {
  if (after === undefined) {
    if (tail > 0) for (const event of await storage.events.tail(agentId, tail)) sendEvent(event);
    return;
  }
  for (let cursor = after; !stream.closed;) {
    const events = await storage.events.after(agentId, cursor, 200);
    for (const event of events) sendEvent(event);
    const last = events.at(-1);
    if (!last || events.length < 200) return;
    cursor = last.id;
  }
}
