import { createServer } from 'node:http';
import { connect } from 'node:net';

/** CONNECT in ten lines: no identity, no policy, no limits, no records. What Node itself takes for a tunnel. */
const port = Number(process.argv[2]);
const server = createServer({ noDelay: true });
server.on('connect', (_request, client) => {
  const upstream = connect({ port, host: '127.0.0.1', noDelay: true }, () => {
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    client.pipe(upstream).pipe(client);
  });
  for (const socket of [client, upstream]) socket.on('error', () => undefined);
});
server.listen(0, '127.0.0.1', () => process.send(server.address().port));
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send({ cpu: user + system, rss: process.memoryUsage().rss });
});
