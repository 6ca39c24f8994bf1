import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProcessPool } from '@clawforce/pool-process';

const directory = await mkdtemp(join(tmpdir(), 'pool-'));
const agentRoot = join(directory, 'agent');
await mkdir(agentRoot);
const worker = 'console.log("hello from", process.env.AGENT_ID); setInterval(() => {}, 1000)';
const pool = new ProcessPool({
  command: [process.execPath, '-e', worker],
  ownerId: 'me',
  stateDir: join(directory, 'state'), // outside of every agent's reach
});
await pool.adoptOrphans(); // goes on with what a killed predecessor left behind

const ref = await pool.start({
  agentId: 'demo',
  generation: 1,
  level: 'permissive',
  agentRoot,
  socketDir: agentRoot,
  env: { AGENT_ID: 'demo' }, // the whole environment, with PATH, HOME and LANG
  limits: {},
});
for await (const { text } of pool.logs(ref, { follow: true })) {
  console.log(text); // hello from demo
  break;
}
const { outcome, exit } = await pool.stop(ref, { graceMs: 1000, reason: 'that was all' });
console.log(outcome, '-', exit?.reason); // stopped - stopped on request (that was all), ended with SIGTERM
await pool.close();
