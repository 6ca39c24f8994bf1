import { createServer, type AddressInfo } from 'node:net';
import { NetworkSecurityPolicy } from '@clawforce/policy-net';
import pg from 'pg';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { parseDatabaseUrl } from '../storage/database/database-url.js';
import { ownEndpoints } from './own-endpoints.js';

const LISTENER = { port: 8080 };
const endpointsOf = (databaseUrl: string, publicUrl?: string): ReturnType<typeof ownEndpoints> =>
  ownEndpoints({ databaseUrl, publicUrl }, LISTENER.port);

beforeEach(() => {
  for (const name of ['PGHOST', 'PGPORT']) vi.stubEnv(name, undefined);
});
afterEach(() => vi.unstubAllEnvs());

it.each<[string, object[]]>([
  ['file:/var/lib/clawforce/x.db', []],
  // Unix sockets: nothing that an agent's traffic could reach.
  ['postgresql:///claw?host=/run/postgresql', []],
  ['postgresql:///claw?host=/run/postgresql&port=5433', []],
  ['postgresql://u@%2Frun%2Fpostgresql/claw', []],
  ['postgresql://u:p@db.internal/claw?host=%2Frun%2Fpostgresql', []],
  // Servers: always the one that the driver connects to.
  ['postgresql://u:p@db.internal/claw', [{ host: 'db.internal', port: 5432 }]],
  ['postgres://db.internal:6000/claw?schema=main', [{ host: 'db.internal', port: 6000 }]],
  ['postgresql://db.internal/claw?host=10.0.0.5', [{ address: '10.0.0.5', port: 5432 }]],
  ['postgresql://db.internal:6000/claw?host=10.0.0.5&port=7000', [{ address: '10.0.0.5', port: 7000 }]],
  ['postgresql://db.internal/claw?host=a.test&host=b.test', [{ host: 'b.test', port: 5432 }]],
  ['postgresql://[fd00::5]:6000/claw', [{ address: 'fd00::5', port: 6000 }]],
  ['postgresql:///claw?host=fd00::5', [{ address: 'fd00::5', port: 5432 }]],
  ['postgresql:///claw', [{ host: 'localhost', port: 5432 }]],
])('%s', (databaseUrl, expected) => {
  const endpoints = endpointsOf(databaseUrl);
  expect(endpoints).toEqual([LISTENER, ...expected]);
  expect(() => new NetworkSecurityPolicy({ denyOwnInterfaces: { endpoints } })).not.toThrow();
});

it('takes the host and port of the environment where the address has none, as the driver does', () => {
  vi.stubEnv('PGHOST', '10.0.0.9');
  vi.stubEnv('PGPORT', '7001');
  expect(endpointsOf('postgresql:///claw')).toContainEqual({ address: '10.0.0.9', port: 7001 });
  vi.stubEnv('PGHOST', '/run/postgresql');
  expect(endpointsOf('postgresql:///claw')).toEqual([LISTENER]);
});

it.each<[string, object]>([
  ['https://claw.example.net', { host: 'claw.example.net', port: 443 }],
  ['http://10.0.0.1:8443', { address: '10.0.0.1', port: 8443 }],
  ['https://[fd00::1]', { address: 'fd00::1', port: 443 }],
])('the public URL %s', (publicUrl, expected) => {
  expect(endpointsOf('file:/x.db', publicUrl)).toEqual([LISTENER, expected]);
});

it('names the very server that the driver connects to', async () => {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const url = `postgresql://u@db.invalid:1/claw?host=127.0.0.1&port=${port}`;
    const location = parseDatabaseUrl(url);
    if (location.provider !== 'postgresql') throw new Error('not read as PostgreSQL');
    const client = new pg.Client({ connectionString: location.connectionString });
    client.on('error', () => undefined);
    await client.connect().then(
      () => client.end(),
      () => undefined,
    );
    expect(connections).toBe(1);
    expect(endpointsOf(url)).toContainEqual({ address: '127.0.0.1', port });
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});
