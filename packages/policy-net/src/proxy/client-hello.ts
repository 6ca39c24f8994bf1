/** What the first bytes of a tunnel say: more are needed, they are no TLS, or a ClientHello with or without SNI. */
export type HelloReading =
  | { readonly kind: 'more' }
  | { readonly kind: 'not-tls' }
  | { readonly kind: 'hello'; readonly serverName: string | undefined };

const more: HelloReading = { kind: 'more' };
const notTls: HelloReading = { kind: 'not-tls' };

/** A ClientHello comes in one record or a few; each costs a look at every chunk until the hello is whole. */
const MOST_RECORDS = 16;

/** Reads a TLS ClientHello, which may be spread over records (RFC 8446 section 4.1.2, RFC 6066 section 3). */
export function readClientHello(bytes: Buffer): HelloReading {
  const fragments: Buffer[] = [];
  let size = 0;
  // Type and length of the message, which may be spread as well.
  let head = 0;
  let needed = 4;
  for (let at = 0; size < needed;) {
    if (bytes.length > at && bytes[at] !== 0x16) return notTls;
    if (bytes.length > at + 1 && bytes[at + 1] !== 0x03) return notTls;
    if (fragments.length === MOST_RECORDS) return notTls;
    if (bytes.length < at + 5) return more;
    const length = bytes.readUInt16BE(at + 3);
    if (length === 0 || length > 16_384) return notTls;
    const fragment = bytes.subarray(at + 5, at + 5 + length);
    fragments.push(fragment);
    for (let i = 0; size + i < 4 && i < fragment.length; i += 1) head = head * 256 + (fragment[i] ?? 0);
    size += fragment.length;
    if (size > 0 && Math.trunc(head / 256 ** (Math.min(size, 4) - 1)) !== 0x01) return notTls;
    if (size >= 4) needed = 4 + (head % 0x1_00_00_00);
    if (size < needed && fragment.length < length) return more;
    at += 5 + length;
  }
  const hello = Buffer.concat(fragments).subarray(4, needed);
  try {
    return { kind: 'hello', serverName: serverNameOf(hello) };
  } catch {
    return notTls;
  }
}

/** @throws RangeError when a length leads out of the message, or a name is given twice. */
function serverNameOf(hello: Buffer): string | undefined {
  let at = 34; // version and random
  at += 1 + hello.readUInt8(at); // session id
  at += 2 + hello.readUInt16BE(at); // cipher suites
  at += 1 + hello.readUInt8(at); // compression methods
  if (at === hello.length) return undefined;
  const end = at + 2 + hello.readUInt16BE(at);
  if (end !== hello.length) throw new RangeError('extensions');
  let name: string | undefined;
  for (at += 2; at < end;) {
    const type = hello.readUInt16BE(at);
    const length = hello.readUInt16BE(at + 2);
    const data = hello.subarray(at + 4, at + 4 + length);
    if (data.length !== length) throw new RangeError('extension');
    at += 4 + length;
    if (type !== 0) continue;
    // One list with one host_name: two names, or two extensions, could be read differently by the server.
    const nameLength = data.readUInt16BE(3);
    if (name !== undefined || data.readUInt8(2) !== 0 || nameLength === 0)
      throw new RangeError('server name');
    if (data.readUInt16BE(0) !== nameLength + 3 || data.length !== nameLength + 5)
      throw new RangeError('list');
    name = data.toString('latin1', 5);
  }
  return name;
}
