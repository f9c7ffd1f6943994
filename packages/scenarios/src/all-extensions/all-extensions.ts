import { SmartBan } from '@peerloom/smart-ban';
import { utMetadata } from '@peerloom/ut-metadata';
import { utPex } from '@peerloom/ut-pex';
import type { Scenario } from '../scenario.js';
import { countCheck, resultOf } from '../swarm/checks.js';
import { MembershipOffice } from '../swarm/membership-office.js';
import { NodeObserver } from '../swarm/node-observer.js';
import { poison } from '../swarm/poison.js';
import { SharedFile } from '../swarm/shared-file.js';
import { strangerChecks } from '../swarm/stranger-checks.js';
import { Swarm } from '../swarm/swarm.js';
import { transferFigures } from '../swarm/transfer-figures.js';

const defaultSizeBytes = 48 * 1024 * 1024;
/** So slow that there is time to watch, and that leeches need each other. */
const seedLimitBytesPerSecond = 4 * 1024 * 1024;
const leechNames = ['leech-1', 'leech-2', 'leech-3', 'leech-4'];
const poisonerName = 'poisoner';

/** Every extension of the project at once: what each of them is for happens, and is counted. */
export const allExtensions: Scenario = {
  name: 'all-extensions',
  about: 'every extension at once, a stranger, and a member that lies',
  run: ({ sizeBytes = defaultSizeBytes, ...options }) =>
    Swarm.run(options, async (swarm) => {
      swarm.note('making the data, its torrent, and a certificate for each member');
      const file = await SharedFile.create(swarm, {
        name: 'all-extensions.bin',
        sizeBytes,
        owners: ['seed', poisonerName],
        pieceLength: 256 * 1024,
      });
      const office = new MembershipOffice();
      const common = () => [utMetadata(), utPex(), new SmartBan()];
      const member = (name: string) => [office.admit(name), ...common()];

      const seed = await swarm.addNode('seed', 'seed', {
        extensions: member('seed'),
        settings: { uploadLimitBytesPerSecond: seedLimitBytesPerSecond },
      });
      const leeches = await Promise.all(
        leechNames.map((name) => swarm.addNode(name, 'leech', { extensions: member(name) })),
      );
      const poisoner = await swarm.addNode(poisonerName, 'poisoner', {
        extensions: [...member(poisonerName), poison()],
      });
      const stranger = await swarm.addNode('stranger', 'stranger', { extensions: common() });
      const observers = leeches.map((leech) => new NodeObserver(leech));
      const members = [seed, poisoner, ...leeches];
      const startedMs = swarm.elapsedMs;

      await swarm.wait(seed.add(file.metainfo, []).checked());
      swarm.note('the stranger has the magnet link and every address, and no certificate');
      stranger.add(file.magnet, members);
      swarm.note('each leech has the magnet link and the address of the seed');
      const torrents = leeches.map((leech) => leech.add(file.magnet, [seed]));
      await swarm.watch(
        Promise.all(observers.map((observer) => observer.until((leech) => leech.foundCount('pex') > 0))),
      );
      swarm.note('the poisoner, a member, offers all of the data to each leech, and sends wrong bytes');
      poisoner.add(file.metainfo, leeches);
      await swarm.watch(Promise.all(torrents.map((torrent) => torrent.finished())));

      const elapsedMs = swarm.elapsedMs - startedMs;
      const progress = swarm.reportProgress();
      const connections = observers.flatMap(({ encrypted }) => encrypted);
      const ofLeeches = (isTrue: (observer: NodeObserver) => boolean): number =>
        observers.filter(isTrue).length;
      const ofAll = leeches.length;
      return resultOf(
        [
          countCheck(
            'metadata',
            'leeches that got the metadata from peers',
            ofLeeches(({ hasReceivedMetadata }) => hasReceivedMetadata),
            ofAll,
          ),
          countCheck(
            'peerExchange',
            'leeches that found others by peer exchange',
            ofLeeches((leech) => leech.foundCount('pex') > 0),
            ofAll,
          ),
          countCheck(
            'bans',
            'leeches that banned the poisoner and nobody else',
            ofLeeches(({ bannedNames }) => bannedNames.join() === poisonerName),
            ofAll,
          ),
          countCheck(
            'encrypted',
            'connections that are encrypted',
            connections.filter(Boolean).length,
            connections.length,
          ),
          ...strangerChecks(stranger, members.length),
          await file.checkCopies(swarm, leeches),
        ],
        transferFigures(progress, elapsedMs),
      );
    }),
};
