import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { AddressInfo } from 'node:net';

/** A server on loopback that speaks the wire protocol of OpenAI's chat completions. */
export interface ModelServer {
  /** For `api_base`. */
  readonly url: string;
  /** The credentials of each request so far. */
  readonly authorizations: readonly string[];
  /** The conversation of each request so far. */
  readonly conversations: readonly (readonly { readonly role: string; readonly content: string }[])[];
  close(): Promise<void>;
}

/** Starts one; it answers every question with this text, or as the function does. */
export async function startModelServer(
  answer: string | ((response: ServerResponse) => void) = 'Understood.',
): Promise<ModelServer> {
  const authorizations: string[] = [];
  const conversations: { role: string; content: string }[][] = [];
  const server = createServer((request, response) => {
    authorizations.push(request.headers.authorization ?? '');
    void text(request).then((body) => {
      conversations.push((JSON.parse(body) as { messages: { role: string; content: string }[] }).messages);
      if (typeof answer === 'string') say(response, answer);
      else answer(response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    authorizations,
    conversations,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function say(response: ServerResponse, answer: string): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const chunk = (choice: object): string =>
    `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, ...choice }] })}\n\n`;
  response.write(chunk({ delta: { role: 'assistant', content: answer } }));
  response.end(`${chunk({ delta: {}, finish_reason: 'stop' })}data: [DONE]\n\n`);
}
