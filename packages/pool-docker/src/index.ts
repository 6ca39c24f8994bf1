export { DockerPool } from './docker-pool.js';
export type { DockerPoolOptions } from './options.js';
export { detectHostPaths } from './own-container.js';
export type { DetectHostPathsOptions, HostPaths } from './own-container.js';
export { hostPathMapper } from './host-path.js';
export type { HostPathMapping } from './host-path.js';
export type { PullProgress } from './worker-image.js';
export { SECCOMP_JSON, SECCOMP_PROFILE } from './seccomp-profile.js';
