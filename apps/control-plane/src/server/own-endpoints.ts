import { isIP } from 'node:net';
import type { OwnEndpoint } from '../egress/web-policy.js';
import type { Settings } from '../settings/index.js';
import { parseDatabaseUrl } from '../storage/database/database-url.js';

/**
 * What no agent reaches: the listener on every address of this host, the public URL and the database where that has an
 * address. A unix socket has none.
 */
export function ownEndpoints(
  { publicUrl, databaseUrl }: Pick<Settings, 'publicUrl' | 'databaseUrl'>,
  port: number,
): OwnEndpoint[] {
  const endpoints: OwnEndpoint[] = [{ port }];
  if (publicUrl !== undefined) {
    const { hostname, port: given, protocol } = new URL(publicUrl);
    endpoints.push(
      endpoint(hostname.replace(/^\[|\]$/g, ''), Number(given) || (protocol === 'https:' ? 443 : 80)),
    );
  }
  const database = parseDatabaseUrl(databaseUrl);
  if (database.provider === 'postgresql' && database.endpoint) {
    endpoints.push(endpoint(database.endpoint.host, database.endpoint.port));
  }
  return endpoints;
}

function endpoint(host: string, port: number): OwnEndpoint {
  return isIP(host) === 0 ? { host, port } : { address: host, port };
}
