import type { Scenario } from '../scenario.js';
import { resultOf } from '../swarm/checks.js';
import { SharedFile } from '../swarm/shared-file.js';
import { Swarm } from '../swarm/swarm.js';
import { transferFigures } from '../swarm/transfer-figures.js';

const defaultSizeBytes = 64 * 1024 * 1024;
const leechNames = ['leech-1', 'leech-2', 'leech-3', 'leech-4'];

/** A seed and four leeches, five sessions in one process, over real TCP on loopback. */
export const loopback: Scenario = {
  name: 'loopback',
  about: 'a seed and four leeches, as fast as this machine can',
  run: ({ sizeBytes = defaultSizeBytes, ...options }) =>
    Swarm.run(options, async (swarm) => {
      swarm.note('making the data and its torrent');
      const file = await SharedFile.create(swarm, {
        name: 'loopback.bin',
        sizeBytes,
        owners: ['seed'],
        pieceLength: 256 * 1024,
      });
      const seed = await swarm.addNode('seed', 'seed');
      const leeches = await Promise.all(leechNames.map((name) => swarm.addNode(name, 'leech')));
      await swarm.wait(seed.add(file.metainfo, []).checked());

      swarm.note(`${leeches.length} leeches download from the seed and from each other`);
      const startedMs = swarm.elapsedMs;
      // Each pair needs one connection: a leech dials the seed and the leeches before it.
      const torrents = leeches.map((leech, index) =>
        leech.add(file.metainfo, [seed, ...leeches.slice(0, index)]),
      );
      await swarm.watch(Promise.all(torrents.map((torrent) => torrent.finished())));
      const elapsedMs = swarm.elapsedMs - startedMs;
      const progress = swarm.reportProgress();

      return resultOf([await file.checkCopies(swarm, leeches)], transferFigures(progress, elapsedMs));
    }),
};
