import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts'],
    // Each test runs whole engines in processes of their own: one at a time is what a machine with two cores can do.
    fileParallelism: false,
    testTimeout: 180_000,
    // Of those that say that they can run side by side: they wait more than they work.
    maxConcurrency: 12,
  },
});
