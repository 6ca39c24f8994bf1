import { once } from 'node:events';
import { createServer, request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';

const ENGINE = '/var/run/docker.sock';

/** The settings of a container, as an engine is asked for them. */
export type HostConfig = Readonly<Record<string, unknown>>;

/** An engine that creates workers weaker than it is asked to. */
export interface WeakeningEngine {
  /** As `DOCKER_HOST`. */
  readonly address: string;
  /** How many workers it has weakened. */
  readonly weakened: () => number;
  close(): Promise<void>;
}

/**
 * Stands before the real engine at a socket of its own and passes everything on as it is, but for the creation of
 * workers: they get `changes` instead of what the pool wants. No part of the product can weaken, so the engine does.
 */
export async function openWeakeningEngine(path: string, changes: HostConfig): Promise<WeakeningEngine> {
  let weakened = 0;
  const weaken = (text: string): string => {
    const asked = JSON.parse(text) as { Labels?: object; HostConfig?: HostConfig };
    if (!('clawforce.agent' in (asked.Labels ?? {}))) return text;
    weakened += 1;
    return JSON.stringify({ ...asked, HostConfig: { ...asked.HostConfig, ...changes } });
  };
  // dockerode repeats a whole request in the query of its URL.
  const server = createServer({ maxHeaderSize: 2 ** 20 }, (asked, answer) => {
    const { method, url = '' } = asked;
    const pass = (body?: string): void => {
      const headers = { ...asked.headers };
      if (body !== undefined) headers['content-length'] = String(Buffer.byteLength(body));
      const onward = request({ socketPath: ENGINE, method, path: url, headers }, (given) => {
        answer.writeHead(given.statusCode ?? 502, given.headers);
        // Who follows events waits for the head before the first one comes.
        answer.flushHeaders();
        given.pipe(answer);
      });
      onward.on('error', () => answer.destroy());
      answer.on('close', () => onward.destroy());
      if (body === undefined) asked.pipe(onward);
      else onward.end(body);
    };
    if (!/\/containers\/create\b/.test(url)) pass();
    else void textOf(asked).then((text) => pass(weaken(text)));
  });
  // What is executed in a container talks over a connection that stops to be HTTP.
  server.on('upgrade', (asked: IncomingMessage, socket, head: Buffer) => {
    const engine = connect(ENGINE);
    const lines = asked.rawHeaders.flatMap((name, index, all) =>
      index % 2 === 0 ? [`${name}: ${all[index + 1] ?? ''}`] : [],
    );
    engine.write(`${asked.method ?? ''} ${asked.url ?? ''} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
    engine.write(head);
    engine.pipe(socket).pipe(engine);
    engine.on('error', () => socket.destroy());
    socket.on('error', () => engine.destroy());
  });
  server.listen(path);
  await once(server, 'listening');
  return {
    address: `unix://${path}`,
    weakened: () => weakened,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function textOf(stream: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += String(chunk);
  return text;
}
