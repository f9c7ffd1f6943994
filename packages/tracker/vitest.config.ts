import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Whole swarms meet in some tests, on machines that may be busy.
  test: { testTimeout: 120_000, include: ['src/**/*.test.ts'] },
});
