import { StorageError } from '../storage-error.js';

/** Where the database is, taken apart once. */
export type DatabaseLocation =
  | { readonly provider: 'sqlite'; readonly file: string }
  | {
      readonly provider: 'postgresql';
      /** Address without the `schema` parameter, which the driver does not know. */
      readonly connectionString: string;
      readonly schema: string;
    };

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
  return { provider: 'postgresql', connectionString: parsed.toString(), schema };
}
