import { writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { SOCKET_NAMES } from '@clawforce/protocol';
import { createConfiner } from '@clawforce/policy-shell/run';
import { afterEach, expect, it } from 'vitest';
import { requires } from '../../../../tools/host/host-test.js';
import { Harness, testConfig } from '../testing/harness.js';

requires('bwrap', 'curl').describe('the network of a command', () => {
  let harness: Harness;
  let egress: Server;
  const asked: string[] = [];

  async function start(commands: boolean): Promise<void> {
    harness = await new Harness({ ...testConfig, web: { ...testConfig.web, commands } }).open();
    egress = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.end('by the proxy');
    }).listen(join(harness.sockets, SOCKET_NAMES.egress));
    await once(egress, 'listening');
    await harness.start({ confiner: await createConfiner() });
  }
  afterEach(async () => {
    egress.close();
    asked.length = 0;
    await harness.close();
  });
  const exec = async (command: string): Promise<string> => {
    const report = await harness.plane.command({
      ...{ kind: 'tool', session_key: 'op', actor: 'user:1', tool: 'exec' },
      args: { command },
    });
    return report.result?.kind === 'tool' ? report.result.output : '';
  };

  it('is the egress socket where the agent has any web, and nothing beside it', async () => {
    await start(true);
    expect(await exec('curl -sS http://one.example.org/x')).toBe('by the proxy');
    expect(asked).toEqual(['http://one.example.org/x']);
    // Past the proxy there is no way: not to the host's loopback, not to a name.
    writeFileSync(
      join(harness.workspace, 'past.sh'),
      'curl -sS --noproxy "*" --max-time 5 http://93.184.215.14/\n',
    );
    expect(await exec('sh past.sh')).toMatch(/curl: \(7\)|unreachable/);
    expect(asked).toHaveLength(1);
  });

  it('is nothing where the agent has no web, though the socket is there', async () => {
    await start(false);
    expect(await exec('curl -sS --max-time 5 http://one.example.org/x')).toMatch(/curl: \(6\)|resolve/);
    writeFileSync(join(harness.workspace, 'env.sh'), 'echo "proxy=$http_proxy"\n');
    expect(await exec('sh env.sh')).toBe('proxy=\n');
    expect(asked).toEqual([]);
  });

  it('is nothing for programs that connect to nothing', async () => {
    await start(true);
    writeFileSync(join(harness.workspace, 'env.sh'), 'echo "proxy=$http_proxy"\n');
    expect(await exec('sh env.sh')).toMatch(/^proxy=http:\/\/127\.0\.0\.1:\d+\n$/);
    expect(await exec('cat /proc/self/environ')).not.toContain('http_proxy');
    expect(await exec('ls /nowhere')).not.toContain('proxy');
  });
});
