// A small worker: joins over its link socket, says hello, takes configurations over, comes back when the link breaks, and ends
// on SIGTERM. The file `behaviour` in its workspace makes it misbehave.
import { existsSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
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
  const FINAL = [4401, 4404, 4409, 4426];
  let credential = { kind: 'join', secret: readFileSync(join(AGENT_SOCKET_DIR, 'join'), 'utf8') };
  // Without a link for so long it gives up, like a real one.
  let patience = 30_000;
  const orphaned = () => setTimeout(() => process.exit(69), patience);
  let giveUp = orphaned();
  const connect = () => {
    const socket = io('http://control-plane/worker', {
      path: '/api/control/ws',
      transports: ['websocket'],
      auth: { proto: 1, credential, instance: 'stand-in' },
      forceNew: true,
      reconnection: false,
      agent: new UnixAgent(),
    });
    const again = () => {
      socket.off();
      socket.disconnect();
      // With its secret in hand it stays away from the link, until somebody calls it.
      if (behaviour === 'stays-away' && !existsSync(join(AGENT_ROOT, 'workspace', 'come-back')))
        setTimeout(again, 100);
      else setTimeout(connect, 100);
    };
    socket.on('bye', ({ code }) => {
      if (code === 1000 || FINAL.includes(code)) process.exit(0);
    });
    socket.on('connect_error', (error) => {
      process.stderr.write(`${error.message}\n`);
      if (FINAL.includes(error.data?.code)) process.exit(0);
      again();
    });
    socket.on('disconnect', () => {
      clearTimeout(giveUp);
      giveUp = orphaned();
      again();
    });
    // Else whoever saves a configuration waits out the whole time for a confirmation.
    socket.on('cmd', ({ id, kind, config }) => {
      if (kind !== 'configure') return;
      socket.emit('cmd_ack', { id, state: 'done', result: { kind, digest: config.digest } });
    });
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
        ({ refused, resume_secret: secret, orphan_ms: orphanMs }) => {
          if (refused) {
            if (FINAL.includes(refused.code)) process.exit(0);
            again();
            return;
          }
          clearTimeout(giveUp);
          credential = { kind: 'resume', secret };
          patience = orphanMs;
          if (behaviour === 'stays-away') writeFileSync(join(AGENT_ROOT, 'workspace', 'secret'), secret);
          process.stdout.write('welcome\n');
        },
      );
    });
  };
  connect();
}
