/**
 * Runs inside a network namespace of its own, where public addresses lie on `lo`: the client is used as shipped, with its
 * own dial. Prints one JSON line.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { createGuardedFetch } from '../client/guarded-fetch.js';
import type { EgressAuditEvent } from '../client/audit.js';
import { NetworkSecurityPolicy } from '../policy.js';

const PUBLIC = '93.184.215.14';
const SILENT = '93.184.216.99';
let canaryHits = 0;

const canary = createServer((_request, response) => {
  canaryHits += 1;
  response.end('secret');
});
const origin = createServer((request, response) => {
  if (request.url === '/inward') response.writeHead(302, { location: 'http://127.0.0.1:8080/' }).end();
  else response.end('public');
});
canary.listen(8080, '127.0.0.1');
origin.listen(80, PUBLIC);
await Promise.all([once(canary, 'listening'), once(origin, 'listening')]);

// A stopped process whose queue of connections is full: the kernel drops what comes next, as a black hole does.
const hole = spawn(process.execPath, [
  '-e',
  `require('node:net').createServer().listen({ port: 80, host: '${SILENT}', backlog: 1 }, () => console.log('up'));`,
]);
await once(hole.stdout, 'data');
hole.kill('SIGSTOP');
for (let i = 0; i < 8; i += 1) connect({ host: SILENT, port: 80 }).on('error', () => undefined);
await new Promise((resolve) => setTimeout(resolve, 200));

const events: EgressAuditEvent[] = [];
const slowNames = Array.from({ length: 5 }, (_, i) => `slow${i}.example.com`);
const answers: Record<string, string[]> = {
  'one.example.com': [PUBLIC],
  ...Object.fromEntries(slowNames.map((name) => [name, [SILENT, PUBLIC]])),
  'mixed.example.com': [SILENT, PUBLIC, '127.0.0.1'],
};
const guarded = createGuardedFetch(new NetworkSecurityPolicy(), {
  resolve: (host) => Promise.resolve(answers[host] ?? []),
  onAudit: (event) => events.push(event),
});

async function outcome(url: string): Promise<{ result: string; ms: number }> {
  const start = performance.now();
  const result = await guarded(url).then(
    (response) => response.text(),
    (error: unknown) => (error as { decision?: { rule: string } }).decision?.rule ?? String(error),
  );
  return { result, ms: performance.now() - start };
}

// A name each, so that none finds a connection that is open; several, because a busy machine may hold one up.
const slow: { result: string; ms: number }[] = [];
for (const name of slowNames) slow.push(await outcome(`http://${name}/`));

const report = {
  literal: await outcome(`http://${PUBLIC}/`),
  name: await outcome('http://one.example.com/'),
  slow,
  mixed: await outcome('http://mixed.example.com/'),
  inward: await outcome('http://one.example.com/inward'),
  direct: await outcome('http://127.0.0.1:8080/'),
  // The hole swallows a connection of its own too, or `slow` would prove nothing.
  silent: await new Promise<boolean>((resolve) => {
    const probe = connect({ host: SILENT, port: 80 }, () => resolve(false)).on('error', () => resolve(false));
    setTimeout(() => {
      probe.destroy();
      resolve(true);
    }, 700);
  }),
  control: await (await fetch('http://127.0.0.1:8080/')).text(),
  chosen: events.map(({ chosen }) => chosen),
  canaryHits,
};
await guarded.close();
hole.kill('SIGKILL');
process.stdout.write(`${JSON.stringify(report)}\n`);
process.exit(0);
