import { defineConfig } from 'vitest/config';

/** Each with a server of many processes, most of which wait for something: with two at a time, two cores were busy for 71 % of it. */
const SERVERS = 3;

/** What its servers had said is shown of a test that fails. */
const AT_FAILURE = ['test/processes/at-failure.ts'];

export default defineConfig({
  test: {
    maxWorkers: SERVERS,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['packages/*/test/**/*.test.ts', 'examples/**/*.test.ts'],
          testTimeout: 20_000,
        },
      },
      {
        // Real servers.
        test: {
          name: 'processes',
          include: ['test/**/*.test.ts'],
          exclude: ['test/chaos/**', 'test/programs/*/**'],
          setupFiles: AT_FAILURE,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        // What is as much as the machine can do.
        test: {
          name: 'chaos',
          include: ['test/chaos/**/*.test.ts'],
          setupFiles: AT_FAILURE,
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
