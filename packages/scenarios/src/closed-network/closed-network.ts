import { utMetadata } from '@peerloom/ut-metadata';
import { utPex } from '@peerloom/ut-pex';
import type { Scenario } from '../scenario.js';
import { countCheck, resultOf } from '../swarm/checks.js';
import { MembershipOffice } from '../swarm/membership-office.js';
import { NodeObserver } from '../swarm/node-observer.js';
import { SharedFile } from '../swarm/shared-file.js';
import { strangerChecks } from '../swarm/stranger-checks.js';
import { Swarm } from '../swarm/swarm.js';
import { transferFigures } from '../swarm/transfer-figures.js';

const defaultSizeBytes = 32 * 1024 * 1024;
const seedLimitBytesPerSecond = 8 * 1024 * 1024;
const leechNames = ['leech-1', 'leech-2'];

/** Members with certificates share a file; one who knows the infohash and every address, but is no member, tries to. */
export const closedNetwork: Scenario = {
  name: 'closed-network',
  about: 'members share a file; intruders learn and get nothing',
  run: ({ sizeBytes = defaultSizeBytes, ...options }) =>
    Swarm.run(options, async (swarm) => {
      swarm.note('making the data, its torrent, and a certificate for each member');
      const owners = ['seed'];
      const file = await SharedFile.create(swarm, { name: 'closed-network.bin', sizeBytes, owners });
      const office = new MembershipOffice();
      const others = new MembershipOffice();
      const common = () => [utMetadata(), utPex()];
      const seed = await swarm.addNode('seed', 'seed', {
        extensions: [office.admit('seed'), ...common()],
        settings: { uploadLimitBytesPerSecond: seedLimitBytesPerSecond },
      });
      const leeches = await Promise.all(
        leechNames.map((name) =>
          swarm.addNode(name, 'leech', { extensions: [office.admit(name), ...common()] }),
        ),
      );
      const stranger = await swarm.addNode('stranger', 'stranger', { extensions: common() });
      const forger = await swarm.addNode('forger', 'stranger', {
        extensions: [others.admit('seed'), ...common()],
      });
      const members = [seed, ...leeches];
      const observers = members.map((member) => new NodeObserver(member));
      await swarm.wait(seed.add(file.metainfo, []).checked());

      swarm.note('the members have the magnet link and the address of the seed');
      const startedMs = swarm.elapsedMs;
      const torrents = leeches.map((leech) => leech.add(file.magnet, [seed]));
      swarm.note('the stranger has all addresses and no certificate');
      swarm.note('the forger has all addresses and a certificate of its own making');
      const turnedAway = [stranger, forger].map((intruder) => {
        const observer = new NodeObserver(intruder);
        const torrent = intruder.add(file.magnet, members);
        return Promise.race([
          observer.until(({ disconnects }) => disconnects >= members.length),
          torrent.finished(),
        ]);
      });
      await swarm.watch(Promise.all([...torrents.map((torrent) => torrent.finished()), ...turnedAway]));
      const elapsedMs = swarm.elapsedMs - startedMs;
      const figures = transferFigures(swarm.reportProgress(), elapsedMs);

      const connections = observers.flatMap(({ encrypted }) => encrypted);
      const encryptedCount = connections.filter(Boolean).length;
      return resultOf(
        [
          countCheck(
            'encrypted',
            "members' connections that are encrypted",
            encryptedCount,
            connections.length,
          ),
          ...strangerChecks(stranger, members.length),
          ...strangerChecks(forger, members.length),
          await file.checkCopies(swarm, leeches),
        ],
        figures,
      );
    }),
};
