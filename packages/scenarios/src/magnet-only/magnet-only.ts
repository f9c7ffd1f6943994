import { utMetadata } from '@peerloom/ut-metadata';
import { utPex } from '@peerloom/ut-pex';
import type { Scenario } from '../scenario.js';
import { countCheck, resultOf, someCheck } from '../swarm/checks.js';
import { NodeObserver } from '../swarm/node-observer.js';
import { SharedFile } from '../swarm/shared-file.js';
import { Swarm } from '../swarm/swarm.js';
import { transferFigures } from '../swarm/transfer-figures.js';

const defaultSizeBytes = 32 * 1024 * 1024;
const seedLimitBytesPerSecond = 4 * 1024 * 1024;
const oldNames = ['leech-1', 'leech-2', 'leech-3'];

/** A newcomer that knows an infohash and one address, of a leech, finds out the rest. */
export const magnetOnly: Scenario = {
  name: 'magnet-only',
  about: 'a magnet link and one address are enough to find the rest',
  run: ({ sizeBytes = defaultSizeBytes, ...options }) =>
    Swarm.run(options, async (swarm) => {
      swarm.note('making the data and its torrent');
      const file = await SharedFile.create(swarm, { name: 'magnet-only.bin', sizeBytes, owners: ['seed'] });
      const extensions = () => [utMetadata(), utPex()];
      const seed = await swarm.addNode('seed', 'seed', {
        extensions: extensions(),
        settings: { uploadLimitBytesPerSecond: seedLimitBytesPerSecond },
      });
      const old = await Promise.all(
        oldNames.map((name) => swarm.addNode(name, 'leech', { extensions: extensions() })),
      );
      const [acquaintance] = old;
      const newcomer = await swarm.addNode('newcomer', 'leech', { extensions: extensions() });
      const observer = new NodeObserver(newcomer);
      await swarm.wait(seed.add(file.metainfo, []).checked());

      swarm.note(`${old.length} leeches have the torrent file and the address of the seed`);
      const startedMs = swarm.elapsedMs;
      const torrents = old.map((leech) => leech.add(file.metainfo, [seed]));
      swarm.note('the newcomer has a magnet link and the address of leech-1');
      torrents.push(newcomer.add(file.magnet, acquaintance === undefined ? [] : [acquaintance]));
      await swarm.watch(Promise.all(torrents.map((torrent) => torrent.finished())));
      const elapsedMs = swarm.elapsedMs - startedMs;
      const figures = transferFigures(swarm.reportProgress(), elapsedMs);
      return resultOf(
        [
          countCheck(
            'metadata',
            'newcomers with the metadata from peers',
            Number(observer.hasReceivedMetadata),
            1,
          ),
          someCheck('addresses', 'addresses that it found by peer exchange', observer.foundCount('pex')),
          await file.checkCopies(swarm, [...old, newcomer]),
        ],
        figures,
      );
    }),
};
