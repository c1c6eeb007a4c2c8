import { defineConfig } from 'vitest/config';

/** Bounds on waiting for real services. */
const WAITING = { testTimeout: 240_000, hookTimeout: 900_000 };
/** Before Sluice's own modules load a part of it. */
const WHOLE_LIBRARY = 'test/kafka/whole-library.ts';
/** `npm run cluster`, for the night: each file has more processes than a machine of two cores can run twice. */
const CLUSTER = {
  name: 'cluster',
  include: ['test/cluster/**/*.cluster.ts'],
  maxWorkers: 1,
  setupFiles: WHOLE_LIBRARY,
  ...WAITING,
};

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.integration.test.ts'],
          // By itself it would leave one of two cores idle.
          maxWorkers: 2,
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/**/*.integration.test.ts'],
          // By themselves, two stacks of real services at a time: mostly they wait. Each limit is a bound on waiting, not a wish.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          setupFiles: WHOLE_LIBRARY,
          ...WAITING,
        },
      },
      ...(process.env['SLUICE_CLUSTER'] === undefined ? [] : [{ test: CLUSTER }]),
    ],
  },
});
