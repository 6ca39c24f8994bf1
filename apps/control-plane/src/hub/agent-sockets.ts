import { createHash } from 'node:crypto';
import { chmod, chown, mkdir, open, rename, rm, unlink } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { SOCKET_NAMES } from '@clawforce/protocol';

/** The open sockets of one agent (ARCHITECTURE section 3): whoever reaches them is treated as that agent. */
export interface AgentSockets {
  /** Absolute path of the socket directory. */
  readonly directory: string;
  /** Leaves a join credential for the worker that starts next; replaces an earlier one. */
  writeJoin(secret: string): Promise<void>;
  /** Removes the join credential; called at the first hello. */
  removeJoin(): Promise<void>;
  /** Stops listening and removes the directory; with `keep` a worker that has it mounted finds it again. */
  close(options?: { readonly keep?: boolean }): Promise<void>;
}

/** What {@link openAgentSockets} takes. */
export interface AgentSocketsOptions {
  readonly runtimeDir: string;
  readonly agentId: string;
  /** Numeric owner of the worker, where it differs from the control plane's own. */
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
  /** Take the directory that is there: a running worker has it mounted, and a fresh one would be out of its sight. */
  readonly reuse?: boolean;
  /** A worker asks to upgrade on `link.sock`. */
  readonly onUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** The HTTP server behind `broker.sock`. */
  readonly broker: Server;
  /** Listens at the path of `egress.sock`; gives what ends it. */
  readonly egress: (path: string) => Promise<() => Promise<void>>;
}

/** Longest path a unix socket address may have, without its final NUL (sys/un.h has 108 bytes on Linux, 104 on macOS). */
const MAX_SOCKET_PATH = 103;

/** One worker has one link, and a second one while it reconnects. */
const MAX_LINK_CONNECTIONS = 16;

/**
 * Gives the path of an agent's socket directory.
 * @throws RangeError when the runtime directory leaves no room for a socket at all.
 */
export function socketDirectory(runtimeDir: string, agentId: string): string {
  const directory = join(runtimeDir, agentId);
  if (Buffer.byteLength(join(directory, SOCKET_NAMES.broker)) <= MAX_SOCKET_PATH) return directory;
  // A long runtime directory (a test's temporary one, a deep XDG_RUNTIME_DIR) leaves room for a digest of the id only.
  const short = join(runtimeDir, createHash('sha256').update(agentId).digest('hex').slice(0, 16));
  if (Buffer.byteLength(join(short, SOCKET_NAMES.broker)) > MAX_SOCKET_PATH) {
    throw new RangeError(`AGENT_RUNTIME_DIR is too long for a unix socket: ${runtimeDir}`);
  }
  return short;
}

/** Listens on an agent's sockets, in a fresh directory or in the one that is there. */
export async function openAgentSockets(options: AgentSocketsOptions): Promise<AgentSockets> {
  const directory = socketDirectory(options.runtimeDir, options.agentId);
  // Left-overs of an earlier run may only be sockets and a join file of ours: the parent is 0700 and ours.
  if (options.reuse) {
    for (const name of [SOCKET_NAMES.link, SOCKET_NAMES.broker, SOCKET_NAMES.egress])
      await rm(join(directory, name), { force: true });
  } else {
    await rm(directory, { recursive: true, force: true });
    await mkdir(directory, { mode: 0o750 });
    await chmod(directory, 0o750);
  }

  const link = createServer((_request, response) => {
    response
      .writeHead(426, { 'content-type': 'text/plain' })
      .end('This socket speaks the Clawforce link only.\n');
  });
  link.headersTimeout = 5_000;
  link.maxConnections = MAX_LINK_CONNECTIONS;
  link.on('upgrade', options.onUpgrade);
  const servers: readonly [Server, string][] = [
    [link, join(directory, SOCKET_NAMES.link)],
    [options.broker, join(directory, SOCKET_NAMES.broker)],
  ];
  let endEgress: (() => Promise<void>) | undefined;
  const close = async ({ keep = false } = {}): Promise<void> => {
    await Promise.all([...servers.map(([server]) => stopListening(server)), endEgress?.()]);
    if (!keep) await rm(directory, { recursive: true, force: true });
  };
  try {
    const egressPath = join(directory, SOCKET_NAMES.egress);
    endEgress = await options.egress(egressPath);
    for (const [server, path] of servers) await listen(server, path);
    for (const path of [egressPath, ...servers.map(([, at]) => at)]) {
      await chmod(path, 0o660);
      if (options.owner) await chown(path, options.owner.uid, options.owner.gid);
    }
    if (options.owner) await chown(directory, process.getuid?.() ?? 0, options.owner.gid);
  } catch (error) {
    await close();
    throw error;
  }

  const joinPath = join(directory, SOCKET_NAMES.join);
  return {
    directory,
    async writeJoin(secret) {
      const temporary = `${joinPath}.new`;
      await rm(temporary, { force: true });
      const file = await open(temporary, 'wx', 0o400);
      try {
        await file.writeFile(secret);
        if (options.owner) await file.chown(options.owner.uid, options.owner.gid);
      } finally {
        await file.close();
      }
      await rename(temporary, joinPath);
    },
    async removeJoin() {
      await unlink(joinPath).catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      });
    },
    close,
  };
}

async function listen(server: Server, path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function stopListening(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}
