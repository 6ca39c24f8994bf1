import { PoolError } from '@clawforce/pool-core';
import { isAbsolute, posix } from 'node:path';

/** A directory that the control plane sees at one path and the engine's host at another. */
export interface HostPathMapping {
  /** Absolute path in the control plane's own view. */
  readonly from: string;
  /** Absolute path on the engine's host. */
  readonly to: string;
}

const clean = (path: string): string => {
  const normal = posix.normalize(path);
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal;
};

/**
 * Gives a function from a path as the control plane sees it to the path on the engine's host; the longest matching
 * mapping wins. A path outside of every mapping is refused: a bind of it would show the engine's directory of that
 * name, which is another one.
 *
 * @throws TypeError naming a mapping that is not absolute.
 */
export function hostPathMapper(mappings: readonly HostPathMapping[]): (path: string) => string {
  const table = mappings
    .map(({ from, to }) => {
      if (!isAbsolute(from) || !isAbsolute(to)) throw new TypeError('mappings: expected absolute paths');
      return { from: clean(from), to: clean(to) };
    })
    .sort((left, right) => right.from.length - left.from.length);
  return (path) => {
    const wanted = clean(path);
    const hit = table.find(
      ({ from }) => wanted === from || wanted.startsWith(from === '/' ? '/' : `${from}/`),
    );
    if (!hit) {
      throw new PoolError('SPEC_INVALID', `${path} is on no volume of this container`, {
        key: 'AGENT_STORAGE_HOST_PATH',
        fix: 'mount the storage root and the runtime directory, or set AGENT_STORAGE_HOST_PATH and AGENT_RUNTIME_HOST_PATH',
      });
    }
    return posix.join(hit.to, wanted.slice(hit.from === '/' ? 0 : hit.from.length));
  };
}
