import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Some tests run hundreds of swarms, on machines that may be busy.
  test: { testTimeout: 180_000, include: ['src/**/*.test.ts'] },
});
