import type { ToolService } from '../../agents/tool-service.js';
import { ref } from '../components.js';
import type { Route } from '../route.js';
import { object, type } from '../schemas.js';

const args = { type: 'object', maxProperties: 100 };

/** Routes with which an operator uses an agent's tools through its gate, or only asks the gate. */
export function toolRoutes({ tools }: { readonly tools: ToolService }): Route[] {
  return [
    {
      method: 'post',
      path: '/api/agents/{id}/tools/{tool}',
      tag: 'tools',
      summary: 'Runs one tool of the agent through its gate.',
      access: { action: 'tool:run', on: 'agent' },
      body: object({ args }, ['args']),
      bodyLimit: 4 * 1024 * 1024,
      responses: {
        200: {
          description: 'What came of it; a refused call has `status` "denied" and the decision.',
          schema: object({
            status: { enum: ['ok', 'error', 'denied'] },
            output: type('string'),
            record: ref('GateRecord'),
          }),
        },
      },
      errors: ['AGENT_NOT_RUNNING', 'AGENT_TIMEOUT', 'INTERRUPTED', 'TURN_FAILED'],
      handle: async ({ agent, params, body, caller, signal }) => {
        const { args: given = {} } = body as { args?: Record<string, unknown> };
        const run = await tools.run(agent, params['tool'] ?? '', given, `user:${caller.userId}`, signal);
        return { json: { status: run.status, output: run.output, record: run.record } };
      },
    },
    {
      method: 'post',
      path: '/api/agents/{id}/policy/test',
      tag: 'tools',
      summary: 'Asks the gate about a tool call without running it.',
      access: { action: 'policy:test', on: 'agent' },
      body: object({ tool: { type: 'string', minLength: 1, maxLength: 128 }, args }, ['args']),
      bodyLimit: 1024 * 1024,
      responses: {
        200: {
          description: 'The decision, and who judged.',
          schema: object({ decision: ref('Decision'), judged_by: { enum: ['worker', 'control-plane'] } }),
        },
      },
      errors: ['AGENT_TIMEOUT', 'TURN_FAILED'],
      handle: async ({ agent, body, caller, signal }) => {
        const { tool, args: given = {} } = body as { tool: string; args?: Record<string, unknown> };
        const { decision, judgedBy } = await tools.test(agent, tool, given, `user:${caller.userId}`, signal);
        return { json: { decision, judged_by: judgedBy } };
      },
    },
  ];
}
