import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // End-to-end tests start the real bot as a process; on two cores that may take a while.
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
