import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{test,sandbox/test}/**/*.test.ts'],
    // End-to-end tests start the real bot as a process; on two cores that may take a while.
    testTimeout: 30_000,
    // Most of the time is spent waiting for sockets and processes: even two cores carry two files.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    hookTimeout: 30_000,
  },
});
