import type { WorkerImageOptions } from './worker-image.mjs';

/** Builds the control plane's image from what is installed and built here, and gives its tag. */
export function ensureControlPlaneImage(options?: WorkerImageOptions): Promise<string>;
