import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server on loopback that speaks the wire protocol of OpenAI's chat completions. */
export interface ModelServer {
  /** For `api_base`. */
  readonly url: string;
  /** The credentials of each request so far. */
  readonly authorizations: readonly string[];
  close(): Promise<void>;
}

/** Starts one; it answers every question with `answer`. */
export async function startModelServer(answer = 'Understood.'): Promise<ModelServer> {
  const authorizations: string[] = [];
  const server = createServer((request, response) => {
    authorizations.push(request.headers.authorization ?? '');
    request.resume();
    request.once('end', () => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const chunk = (choice: object): string =>
        `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, ...choice }] })}\n\n`;
      response.write(chunk({ delta: { role: 'assistant', content: answer } }));
      response.end(`${chunk({ delta: {}, finish_reason: 'stop' })}data: [DONE]\n\n`);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    authorizations,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
