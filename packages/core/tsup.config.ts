import { defineConfig } from 'tsup';

export default defineConfig({
  // The worker is started by URL, so it is a file of its own beside the entries.
  entry: { index: 'src/index.ts', plugin: 'src/plugin/index.ts', 'disk-worker': 'src/disk/disk-worker.ts' },
  dts: { entry: { index: 'src/index.ts', plugin: 'src/plugin/index.ts' } },
  format: 'esm',
  target: 'node20',
  platform: 'node',
  sourcemap: true,
  clean: true,
});
