import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { createServer, request as httpRequest, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { requires } from '../../../tools/host/host-test.js';
import { makeHarness, type DockerHarness } from './testing/make-harness.js';
import { rawEngine } from './testing/raw-engine.js';

const docker = requires('docker', 'root');

/** What an engine that does not share this host's files mounts in place of `source`. */
type Elsewhere = (source: string) => Promise<string>;

/** Stands between a pool and the real engine, as a virtual machine or another host does: paths mean something else there. */
async function engineOfAnotherHost(socketPath: string, elsewhere: Elsewhere): Promise<Server> {
  const server = createServer((incoming, outgoing) => {
    const answer = async (): Promise<void> => {
      const { method, url: path, headers } = incoming;
      const parts: Buffer[] = [];
      for await (const part of incoming as AsyncIterable<Buffer>) parts.push(part);
      let body = Buffer.concat(parts);
      if (/\/containers\/create/.test(path ?? '')) {
        const asked = JSON.parse(body.toString('utf8')) as {
          HostConfig: { Mounts?: { Source: string }[] };
        };
        for (const mount of asked.HostConfig.Mounts ?? []) mount.Source = await elsewhere(mount.Source);
        body = Buffer.from(JSON.stringify(asked));
      }
      const forwarded = { ...headers, 'content-length': String(body.length) };
      const upstream = httpRequest({ socketPath: '/var/run/docker.sock', method, path, headers: forwarded });
      upstream.on('error', () => outgoing.destroy());
      upstream.on('response', (response) => {
        outgoing.writeHead(response.statusCode ?? 502, response.headers);
        outgoing.flushHeaders();
        response.pipe(outgoing);
      });
      outgoing.on('close', () => upstream.destroy());
      upstream.end(body);
    };
    answer().catch(() => outgoing.destroy());
  });
  server.listen(socketPath);
  await once(server, 'listening');
  return server;
}

docker.describe('an engine that does not share the files of this host', () => {
  let directory: string;
  let proxy: Server;
  let harness: DockerHarness;

  beforeEach(async () => {
    directory = await realpath(await mkdtemp(join(tmpdir(), 'elsewhere-')));
  });
  afterEach(async () => {
    await harness.dispose();
    proxy.closeAllConnections();
    proxy.close();
    await rm(directory, { recursive: true, force: true });
  });

  const refusal = async (elsewhere: Elsewhere): Promise<string> => {
    const socket = join(directory, 'engine.sock');
    proxy = await engineOfAnotherHost(socket, elsewhere);
    harness = await makeHarness({ engine: `unix://${socket}` });
    const spec = await harness.spec({ agentId: 'remote', generation: 1, behaviour: 'idle' });
    const error: unknown = await harness.pool.start(spec).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      key: 'DOCKER_HOST',
      fix: expect.stringContaining('use a Docker engine of this host') as string,
    });
    await expect(harness.pool.prove()).rejects.toMatchObject({ code: 'BACKEND_UNAVAILABLE' });
    // Nothing was started, and nothing of the proof is left, there or here.
    expect(await harness.pool.list()).toEqual([]);
    const filters = JSON.stringify({ label: [`clawforce.proof=${harness.ownerId}`] });
    expect(await rawEngine.listContainers({ all: true, filters })).toEqual([]);
    expect(await readdir(join(harness.root, 'proof'))).toEqual([]);
    return (error as Error).message;
  };

  docker.test('is refused by name where the directory is another one', async () => {
    await mkdir(join(directory, 'empty'));
    expect(await refusal(() => Promise.resolve(join(directory, 'empty')))).toContain(
      "does not share this host's file system",
    );
  });

  docker.test('is refused where the path is not there at all', async () => {
    const gone = join(directory, 'not-there');
    expect(await refusal(() => Promise.resolve(gone))).toContain("cannot use this host's files");
  });

  docker.test('is refused where a copy of the files is there, but no socket', async () => {
    const copied = await refusal(async (source) => {
      const copy = await mkdtemp(join(directory, 'copy-'));
      await cp(join(source, 'nonce'), join(copy, 'nonce'));
      return copy;
    });
    expect(copied).toContain('shares files but no sockets');
  });

  docker.test('is refused where somebody else listens and another nonce is read', async () => {
    const impostor = createServer().on('connection', (socket) => socket.on('error', () => undefined).end());
    try {
      const answered = await refusal(async () => {
        const other = await mkdtemp(join(directory, 'other-'));
        await writeFile(join(other, 'nonce'), 'of another host');
        await new Promise<void>((resolve) =>
          impostor.close(() => resolve()).listen(join(other, 's'), resolve),
        );
        return other;
      });
      expect(answered).toContain("does not share this host's sockets");
    } finally {
      impostor.close();
    }
  });
});
