import type { Engine } from '../engine.js';

const program = 'aria2c';
const quiet = [
  '--no-conf',
  '--bt-enable-lpd=false',
  '--enable-dht=false',
  '--enable-dht6=false',
  '--enable-peer-exchange=false',
  '--file-allocation=none',
  '--show-console-readout=false',
  '--summary-interval=0',
] as const;

/** aria2, which hears of the seed from a tracker because it can't be told to dial a peer. */
export const aria2: Engine = {
  name: 'aria2',
  needs: `${program} on the path`,
  probe: [program, '--version'],
  download: ({ torrentPath }, folder, { trackerUrl }) => {
    return [program, ...quiet, `--dir=${folder}`, '--seed-time=0', `--bt-tracker=${trackerUrl}`, torrentPath];
  },
  seeding: {
    command: ({ torrentPath, folder }) => {
      return [program, ...quiet, `--dir=${folder}`, '--seed-ratio=0', '--bt-seed-unverified', torrentPath];
    },
    portIn: (line) => {
      const port = /IPv4 BitTorrent: listening on TCP port (\d+)/.exec(line)?.[1];
      return port === undefined ? undefined : Number(port);
    },
  },
  recheck: ({ torrentPath, folder }) => {
    return [program, ...quiet, `--dir=${folder}`, '--check-integrity', '--hash-check-only', torrentPath];
  },
};
