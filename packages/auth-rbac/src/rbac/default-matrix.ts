import type { AccessMatrix, ActionRule, Grant } from './access-matrix.js';

const action = (on: string, summary: string): ActionRule => Object.freeze({ on, summary });

/** Every action of the product. One table: routes, sockets and command-line verbs take their action names from here. */
const actions = Object.freeze({
  'account:read': action('none', 'Read the own account.'),
  'account:update': action(
    'none',
    'Change the own password, give it again, end own sessions, draw a socket ticket.',
  ),
  'agent:list': action('none', 'List agents; the scope says which.'),
  'agent:create': action('none', 'Create an agent, which the creator then owns.'),
  'agent:read': action('agent', 'Read an agent, its status and its redacted configuration.'),
  'agent:update': action('agent', 'Change name and description.'),
  'agent:delete': action('agent', 'Delete an agent with its files.'),
  'agent:start': action('agent', 'Set the desired state to running.'),
  'agent:stop': action('agent', 'Set the desired state to stopped.'),
  'agent:message': action('agent', 'Send a message and cancel a turn.'),
  'agent:token': action('agent', 'Make a new agent token.'),
  'agent:reassign': action('agent', 'Give an agent to another owner.'),
  'config:read': action('agent', 'Read the redacted configuration.'),
  'config:write': action('agent', 'Change the configuration.'),
  'variable:read': action('agent', 'Read the names of variables.'),
  'variable:write': action('agent', 'Set variables.'),
  'workspace:read': action('agent', 'Read and list files.'),
  'workspace:write': action('agent', 'Write, move and remove files.'),
  'session:read': action('agent', 'Read chat sessions.'),
  'log:read': action('agent', 'Read and follow activity and process logs.'),
  'tool:run': action('agent', 'Run one tool through the gate.'),
  'policy:test': action('agent', 'Ask what policy would decide.'),
  'mcp:read': action('agent', 'List MCP servers and their tools.'),
  'approval:read': action('agent', 'See an approval request.'),
  'approval:decide': action('agent', 'Answer an approval request.'),
  'approval:list': action('none', 'List approval requests; the scope says which.'),
  'policy:except': action('agent', 'Admit addresses and ports that policy denies.'),
  'safety:loosen': action('agent', 'Switch off a safety switch of the configuration.'),
  'level:raise': action('agent', 'Raise the isolation level.'),
  'audit:read': action('none', 'Read audit rows; the scope says which.'),
  'audit:verify': action('none', 'Verify, prove and export the audit chain.'),
  'runtime:read': action('none', 'Read which runtime is active and what it enforces.'),
  'runtime:write': action('none', 'Switch the runtime.'),
  'drill:read': action('agent', 'Read the result of a drill.'),
  'drill:list': action('none', 'List drills; the scope says which.'),
  'drill:run': action('agent', 'Run a drill.'),
  'doctor:read': action('none', 'Read what the doctor finds on the host.'),
  'secret:rotate': action('none', 'Seal all secrets under a new master key.'),
  'user:manage': action(
    'none',
    'Create, list, change and reset users: command line and its socket only, never the public listener.',
  ),
});

/** The name of an action of the product. */
export type DefaultAction = keyof typeof actions;

/** The roles of the product (CONTRACT section 2). */
export type DefaultRole = 'superadmin' | 'admin' | 'viewer' | 'agent';

const everything = Object.fromEntries(Object.keys(actions).map((name) => [name, 'any' as const]));

const admin: Partial<Record<DefaultAction, Grant>> = {
  'account:read': 'own',
  'account:update': 'own',
  'agent:list': 'own',
  'agent:create': 'own',
  'agent:read': 'own',
  'agent:update': 'own',
  'agent:delete': 'own',
  'agent:start': 'own',
  'agent:stop': 'own',
  'agent:message': 'own',
  'agent:token': 'own',
  'config:read': 'own',
  'config:write': 'own',
  'variable:read': 'own',
  'variable:write': 'own',
  'workspace:read': 'own',
  'workspace:write': 'own',
  'session:read': 'own',
  'log:read': 'own',
  'tool:run': 'own',
  'policy:test': 'own',
  'mcp:read': 'own',
  'approval:read': 'own',
  'approval:decide': 'own',
  'approval:list': 'own',
  'audit:read': 'own',
  'runtime:read': 'any',
  'drill:read': 'own',
  'drill:list': 'own',
  'drill:run': 'own',
};

const viewer: Partial<Record<DefaultAction, Grant>> = {
  'account:read': 'own',
  'account:update': 'own',
  'agent:list': 'own',
  'agent:read': 'own',
  'config:read': 'own',
  'variable:read': 'own',
  'workspace:read': 'own',
  'session:read': 'own',
  'log:read': 'own',
  'policy:test': 'own',
  'mcp:read': 'own',
  'approval:read': 'own',
  'approval:list': 'own',
  'runtime:read': 'any',
  'drill:read': 'own',
  'drill:list': 'own',
};

/**
 * The product's matrix: a superadmin may do everything, an admin everything ordinary with the agents it owns and create
 * more, a viewer reads the agents it owns, an agent reaches nothing of the API. Unowned agents: superadmin only.
 */
export const defaultMatrix: AccessMatrix & { readonly actions: Readonly<Record<DefaultAction, ActionRule>> } =
  Object.freeze({
    actions,
    roles: Object.freeze({
      superadmin: Object.freeze(everything),
      admin: Object.freeze(admin as Record<string, Grant>),
      viewer: Object.freeze(viewer as Record<string, Grant>),
      agent: Object.freeze({}),
    }),
    visibility: Object.freeze({ agent: 'agent:read' }),
  });
