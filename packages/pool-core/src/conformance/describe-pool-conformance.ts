import type { ConformanceCase } from './case.js';
import type { ConformanceHarness, ConformanceOptions } from './harness.js';
import { isolationCases } from './isolation-cases.js';
import { lifecycleCases } from './lifecycle-cases.js';
import { logCases } from './log-cases.js';
import { stopCases } from './stop-cases.js';

const cases: readonly ConformanceCase[] = [...lifecycleCases, ...stopCases, ...isolationCases, ...logCases];

/**
 * Declares the conformance cases that every pool must pass, with the caller's own test runner. Each case gets a
 * fresh pool from `createHarness` and disposes it. A capability that the pool lacks must be admitted honestly
 * (`unsupported`, `attested: none`), which is what the cases then check.
 *
 * @throws TypeError when an option is missing.
 */
export function describePoolConformance(
  createHarness: () => Promise<ConformanceHarness>,
  options: ConformanceOptions,
): void {
  if (typeof createHarness !== 'function') throw new TypeError('createHarness: expected a function');
  if (typeof options.test !== 'function') throw new TypeError('options.test: expected a function');
  if (typeof options.expect !== 'function') throw new TypeError('options.expect: expected a function');
  if (typeof options.parentEnvironment !== 'object') {
    throw new TypeError('options.parentEnvironment: expected an object');
  }
  for (const { title, run } of cases) {
    options.test(title, async () => {
      const harness = await createHarness();
      try {
        await run({ pool: harness.pool, spec: harness.spec, dispose: harness.dispose, options });
      } finally {
        await harness.dispose();
      }
    });
  }
}
