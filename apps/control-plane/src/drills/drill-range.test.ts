import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDrillRange, type DrillRange } from './drill-range.js';

let runtimeDir: string;
let range: DrillRange;
beforeEach(async () => {
  runtimeDir = await mkdtemp(join(tmpdir(), 'range-'));
});
afterEach(async () => {
  await range.close();
  expect(await readdir(runtimeDir)).toEqual([]);
  await rm(runtimeDir, { recursive: true });
});

async function connects(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.destroy();
}

describe('what a hijacked worker would be after', () => {
  it('is a neighbour with a secret and a socket, and two services of this host', async () => {
    range = await openDrillRange(runtimeDir);
    const { neighbourDir, neighbourSocketDir, hostPort, loopbackPort } = range.facts;
    expect(await readFile(join(neighbourDir!, 'secret'), 'utf8')).toBe('not yours');
    expect(existsSync(join(neighbourSocketDir!, 'link.sock'))).toBe(true);
    await connects(hostPort!);
    await connects(loopbackPort!);
  });

  it.each([
    ['a container', 'c'.repeat(64)],
    ['a container that only the operator knows of', undefined],
  ])(
    'from inside %s has the paths of the host, and no services, which would be those of the container',
    async (_what, container) => {
      const mappings = [{ from: runtimeDir, to: '/srv/run' }];
      const hostPathOf = (path: string): string => path.replace(runtimeDir, '/srv/run');
      range = await openDrillRange(runtimeDir, { container, mappings, hostPathOf });
      const [name] = await readdir(runtimeDir);
      expect(range.facts).toEqual({
        neighbourDir: `/srv/run/${name ?? ''}/agent`,
        neighbourSocketDir: `/srv/run/${name ?? ''}/run`,
      });
      expect(await readFile(join(runtimeDir, name!, 'agent', 'secret'), 'utf8')).toBe('not yours');
    },
  );
});
