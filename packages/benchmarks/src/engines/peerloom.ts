import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Engine, Seeding } from '../engine.js';

const manifestPath = createRequire(import.meta.url).resolve('peerloom/package.json');
const { bin } = JSON.parse(readFileSync(manifestPath, 'utf8')) as {
  readonly bin: { readonly peerloom: string };
};
const program = [process.execPath, join(dirname(manifestPath), bin.peerloom)] as const;
const listen = ['--listen', '127.0.0.1:0'] as const;

/** The `peerloom` command of this workspace, moving data with these options more. */
export function peerloomWith(options: readonly string[]) {
  const seeding: Seeding = {
    command: ({ torrentPath, folder }) => {
      return [...program, 'seed', torrentPath, '--path', folder, ...listen, ...options];
    },
    portIn: (line) => {
      const port = /^listening on 127\.0\.0\.1:(\d+)$/.exec(line)?.[1];
      return port === undefined ? undefined : Number(port);
    },
  };
  return {
    download: ({ torrentPath }, folder, { port }) => {
      const peer = `127.0.0.1:${port}`;
      return [...program, 'download', torrentPath, '-o', folder, '--peer', peer, ...listen, ...options];
    },
    seeding,
  } as const satisfies Partial<Engine>;
}

/** The `peerloom` command of this workspace. */
export const peerloom = {
  name: 'peerloom',
  needs: 'the build of packages/cli',
  probe: [...program, '--version'],
  ...peerloomWith([]),
  recheck: ({ torrentPath, folder }) => [...program, 'verify', torrentPath, '--path', folder],
  create: ({ path }, torrentPath) => [...program, 'create', path, '-o', torrentPath, '--piece-size', '1MiB'],
} as const satisfies Engine;
