import { defineConfig } from 'tsup';

const entries = { index: 'src/index.ts', plugin: 'src/plugin/index.ts' };

export default defineConfig({
  // The worker is started by URL, so it is a file of its own beside the entries.
  entry: { ...entries, 'disk-worker': 'src/disk/disk-worker.ts' },
  dts: { entry: entries },
  format: 'esm',
  target: 'node20',
  platform: 'node',
  sourcemap: true,
  clean: true,
});
