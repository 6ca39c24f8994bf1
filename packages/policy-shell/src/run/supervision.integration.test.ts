import { spawn } from 'node:child_process';
import { expect, it } from 'vitest';
import { Supervision } from './supervision.js';

it('ends what still runs when it is closed, so that a line of which one command failed to start leaves nothing', async () => {
  const supervision = new Supervision(60_000, undefined);
  const child = spawn('sleep', ['60'], { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const end = supervision.watch(child);
  supervision.close();
  expect(await end).toEqual({ code: null, signal: 'SIGKILL' });
});
