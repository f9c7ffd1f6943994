import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Tests run the programs as they are built.
  test: { include: ['*/*.test.ts'], testTimeout: 60_000 },
});
