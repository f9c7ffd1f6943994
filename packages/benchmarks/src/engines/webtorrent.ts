import { fileURLToPath } from 'node:url';
import type { Engine } from '../engine.js';

const script = fileURLToPath(new URL('../engines/webtorrent_run.mjs', import.meta.url));
const program = [process.execPath, script] as const;

/** webtorrent, over TCP: its WebRTC is native code and left out of this workspace. */
export const webtorrent: Engine = {
  name: 'webtorrent',
  needs: 'the webtorrent package of this workspace',
  probe: [...program, 'version'],
  download: ({ torrentPath }, folder, { port }) => [...program, 'download', torrentPath, folder, `${port}`],
  seeding: {
    command: ({ torrentPath, folder }) => [...program, 'seed', torrentPath, folder],
    portIn: (line) => (/^\d+$/.test(line) ? Number(line) : undefined),
  },
  recheck: ({ torrentPath, folder }) => [...program, 'recheck', torrentPath, folder],
};
