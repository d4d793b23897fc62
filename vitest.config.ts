import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{test,sandbox/test}/**/*.test.ts'],
    // A process for each file would load discord.js and half of the bot 200 times, for a second of
    // CPU each. A test sets back what it changes of its process; no module keeps state of its own.
    isolate: false,
    // For the workers, and for the tools that tests start with their environment.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/tests') },
    // End-to-end tests start the real bot as a process; on two cores that may take a while.
    testTimeout: 30_000,
    // Much of the time is spent waiting for sockets and processes: two cores carry three files.
    maxWorkers: availableParallelism() + 1,
    hookTimeout: 30_000,
  },
});
