import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Whole processes over real sockets, on machines that may be busy.
  test: { include: ['src/**/*.test.ts'], testTimeout: 60_000 },
});
