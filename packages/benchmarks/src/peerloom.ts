import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { SeedingEngine } from './engine.js';

const manifestPath = createRequire(import.meta.url).resolve('peerloom/package.json');
const { bin } = JSON.parse(readFileSync(manifestPath, 'utf8')) as {
  readonly bin: { readonly peerloom: string };
};
const script = join(dirname(manifestPath), bin.peerloom);
const listen = ['--listen', '127.0.0.1:0'] as const;

/** The `peerloom` command of this workspace. */
export const peerloom: SeedingEngine = {
  name: 'peerloom',
  needs: 'the build of packages/cli',
  probe: [process.execPath, script, '--version'],
  download: ({ torrentPath }, folder, { port }) => {
    const peer = ['--peer', `127.0.0.1:${port}`];
    return [process.execPath, script, 'download', torrentPath, '-o', folder, ...peer, ...listen];
  },
  recheck: ({ torrentPath, folder }) => [process.execPath, script, 'verify', torrentPath, '--path', folder],
  seed: ({ torrentPath, folder }) => {
    return [process.execPath, script, 'seed', torrentPath, '--path', folder, ...listen];
  },
  portIn: (line) => {
    const port = /^listening on 127\.0\.0\.1:(\d+)$/.exec(line)?.[1];
    return port === undefined ? undefined : Number(port);
  },
};
