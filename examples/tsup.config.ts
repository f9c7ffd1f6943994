import { existsSync, readdirSync } from 'node:fs';
import { defineConfig } from 'tsup';

const names = readdirSync('.').filter((name) => existsSync(`${name}/main.ts`));

export default defineConfig({
  // Each example is a program of its own, named as its folder.
  entry: Object.fromEntries(names.map((name) => [name, `${name}/main.ts`])),
  splitting: false,
  format: 'esm',
  target: 'node20',
  platform: 'node',
  sourcemap: true,
  clean: true,
});
