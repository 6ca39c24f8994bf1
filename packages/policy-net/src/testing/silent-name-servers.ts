/**
 * Runs inside namespaces of its own, where the only name server is the one below and the system's resolver is used as
 * shipped. Prints one JSON line; then its parent kills it, because threads that wait for an answer hold up its end.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createGuardedFetch } from '../client/guarded-fetch.js';
import { NetworkSecurityPolicy } from '../policy.js';

const PUBLIC = '93.184.215.14';
const asked = new Set<string>();

/** Answers A queries for names that begin with `good`, says that others have no address of the family, or is silent. */
const server = createSocket('udp4');
server.on('message', (query, { port, address }) => {
  const end = query.indexOf(0, 12) + 5;
  const name = query.toString('latin1', 13, 13 + (query[12] ?? 0));
  asked.add(name);
  if (!name.startsWith('good')) return;
  const isA = query.readUInt16BE(end - 4) === 1;
  const head = Buffer.from(query.subarray(0, 12));
  head.writeUInt16BE(0x8180, 2);
  head.writeUInt16BE(isA ? 1 : 0, 6);
  head.writeUInt32BE(0, 8);
  const answer = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...PUBLIC.split('.').map(Number)]);
  server.send(Buffer.concat([head, query.subarray(12, end), ...(isA ? [answer] : [])]), port, address);
});
server.bind(53, '127.0.0.1');
const origin = createServer((_request, response) => response.end('public'));
origin.listen(80, PUBLIC);
await Promise.all([once(server, 'listening'), once(origin, 'listening')]);

const outcome = (guarded: ReturnType<typeof createGuardedFetch>, name: string): Promise<string> =>
  guarded(`http://${name}.example.com/`).then(
    (response) => response.text(),
    (error: unknown) => (error as { decision?: { rule: string } }).decision?.rule ?? String(error),
  );
const hijacked = createGuardedFetch(new NetworkSecurityPolicy(), { limits: { dnsMs: 1_000 } });
// Less than glibc asks a silent server for, and much more than an answer takes.
const other = createGuardedFetch(new NetworkSecurityPolicy(), { limits: { dnsMs: 8_000 } });

const attempts = Array.from({ length: 272 }, (_, i) => outcome(hijacked, `silent${i}`));
const answered = await outcome(other, 'good');
const refused = await Promise.all(attempts);
const count: Record<string, number> = {};
for (const rule of refused) count[rule] = (count[rule] ?? 0) + 1;
const askedInAll = [...asked].filter((name) => name.startsWith('silent')).length;
const again = await outcome(other, 'good2');
process.stdout.write(`${JSON.stringify({ answered, again, count, askedInAll })}\n`);
