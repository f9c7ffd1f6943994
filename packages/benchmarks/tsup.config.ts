import { defineConfig } from 'tsup';

export default defineConfig({
  entry: {
    main: 'src/main.ts',
    'idle-peers': 'src/memory/idle-peers.ts',
    'idle-torrents': 'src/memory/idle-torrents.ts',
  },
  // Each is a program of its own, and scripts are found beside it.
  splitting: false,
  format: 'esm',
  target: 'node20',
  platform: 'node',
  sourcemap: true,
  clean: true,
});
