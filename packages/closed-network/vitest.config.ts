import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Some tests go through thousands of handshakes, on machines that may be busy.
  test: { testTimeout: 180_000, include: ['src/**/*.test.ts'] },
});
