import { fileURLToPath } from 'node:url';
import type { Engine, Seeding } from '../engine.js';
import { python } from './python.js';

const script = fileURLToPath(new URL('../engines/libtorrent_run.py', import.meta.url));
const seeding: Seeding = {
  command: ({ torrentPath, folder }) => [python, script, 'seed', torrentPath, folder],
  portIn: (line) => (/^\d+$/.test(line) ? Number(line) : undefined),
};

/** libtorrent, from a script in Python that does nothing but start it and wait. */
export const libtorrent = {
  name: 'libtorrent',
  needs: `the libtorrent module of ${python} (python3-libtorrent)`,
  probe: [python, '-c', 'import libtorrent'],
  download: ({ torrentPath }, folder, { port }) => {
    return [python, script, 'download', torrentPath, folder, `${port}`];
  },
  seeding,
  recheck: ({ torrentPath, folder }) => [python, script, 'recheck', torrentPath, folder],
  create: ({ path }, torrentPath) => [python, script, 'create', torrentPath, path],
  /**
   * `count` sessions that each download their share of the payload from the seed, and nothing from each other;
   * prints, as one line of JSON, how many `seconds` it took from the first byte to the last, and the `bytes`.
   */
  leech: (
    { torrentPath }: { readonly torrentPath: string },
    folder: string,
    { port, count }: { readonly port: number; readonly count: number },
  ) => [python, script, 'leech', torrentPath, folder, `${port}`, `${count}`] as const,
} as const satisfies Engine & Readonly<Record<string, unknown>>;
