import { build } from 'esbuild';
import { defineConfig } from 'tsup';

/** What `peerloom swarm --report` puts into its page, as one line that no element ends early. */
async function pageAsset(path: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [path],
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    target: ['es2022', 'chrome110', 'firefox121', 'safari16'],
    // What is in a string is escaped where it would end the element.
    charset: 'ascii',
  });
  return outputFiles[0]?.text.trim() ?? '';
}

export default defineConfig(async () => ({
  entry: { main: 'src/main.ts' },
  format: 'esm',
  target: 'node20',
  platform: 'node',
  sourcemap: true,
  clean: true,
  define: {
    reportScript: JSON.stringify(await pageAsset('src/report/page/main.ts')),
    reportStyle: JSON.stringify(await pageAsset('src/report/page/style.css')),
  },
}));
