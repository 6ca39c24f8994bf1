import { createServer } from 'node:http';

const size = Number(process.argv[2]);
const chunk = Buffer.alloc(2 ** 20, 97);
const small = Buffer.alloc(1_024, 97);
const server = createServer((incoming, response) => {
  if (incoming.method === 'POST') {
    incoming.on('data', () => undefined).on('end', () => response.end());
    return;
  }
  if (incoming.url !== '/big') {
    response.end(small);
    return;
  }
  response.writeHead(200, { 'content-length': size });
  let left = size;
  const go = () => {
    while (left > 0) {
      const piece = left >= chunk.length ? chunk : chunk.subarray(0, left);
      left -= piece.length;
      if (!response.write(piece)) {
        response.once('drain', go);
        return;
      }
    }
    response.end();
  };
  go();
});
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send({ cpu: user + system });
});
server.keepAliveTimeout = 600_000;
server.requestTimeout = 0;
server.listen(0, '127.0.0.1', () => process.send(server.address().port));
