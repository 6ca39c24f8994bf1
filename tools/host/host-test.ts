import { describe, test } from 'vitest';
import { missingRequirement, type Requirement } from './requirements.js';

/**
 * Gives `describe` and `test` that run when the host has everything named, are reported as skipped with the install
 * hint where something is missing, and fail where `CLAWFORCE_TEST_REQUIRE` demands it.
 */
export function requires(...needs: readonly Requirement[]): {
  describe: (title: string, body: () => void) => void;
  test: (title: string, body: () => Promise<void> | void, timeout?: number) => void;
} {
  const missing = needs.map((need) => missingRequirement(need)).find((answer) => answer !== undefined);
  if (missing === undefined) {
    return {
      describe: (title, body) => void describe(title, body),
      test: (title, body, timeout) => test(title, body, timeout),
    };
  }
  const sentence = `needs ${missing.requirement}: ${missing.hint}`;
  if (missing.demanded) {
    const fail = (title: string): void =>
      test(`${title} (${sentence})`, () => {
        throw new Error(`CLAWFORCE_TEST_REQUIRE demands it, but this host has no ${sentence}`);
      });
    return { describe: fail, test: fail };
  }
  return {
    describe: (title, body) => void describe.skip(`${title} (${sentence})`, body),
    test: (title, body, timeout) => test.skip(`${title} (${sentence})`, body, timeout),
  };
}
