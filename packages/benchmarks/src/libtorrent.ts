import { fileURLToPath } from 'node:url';
import type { SeedingEngine } from './engine.js';
import { python } from './python.js';

const script = fileURLToPath(new URL('../engines/libtorrent_run.py', import.meta.url));

/** libtorrent, from a script in Python that does nothing but start it and wait. */
export const libtorrent: SeedingEngine = {
  name: 'libtorrent',
  needs: `the libtorrent module of ${python} (python3-libtorrent)`,
  probe: [python, '-c', 'import libtorrent'],
  download: ({ torrentPath }, folder, { port }) => {
    return [python, script, 'download', torrentPath, folder, `${port}`];
  },
  recheck: ({ torrentPath, folder }) => [python, script, 'recheck', torrentPath, folder],
  seed: ({ torrentPath, folder }) => [python, script, 'seed', torrentPath, folder],
  portIn: (line) => (/^\d+$/.test(line) ? Number(line) : undefined),
};
