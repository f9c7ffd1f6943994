import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Property tests and whole swarms, on machines that may be busy.
  test: { testTimeout: 60_000, include: ['src/**/*.test.ts'] },
});
