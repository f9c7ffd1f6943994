import type { Scenario } from '../scenario.js';
import { resultOf } from '../swarm/checks.js';
import { SharedFile } from '../swarm/shared-file.js';
import { Swarm } from '../swarm/swarm.js';
import { transferFigures } from '../swarm/transfer-figures.js';

const defaultSizeBytes = 32 * 1024 * 1024;

/** One session downloads a file from another: the least that there can be, without any extension. */
export const download: Scenario = {
  name: 'download',
  about: 'one file from one seed, no extension at all',
  run: ({ sizeBytes = defaultSizeBytes, ...options }) =>
    Swarm.run(options, async (swarm) => {
      swarm.note('making the data and its torrent');
      const file = await SharedFile.create(swarm, { name: 'download.bin', sizeBytes, owners: ['seed'] });
      const seed = await swarm.addNode('seed', 'seed');
      const leech = await swarm.addNode('leech', 'leech');
      await swarm.wait(seed.add(file.metainfo, []).checked());

      swarm.note('the leech has the torrent file and the address of the seed');
      const startedMs = swarm.elapsedMs;
      await swarm.watch(leech.add(file.metainfo, [seed]).finished());
      const elapsedMs = swarm.elapsedMs - startedMs;
      const figures = transferFigures(swarm.reportProgress(), elapsedMs);
      return resultOf([await file.checkCopies(swarm, [leech])], figures);
    }),
};
