import { isIP } from 'node:net';
import pg from 'pg';
import { StorageError } from '../storage-error.js';

/** Where the database is, taken apart once. */
export type DatabaseLocation =
  | { readonly provider: 'sqlite'; readonly file: string }
  | {
      readonly provider: 'postgresql';
      /** Address without the `schema` parameter, which the driver does not know. */
      readonly connectionString: string;
      readonly schema: string;
      /** Where the driver connects to; undefined for a unix socket. */
      readonly endpoint: DatabaseEndpoint | undefined;
    };

/** Name or address of a database server, without brackets, and its port. */
export interface DatabaseEndpoint {
  readonly host: string;
  readonly port: number;
}

const NAME = /^(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}\.?$/i;
/** The resolver reads these as an IPv4 address, in one of many spellings. */
const NUMBER = /(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)\.?$/i;

/**
 * Reads a database address: `file:` with an absolute path, or `postgresql:` with an optional `schema` parameter. Throws
 * `URL` for everything else; the message never repeats the address, which may hold a password.
 */
export function parseDatabaseUrl(url: string): DatabaseLocation {
  if (url.startsWith('file:')) {
    const file = url.slice('file:'.length).replace(/^\/\/(?=\/)/, '');
    if (!file.startsWith('/') || file.includes('?') || file.includes('#') || file.includes('\0')) {
      throw new StorageError('URL', 'a file: database address needs an absolute path without parameters');
    }
    return { provider: 'sqlite', file };
  }
  if (!/^postgres(ql)?:/.test(url)) {
    throw new StorageError('URL', 'the database address must begin with file: or postgresql:');
  }
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw new StorageError('URL', 'the postgresql: database address is not a URL');
  }
  const schema = parsed.searchParams.get('schema') ?? 'public';
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) {
    throw new StorageError(
      'URL',
      'the schema parameter of the database address must be a plain lower-case name',
    );
  }
  parsed.searchParams.delete('schema');
  const connectionString = parsed.toString();
  return { provider: 'postgresql', connectionString, schema, endpoint: endpointOf(connectionString) };
}

/**
 * Asked of the driver itself: it prefers `host` and `port` of the query to those before the path, and takes PGHOST and
 * PGPORT where both are missing. What is kept from agents must be what is connected to.
 */
function endpointOf(connectionString: string): DatabaseEndpoint | undefined {
  let client: pg.Client;
  try {
    client = new pg.Client({ connectionString });
  } catch (error) {
    throw new StorageError('URL', 'the database driver refuses the postgresql: address', { cause: error });
  }
  const { host, port } = client;
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new StorageError('URL', 'the port of the database address must be a number from 1 to 65535');
  }
  if (host.startsWith('/')) return undefined;
  const isAddress = isIP(host) !== 0 && !host.includes('%');
  if (!isAddress && (!NAME.test(host) || NUMBER.test(host))) {
    throw new StorageError(
      'URL',
      'the host of the database address must be a name, an IP address or the directory of a unix socket',
    );
  }
  return { host, port };
}
