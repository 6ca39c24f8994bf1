import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { CLONE_TEST } from './tools/setup/test-kinds.mjs';

const conditions = ['@clawforce/source'];
// Vitest leaves one processor free, which on the two of CI means one file at a time, although unit tests disturb nobody.
const maxWorkers = Math.max(2, availableParallelism() - 1);
const exclude = ['**/node_modules/**', '**/dist/**', '**/out-tsc/**'];

/**
 * One run for the whole repository. Unit tests sit next to the code; `*.integration.test.ts` start real parts
 * (processes, sockets, databases), `*.engine.test.ts` containers; `e2e/` runs the built product.
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
          exclude: [...exclude, '**/*.integration.test.ts', '**/*.engine.test.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          sequence: { groupOrder: 1 },
          // They mostly wait, and none of them makes networks on the engine.
          maxWorkers,
          include: ['packages/*/src/**/*.integration.test.ts', 'apps/*/src/**/*.integration.test.ts'],
          exclude,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'engine',
          sequence: { groupOrder: 2 },
          // One at a time: each network that a test makes opens Docker's walls between the others for a moment, and a
          // drill beside it sees that (decision 0111). `npm test` runs these beside the two above.
          maxWorkers: 1,
          include: ['{packages,apps}/*/src/**/*.engine.test.ts', 'tools/**/*.engine.test.ts'],
          exclude,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          sequence: { groupOrder: 3 },
          include: ['e2e/src/**/*.test.ts'],
          exclude: [...exclude, CLONE_TEST],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'clone',
          sequence: { groupOrder: 4 },
          include: [CLONE_TEST],
          exclude,
          testTimeout: 120_000,
          hookTimeout: 400_000,
        },
      },
    ],
  },
});
