// A small worker: joins over its link socket, says hello, and ends on SIGTERM. The file `behaviour` in its workspace makes
// it misbehave.
import { readFileSync, writeSync } from 'node:fs';
import { Agent } from 'node:http';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { io } from 'socket.io-client';

const { AGENT_ROOT, AGENT_SOCKET_DIR } = process.env;
let behaviour = 'honest';
try {
  behaviour = readFileSync(join(AGENT_ROOT, 'workspace', 'behaviour'), 'utf8').trim();
} catch {
  // Without the file it is honest.
}
process.stdout.write(`behaviour: ${behaviour}\n`);
process.on('exit', () => writeSync(1, 'last words\n'));
if (behaviour === 'exits') process.exit(3);
process.on('SIGTERM', () => {
  if (behaviour !== 'stubborn') process.exit(0);
});
setInterval(() => undefined, 60_000);
if (behaviour !== 'silent') {
  class UnixAgent extends Agent {
    createConnection() {
      return createConnection({ path: join(AGENT_SOCKET_DIR, 'link.sock') });
    }
  }
  const secret = readFileSync(join(AGENT_SOCKET_DIR, 'join'), 'utf8');
  const socket = io('http://control-plane/worker', {
    path: '/api/control/ws',
    transports: ['websocket'],
    auth: { proto: 1, credential: { kind: 'join', secret }, instance: 'stand-in' },
    reconnection: false,
    agent: new UnixAgent(),
  });
  socket.on('connect_error', (error) => process.stderr.write(`${error.message}\n`));
  socket.on('disconnect', () => process.exit(0));
  socket.on('connect', () => {
    socket.emit(
      'hello',
      {
        instance: 'stand-in',
        next_seq: 1,
        low_seq: 1,
        software: { name: 'stand-in', version: '0' },
        capabilities:
          behaviour === 'no-landlock'
            ? ['exec.unconfined', 'exec.lacks.CONFIG_SECURITY_LANDLOCK', 'exec.lacks.a word of its own']
            : ['exec.confined'],
      },
      () => process.stdout.write('welcome\n'),
    );
  });
}
