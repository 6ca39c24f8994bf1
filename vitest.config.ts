import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const conditions = ['@clawforce/source'];
// Vitest leaves one processor free, which on the two of CI means one file at a time, although unit tests disturb nobody.
const maxWorkers = Math.max(2, availableParallelism() - 1);
/** Installs and builds a clone, which takes about a minute; `npm test` runs it beside other things. */
const clone = 'e2e/src/first-run.test.ts';
const exclude = ['**/node_modules/**', '**/dist/**', '**/out-tsc/**'];

/**
 * One run for the whole repository. Unit tests sit next to the code; `*.integration.test.ts` start real parts
 * (processes, sockets, databases); `e2e/` runs the built product.
 */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          // The groups run one after the other, so that tests with deadlines do not fight for the two cores of CI.
          sequence: { groupOrder: 0 },
          maxWorkers,
          testTimeout: 30_000,
          include: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.{ts,tsx}', 'tools/**/*.test.ts'],
          exclude: [...exclude, '**/*.integration.test.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          sequence: { groupOrder: 1 },
          // One at a time: each network that a test makes opens Docker's walls between the others for a moment, and a
          // drill beside it sees that (decision 0111).
          maxWorkers: 1,
          include: ['packages/*/src/**/*.integration.test.ts', 'apps/*/src/**/*.integration.test.ts'],
          exclude,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          sequence: { groupOrder: 2 },
          include: ['e2e/src/**/*.test.ts'],
          exclude: [...exclude, clone],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'clone',
          sequence: { groupOrder: 3 },
          include: [clone],
          exclude,
          testTimeout: 120_000,
          hookTimeout: 400_000,
        },
      },
    ],
  },
});
