import type { BaseImageOptions } from './base-image.mjs';

/** How {@link ensureWorkerImage} works. */
export interface WorkerImageOptions extends Pick<BaseImageOptions, 'docker' | 'say'> {
  /** An image with Node; default: the base image of this host, else the Dockerfile's own from a registry. */
  readonly base?: string;
  /** Have the native programs compiled in the Dockerfile's own stage, also where this host has them. */
  readonly compile?: boolean;
}

/**
 * Builds the worker image from what is installed and built here, and gives its tag. The tag holds the hash of
 * everything that goes in, so an image that is there already is used again.
 */
export function ensureWorkerImage(options?: WorkerImageOptions): Promise<string>;
