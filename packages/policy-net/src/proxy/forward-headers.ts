/** Meant for one connection only (RFC 9110 section 7.6.1), or written anew by the proxy. */
const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'expect',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Framing and routing: a Connection header that names them must not take them away (request smuggling). */
const neverNominated: ReadonlySet<string> = new Set(['content-length', 'host', 'via']);

/** Gives header pairs (name, value, name, value, ...) without those that end at this hop. */
export function endToEnd(raw: readonly string[], alsoDrop: readonly string[] = []): string[] {
  const dropped = new Set([...hopByHop, ...alsoDrop]);
  for (let i = 0; i + 1 < raw.length; i += 2) {
    if (raw[i]?.toLowerCase() !== 'connection') continue;
    for (const option of (raw[i + 1] ?? '').split(',')) {
      const name = option.trim().toLowerCase();
      if (!neverNominated.has(name)) dropped.add(name);
    }
  }
  const kept: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const [name = '', value = ''] = [raw[i], raw[i + 1]];
    if (!dropped.has(name.toLowerCase())) kept.push(name, value);
  }
  return kept;
}

/** Gives all values of a header. */
export function headerValues(raw: readonly string[], name: string): readonly string[] {
  return raw.filter((_, i) => i % 2 === 1 && raw[i - 1]?.toLowerCase() === name);
}

/** Gives the headers of a forwarded request: Host from the target, one framing, one hop in Via. */
export function requestHeaders(
  raw: readonly string[],
  method: string,
  authority: string,
  via: string,
): string[] {
  const headers = ['Host', authority, ...endToEnd(raw, ['host'])];
  if (headerValues(raw, 'transfer-encoding').length > 0) headers.push('Transfer-Encoding', 'chunked');
  else if (headerValues(raw, 'content-length').length === 0 && /^(?:POST|PUT|PATCH)$/.test(method)) {
    headers.push('Content-Length', '0');
  }
  headers.push('Via', via, 'Connection', 'close');
  return headers;
}
