import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SOCKET_NAMES } from '@clawforce/protocol';
import { createConfiner } from '@clawforce/policy-shell/run';
import { expect, it } from 'vitest';
import { confineHelper } from '../../../../tools/host/confine-helper.js';
import { requires } from '../../../../tools/host/host-test.js';
import { Harness, testConfig } from '../testing/harness.js';

// The command runs as the worker's own user, as in a container; every line is one thing that it must not get.
const attack = (sockets: string, worker: number): string => `
ls ../.state > /dev/null 2>&1 && echo GOT the outbox directory
head -c 1 ../.config/agent.json > /dev/null 2>&1 && echo GOT the configuration
(echo x > ../.state/planted) 2> /dev/null && echo GOT a file in the outbox directory
for name in ${Object.values(SOCKET_NAMES).join(' ')}; do
  perl -MSocket -e 'socket(S, AF_UNIX, SOCK_STREAM, 0) && connect(S, sockaddr_un($ARGV[0])) && print "GOT a connection\n"' ${sockets}/$name
done
head -c 1 ${sockets}/join > /dev/null 2>&1 && echo GOT the join credential
head -c 1 /proc/${worker}/environ > /dev/null 2>&1 && echo GOT the environment of the worker
head -c 1 /proc/${worker}/fd/0 > /dev/null 2>&1; ls /proc/${worker}/fd > /dev/null 2>&1 && echo GOT the descriptors of the worker
kill -0 ${worker} 2> /dev/null && echo GOT a signal to the worker
echo x > inside && echo done
`;

requires('cc', 'landlock').describe('a worker whose commands are confined by Landlock', () => {
  const run = async (confinement: 'required' | 'off'): Promise<string> => {
    const harness = await new Harness({ ...testConfig, exec: { ...testConfig.exec, confinement } }).open();
    try {
      writeFileSync(join(harness.agentRoot, '.config/agent.json'), '{}');
      writeFileSync(join(harness.workspace, 'run.sh'), attack(harness.sockets, process.pid));
      const confiner =
        confinement === 'off'
          ? { unavailable: 'a positive control' }
          : await createConfiner({ backend: 'landlock', landlock: { helper: confineHelper() } });
      await harness.start({ confiner });
      const command = { kind: 'tool', session_key: 'op', actor: 'user:1', tool: 'exec' } as const;
      const report = await harness.plane.command({ ...command, args: { command: 'sh run.sh' } });
      return report.result?.kind === 'tool' ? report.result.output : '';
    } finally {
      await harness.close();
    }
  };

  it('keeps hidden zones, sockets, credential and itself out of their reach', async () => {
    const output = await run('required');
    expect(output).toContain('done');
    expect(output).not.toContain('GOT');
  });

  it('would lose all of it without', async () => {
    const output = await run('off');
    for (const loot of [
      'the outbox directory',
      'the configuration',
      'a file',
      'a connection',
      'the environment',
      'the descriptors',
      'a signal',
    ]) {
      expect(output).toContain(`GOT ${loot}`);
    }
  });
});
