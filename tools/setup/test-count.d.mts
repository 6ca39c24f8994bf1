export interface TestCount {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly failures: readonly string[];
  readonly skips: readonly string[];
}
export function countTests(report: unknown, exitCode: number, expectedFiles: readonly string[]): TestCount;
export function groupSkips(titles: readonly string[]): Map<string, string[]>;
