import type { MessageService } from '../../messages/message-service.js';
import type { MessageRecord } from '../../storage/messages/message-store.js';
import type { Storage } from '../../storage/storage.js';
import { ApiError } from '../../errors/api-error.js';
import { ref } from '../components.js';
import type { Route } from '../route.js';
import { object, page, pageQuery, type } from '../schemas.js';

const SESSION_KEY = { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9:._@+/-]{0,127}$' };
/** Session of messages that name none. */
export const DEFAULT_SESSION = 'cli:direct';

/** A message as the API shows it. */
export function messageView(message: MessageRecord): Record<string, unknown> {
  return {
    id: message.id,
    session_key: message.sessionKey,
    state: message.state,
    text: message.text,
    error: message.error,
    result: message.result,
    created_at: message.createdAt.toISOString(),
  };
}

function whileRunning(messages: MessageService | undefined): MessageService {
  if (messages) return messages;
  throw new ApiError('SERVER_NOT_RUNNING', 'Agents run only while the server runs.', {
    fix: 'Start it with "clawforce serve" or "npm start".',
  });
}

/** Routes that send messages and read sessions. */
export function messageRoutes({
  storage,
  messages,
}: {
  readonly storage: Storage;
  readonly messages: MessageService | undefined;
}): Route[] {
  return [
    {
      method: 'post',
      path: '/api/agents/{id}/messages',
      tag: 'messages',
      summary: 'Sends a message; the answer appears in the activity stream and in the message itself.',
      access: { action: 'agent:message', on: 'agent' },
      body: object({ text: { type: 'string', minLength: 1 }, session_key: SESSION_KEY }, ['session_key']),
      // Room for the longest message in any encoding; the service counts characters.
      bodyLimit: 2 * 1024 * 1024,
      responses: { 202: { description: 'The message, on its way.', schema: ref('Message') } },
      errors: ['AGENT_NOT_RUNNING', 'MESSAGE_TOO_LARGE', 'PAYLOAD_TOO_LARGE'],
      handle: async ({ agent, body, caller }) => {
        const { text, session_key: sessionKey = DEFAULT_SESSION } = body as {
          text: string;
          session_key?: string;
        };
        const message = await whileRunning(messages).send(agent.id, {
          text,
          sessionKey,
          actor: `user:${caller.userId}`,
          channel: sessionKey.split(':', 1)[0] ?? 'api',
          chatId: sessionKey.slice(sessionKey.indexOf(':') + 1),
        });
        return { status: 202, json: messageView(message) };
      },
    },
    {
      method: 'post',
      path: '/api/agents/{id}/cancel',
      tag: 'messages',
      summary: 'Ends the turn that a session of the agent is in.',
      access: { action: 'agent:message', on: 'agent' },
      body: object({ session_key: SESSION_KEY }, ['session_key']),
      responses: {
        200: {
          description: 'Whether there was a turn to end.',
          schema: object({ cancelled: type('boolean') }),
        },
      },
      errors: ['AGENT_NOT_RUNNING', 'AGENT_TIMEOUT', 'SERVER_NOT_RUNNING', 'INTERRUPTED'],
      handle: async ({ agent, body }) => {
        const { session_key: sessionKey = DEFAULT_SESSION } = body as { session_key?: string };
        return { json: { cancelled: await whileRunning(messages).cancel(agent.id, sessionKey) } };
      },
    },
    {
      method: 'get',
      path: '/api/agents/{id}/messages',
      tag: 'messages',
      summary: 'Lists messages and where they stand, newest first.',
      access: { action: 'agent:read', on: 'agent' },
      query: { properties: { ...pageQuery, session_key: SESSION_KEY } },
      responses: { 200: { description: 'One page.', schema: page(ref('Message')) } },
      errors: ['CURSOR_INVALID'],
      handle: async ({ agent, query }) => {
        const { session_key: sessionKey, ...request } = query as {
          session_key?: string;
          limit?: number;
          cursor?: string;
        };
        const found = await storage.messages.list(agent.id, {
          ...request,
          ...(sessionKey ? { sessionKey } : {}),
        });
        return { json: { ...found, items: found.items.map(messageView) } };
      },
    },
    {
      method: 'get',
      path: '/api/agents/{id}/messages/{message_id}',
      tag: 'messages',
      summary: 'Gives one message.',
      access: { action: 'agent:read', on: 'agent' },
      responses: { 200: { description: 'The message.', schema: ref('Message') } },
      handle: async ({ agent, params }) => {
        const message = await storage.messages.get(params['message_id'] ?? '');
        if (message?.agentId !== agent.id) throw new ApiError('NOT_FOUND', 'There is no such message.');
        return { json: messageView(message) };
      },
    },
    {
      method: 'get',
      path: '/api/agents/{id}/sessions',
      tag: 'sessions',
      summary: 'Lists the conversations of an agent, the latest first.',
      access: { action: 'session:read', on: 'agent' },
      responses: {
        200: {
          description: 'The sessions.',
          schema: page(ref('ChatSession')),
        },
      },
      handle: async ({ agent }) => ({
        json: {
          items: (await storage.events.sessions(agent.id)).map(({ sessionKey, entries, lastAt }) => ({
            session_key: sessionKey,
            entries,
            last_at: lastAt.toISOString(),
          })),
        },
      }),
    },
    {
      method: 'get',
      path: '/api/agents/{id}/sessions/{key*}',
      tag: 'sessions',
      summary: 'Gives the last entries of a conversation, oldest first.',
      access: { action: 'session:read', on: 'agent' },
      query: { properties: { limit: { type: 'integer', minimum: 1, maximum: 1000 } } },
      responses: { 200: { description: 'The entries.', schema: page(ref('SessionEntry')) } },
      handle: async ({ agent, params, query }) => ({
        json: {
          items: await storage.events.history(
            agent.id,
            params['key'] ?? '',
            (query as { limit?: number }).limit,
          ),
        },
      }),
    },
  ];
}
