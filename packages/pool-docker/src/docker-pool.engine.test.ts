import { describePoolConformance } from '@clawforce/pool-core/conformance';
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { requires } from '../../../tools/host/host-test.js';
import { makeHarness } from './testing/make-harness.js';

const docker = requires('docker', 'root');

// Something worth stealing: set before any worker starts, as a control plane has its own secrets.
process.env['POOL_DOCKER_TEST_SECRET'] = randomUUID();

docker.describe('the docker pool passes the conformance suite', () => {
  describePoolConformance(() => makeHarness(), {
    test: docker.test,
    expect,
    parentEnvironment: { ...process.env },
    engineVariables: ['PATH', 'HOME', 'HOSTNAME'],
    report: (sentence) => process.stdout.write(`${sentence}\n`),
  });
});
