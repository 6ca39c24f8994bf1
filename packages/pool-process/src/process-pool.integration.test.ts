import { describePoolConformance } from '@clawforce/pool-core/conformance';
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { makeHarness } from './testing/make-harness.js';

// Something worth stealing: set before any worker starts, as a control plane has its own secrets.
process.env['POOL_PROCESS_TEST_SECRET'] = randomUUID();

describe('the process pool passes the conformance suite', () => {
  describePoolConformance(() => makeHarness(), {
    test,
    expect,
    parentEnvironment: { ...process.env },
    report: (sentence) => process.stdout.write(`${sentence}\n`),
  });
});
