// Runs inside the network namespace of a command: listens on loopback, passes each connection to the proxy's unix
// socket, and runs the command. Arguments: socket, port, program, its arguments. It holds no rights beyond the command's.
import { spawn } from 'node:child_process';
import { connect, createServer } from 'node:net';
import { constants } from 'node:os';

const [socketPath = '', port = '', program = '', ...args] = process.argv.slice(2);

const server = createServer({ allowHalfOpen: true }, (client) => {
  const proxy = connect({ path: socketPath, allowHalfOpen: true });
  const end = () => {
    client.destroy();
    proxy.destroy();
  };
  client.on('error', end).on('close', end);
  proxy.on('error', end).on('close', end);
  client.pipe(proxy).pipe(client);
});

server.on('error', (error) => {
  process.stderr.write(`the loopback shim could not listen: ${error.message}\n`);
  process.exit(125);
});

server.listen(Number(port), '127.0.0.1', () => {
  const child = spawn(program, args, { stdio: 'inherit' });
  // As shells answer: 127 not found, 126 found and not to be run.
  child.on('error', (error) => {
    process.stderr.write(`${program}: ${error.message}\n`);
    process.exit('code' in error && error.code === 'ENOENT' ? 127 : 126);
  });
  child.on('exit', (code, signal) => {
    process.exit(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
  });
});
