import { PoolError } from '@clawforce/pool-core';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { sentenceOf } from './engine.js';
import type { Engine } from './engine.js';
import { PROOF_LABEL, PROOF_PREFIX, removeProofLeftovers } from './proof-leftovers.js';

/** What {@link proveSharedHost} needs. */
export interface ProofRequest {
  readonly imageId: string;
  readonly ownerId: string;
  readonly proofDir: string;
  readonly hostPathOf: (path: string) => string;
}

const PROGRAM = `const { readFileSync } = require('fs');
const nonce = readFileSync('/proof/nonce', 'utf8');
const socket = require('net').connect('/proof/s', () => socket.end(nonce));
socket.on('error', () => process.exit(3));
socket.on('close', () => process.exit(0));
setTimeout(() => process.exit(3), 10000);`;

const WITHIN_MS = 60_000;

function listen(path: string): Promise<{ readonly server: Server; readonly heard: () => string }> {
  let heard = '';
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      if (heard.length < 1024) heard += chunk.toString('utf8');
    });
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => resolve({ server, heard: () => heard }));
  });
}

async function runProof(engine: Engine, request: ProofRequest, source: string): Promise<number> {
  const container = await engine.ask((docker) =>
    docker.createContainer({
      Image: request.imageId,
      Entrypoint: [],
      Cmd: ['node', '-e', PROGRAM],
      // Root without any capability: the directory belongs to this process, whoever that is.
      User: `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`,
      WorkingDir: '/',
      Labels: { [PROOF_LABEL]: request.ownerId },
      HostConfig: {
        NetworkMode: 'none',
        ReadonlyRootfs: true,
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges:true'],
        Memory: 256 * 1024 ** 2,
        MemorySwap: 256 * 1024 ** 2,
        PidsLimit: 64,
        LogConfig: { Type: 'json-file', Config: { 'max-size': '64k', 'max-file': '1' } },
        Mounts: [
          {
            Type: 'bind',
            Source: source,
            Target: '/proof',
            ReadOnly: true,
            BindOptions: { Propagation: 'rprivate' },
          },
        ],
      },
    }),
  );
  try {
    const limit = AbortSignal.timeout(WITHIN_MS);
    const ended = engine.follow(
      (docker) =>
        docker.getContainer(container.id).wait({ condition: 'next-exit', abortSignal: limit }) as Promise<{
          StatusCode: number;
        }>,
    );
    // Handled below; a refused start must not leave it without a handler.
    ended.catch(() => undefined);
    await engine.ask((docker) => docker.getContainer(container.id).start() as Promise<unknown>);
    return (await ended).StatusCode;
  } finally {
    await engine.ask(
      (docker) => docker.getContainer(container.id).remove({ force: true }) as Promise<unknown>,
    );
  }
}

/**
 * Proves with a throw-away container that the engine sees this host's files and that a container reaches a socket of
 * this process: what a worker needs. A remote engine, or one in a virtual machine, fails by name.
 *
 * @throws PoolError `BACKEND_UNAVAILABLE` with what did not work.
 */
export async function proveSharedHost(engine: Engine, request: ProofRequest): Promise<void> {
  await removeProofLeftovers(engine, request, WITHIN_MS);
  const nonce = randomBytes(24).toString('hex');
  const directory = await mkdtemp(join(request.proofDir, PROOF_PREFIX));
  const refusal = (what: string, cause?: unknown): PoolError =>
    new PoolError('BACKEND_UNAVAILABLE', `the engine at ${engine.endpoint.socketPath} ${what}`, {
      key: 'DOCKER_HOST',
      fix: 'use a Docker engine of this host; where the control plane runs in a container, mount its directories and set AGENT_STORAGE_HOST_PATH and AGENT_RUNTIME_HOST_PATH',
      cause,
    });
  try {
    await chmod(directory, 0o700);
    await writeFile(join(directory, 'nonce'), nonce, { mode: 0o600 });
    const { server, heard } = await listen(join(directory, 's'));
    try {
      const code = await runProof(engine, request, request.hostPathOf(directory)).catch((error: unknown) => {
        if (error instanceof PoolError) throw error;
        throw refusal(`cannot use this host's files: ${sentenceOf(error)}`, error);
      });
      if (code === 3)
        throw refusal('shares files but no sockets with this host, so a worker could not connect');
      if (code !== 0) throw refusal("does not share this host's file system");
      if (heard() !== nonce) {
        throw refusal("does not share this host's sockets");
      }
    } finally {
      await new Promise<void>((resolve) => server.close(() => resolve()));
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
