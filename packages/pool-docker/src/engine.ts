import { PoolError } from '@clawforce/pool-core';
import Docker from 'dockerode';
import type { EngineEndpoint } from './engine-endpoint.js';

const NOT_THERE: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  'ENOTSOCK',
  'ETIMEDOUT',
]);

/** Gives the HTTP status of an engine's refusal, or `undefined` when the error is no answer of the engine. */
export function statusOf(error: unknown): number | undefined {
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' ? status : undefined;
}

/** Gives the engine's own sentence about a failure, without dockerode's prefix, on one line. */
export function sentenceOf(error: unknown): string {
  const answer = (error as { json?: { message?: unknown } } | null)?.json?.message;
  const text = typeof answer === 'string' ? answer : error instanceof Error ? error.message : String(error);
  return text.replace(/\s+/g, ' ').trim();
}

/** A connection to one engine: errors come back as `PoolError` where the engine is not there. */
export class Engine {
  readonly endpoint: EngineEndpoint;
  /** For requests that the engine answers at once; bounded by `timeoutMs`. */
  readonly #quick: Docker;
  /** For streams and waits, which may be silent for hours. */
  readonly #patient: Docker;

  constructor(endpoint: EngineEndpoint, timeoutMs: number) {
    this.endpoint = endpoint;
    const { socketPath } = endpoint;
    this.#quick = new Docker({ socketPath, protocol: 'http', timeout: timeoutMs });
    this.#patient = new Docker({ socketPath, protocol: 'http' });
  }

  /** Asks something that is answered soon. @throws PoolError `BACKEND_UNAVAILABLE` when nobody answers. */
  ask<T>(question: (docker: Docker) => Promise<T>): Promise<T> {
    return this.#guard(() => question(this.#quick));
  }

  /** Asks something whose answer may take long. @throws PoolError `BACKEND_UNAVAILABLE` when nobody answers. */
  follow<T>(question: (docker: Docker) => Promise<T>): Promise<T> {
    return this.#guard(() => question(this.#patient));
  }

  async #guard<T>(question: () => Promise<T>): Promise<T> {
    try {
      return await question();
    } catch (error) {
      throw this.#translate(error);
    }
  }

  #translate(error: unknown): unknown {
    if (statusOf(error) !== undefined) return error;
    const { code } = error as NodeJS.ErrnoException;
    const { socketPath } = this.endpoint;
    if (code === 'EACCES' || code === 'EPERM') {
      return new PoolError('BACKEND_UNAVAILABLE', `no permission for the Docker engine at ${socketPath}`, {
        key: 'DOCKER_HOST',
        fix: 'run as root or join the group docker',
        cause: error,
      });
    }
    const silent = error instanceof Error && /socket hang up|timeout/i.test(error.message);
    if ((code !== undefined && NOT_THERE.has(code)) || silent) {
      return new PoolError('BACKEND_UNAVAILABLE', `no Docker engine answers at ${socketPath}`, {
        key: 'DOCKER_HOST',
        fix: 'install and start Docker, or set DOCKER_HOST to its socket',
        cause: error,
      });
    }
    return error;
  }
}
