import { visibleTo, type AgentService } from '../../agents/agent-service.js';
import { explainUnsafe, type UnsafeSetting, type UnsafeSettings } from '../../config/unsafe-settings.js';
import type { RefusalBook } from '../../events/refusal-book.js';
import type { AgentRecord, AgentVisibility } from '../../storage/agents/agent-store.js';
import type { Storage } from '../../storage/storage.js';
import { ref } from '../components.js';
import type { Route } from '../route.js';

/** What the page "Now" is made of. */
export interface NowRouteParts {
  readonly storage: Storage;
  readonly agents: AgentService;
  readonly refusals: RefusalBook;
  readonly unsafe: UnsafeSettings;
  /** Settings of this server that take protection away. */
  readonly serverUnsafe: () => readonly UnsafeSetting[];
}

/** Most agents of a status, and refusals, that one answer lists; the numbers count all. */
const MAX_LISTED = 100;
const MAX_RULES = 20;

/** The route that answers "what needs me?". */
export function nowRoutes({ storage, agents, refusals, unsafe, serverUnsafe }: NowRouteParts): Route[] {
  return [
    {
      method: 'get',
      path: '/api/now',
      tag: 'agents',
      summary:
        'Says what needs attention: failed and disconnected agents, refusals of the last hour, unsafe settings.',
      access: { action: 'agent:list' },
      responses: { 200: { description: 'What there is at this moment.', schema: ref('Now') } },
      handle: async ({ caller }) => {
        const visible = visibleTo(caller);
        const inStatus = async (status: 'failed' | 'disconnected'): Promise<unknown> =>
          (await agents.list(caller, { status: [status], limit: MAX_LISTED })).items;
        const all = await everyAgent(storage, visible);
        return {
          json: {
            agents: await storage.agents.countByStatus(visible),
            failed: await inStatus('failed'),
            disconnected: await inStatus('disconnected'),
            refusals: refusalsOf(all, refusals),
            unsafe: [
              ...serverUnsafe().map((setting) => ({ scope: 'server', ...setting })),
              ...(await unsafeOf(all, unsafe)),
            ],
          },
        };
      },
    },
  ];
}

async function everyAgent(storage: Storage, visible: AgentVisibility): Promise<AgentRecord[]> {
  const found: AgentRecord[] = [];
  let cursor: string | undefined;
  do {
    const page = await storage.agents.list(visible, { limit: 200, ...(cursor ? { cursor } : {}) });
    found.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor !== undefined);
  return found;
}

function refusalsOf(agents: readonly AgentRecord[], book: RefusalBook): Record<string, unknown> {
  const rules = new Map<string, number>();
  const kept = agents.flatMap(({ id, name }) =>
    book.recent(id).map((refusal) => {
      rules.set(refusal.rule, (rules.get(refusal.rule) ?? 0) + 1);
      return { agent_id: id, agent_name: name, ...refusal };
    }),
  );
  return {
    total: agents.reduce((sum, { id }) => sum + book.count(id), 0),
    items: kept.toSorted((a, b) => b.time.localeCompare(a.time)).slice(0, MAX_LISTED),
    counted: kept.length,
    rules: rules.size,
    by_rule: [...rules]
      .map(([rule, count]) => ({ rule, count }))
      .sort((a, b) => b.count - a.count)
      .slice(0, MAX_RULES),
  };
}

async function unsafeOf(agents: readonly AgentRecord[], unsafe: UnsafeSettings): Promise<unknown[]> {
  const settings = await unsafe.of(agents.map(({ id }) => id));
  return agents.flatMap(({ id, name }) =>
    (settings.get(id) ?? []).flatMap((setting) => {
      const explained = explainUnsafe(setting);
      return explained ? [{ scope: 'agent', agent_id: id, agent_name: name, ...explained }] : [];
    }),
  );
}
