import type { Dispatcher } from 'undici';

type GivenHeaders = Dispatcher.DispatchOptions['headers'];

/** Meant for one hop only (RFC 9110 section 7.6.1), or for a proxy that the caller does not know of. */
const ONE_HOP: ReadonlySet<string> = new Set(['proxy-authorization', 'proxy-connection', 'te', 'trailer']);
const none: ReadonlySet<string> = new Set();

/** Gives the names that the values of Connection headers make hop-by-hop, lower case. */
export function namedByConnection(values: readonly unknown[]): ReadonlySet<string> {
  return new Set(
    values.flatMap((value) =>
      String(value)
        .toLowerCase()
        .split(/[\s,]+/),
    ),
  );
}

/**
 * Gives the headers without those that are not for the origin, as a list that cannot change between being judged and
 * being sent; the very same list or object when there is nothing to leave out.
 *
 * @throws Error for what is no list of headers.
 */
export function endToEndHeaders(headers: GivenHeaders): Exclude<GivenHeaders, Iterable<unknown>> | string[] {
  if (headers === undefined || headers === null) return headers;
  const given: unknown = headers;
  if (Array.isArray(given)) return withoutOneHop(given as string[]) as string[];
  if (typeof given !== 'object' || given === null) throw new Error('headers must be an object or a list');
  if (Symbol.iterator in given) return withoutOneHop(flat(given as Iterable<unknown>)) as string[];
  const fields = given as Readonly<Record<string, unknown>>;
  const names = Object.keys(fields);
  if (!names.some(isSuspect)) return headers as Exclude<GivenHeaders, Iterable<unknown>>;
  return withoutOneHop(
    names.flatMap((name) => (fields[name] === undefined ? [] : [name, fields[name]])),
  ) as string[];
}

/** Tells by the length first, so that nothing is allocated for the headers of every day. */
function isSuspect(name: unknown): boolean {
  if (typeof name !== 'string') return false;
  const { length } = name;
  if (length !== 2 && length !== 7 && length !== 10 && length !== 16 && length !== 19) return false;
  const lower = name.toLowerCase();
  return lower === 'connection' || ONE_HOP.has(lower);
}

function withoutOneHop(list: readonly unknown[]): readonly unknown[] {
  let suspect = false;
  for (let i = 0; i < list.length && !suspect; i += 2) suspect = isSuspect(list[i]);
  if (!suspect) return list;
  const values = list.filter((_, i) => i % 2 === 1 && String(list[i - 1]).toLowerCase() === 'connection');
  const named = values.length === 0 ? none : namedByConnection(values);
  return list.filter((_, i) => {
    const name = String(list[i - (i % 2)]).toLowerCase();
    return !ONE_HOP.has(name) && !named.has(name);
  });
}

function flat(entries: Iterable<unknown>): unknown[] {
  const list: unknown[] = [];
  for (const entry of entries) {
    if (!Array.isArray(entry) || entry.length !== 2)
      throw new Error('headers must be pairs of name and value');
    const [name, value] = entry as [unknown, unknown];
    if (value !== undefined) list.push(Array.isArray(name) ? String(name) : name, value);
  }
  return list;
}
