import { SmartBan } from '@peerloom/smart-ban';
import { TrackerClient } from '@peerloom/tracker';
import { utMetadata } from '@peerloom/ut-metadata';
import { utPex } from '@peerloom/ut-pex';
import type { Scenario, ScenarioResult } from '../scenario.js';
import { countCheck, resultOf } from '../swarm/checks.js';
import { MembershipOffice } from '../swarm/membership-office.js';
import { NodeObserver } from '../swarm/node-observer.js';
import { poison } from '../swarm/poison.js';
import { SharedFile } from '../swarm/shared-file.js';
import { strangerChecks } from '../swarm/stranger-checks.js';
import { Swarm } from '../swarm/swarm.js';
import { type SwarmTracker, startSwarmTracker } from '../swarm/swarm-tracker.js';
import { transferFigures } from '../swarm/transfer-figures.js';

const defaultSizeBytes = 48 * 1024 * 1024;
/** So slow that there is time to watch, and that leeches need each other. */
const seedLimitBytesPerSecond = 4 * 1024 * 1024;
const trackedNames = ['leech-1', 'leech-2'];
const introducedNames = ['leech-3', 'leech-4'];
const leechNames = [...trackedNames, ...introducedNames];
const poisonerName = 'poisoner';

/** Every extension of the project at once: what each of them is for happens, and is counted. */
export const allExtensions: Scenario = {
  name: 'all-extensions',
  about: 'every extension at once, a stranger, and a member that lies',
  run: async ({ sizeBytes = defaultSizeBytes, ...options }) => {
    const tracker = await startSwarmTracker();
    try {
      return await Swarm.run(options, (swarm) => runIn(swarm, tracker, sizeBytes));
    } finally {
      await tracker.close();
    }
  },
};

async function runIn(swarm: Swarm, tracker: SwarmTracker, sizeBytes: number): Promise<ScenarioResult> {
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
  const trackedMember = (name: string) => [...member(name), new TrackerClient()];

  const seed = await swarm.addNode('seed', 'seed', {
    extensions: trackedMember('seed'),
    settings: { uploadLimitBytesPerSecond: seedLimitBytesPerSecond },
  });
  const tracked = await Promise.all(
    trackedNames.map((name) => swarm.addNode(name, 'leech', { extensions: trackedMember(name) })),
  );
  const introduced = await Promise.all(
    introducedNames.map((name) => swarm.addNode(name, 'leech', { extensions: member(name) })),
  );
  const leeches = [...tracked, ...introduced];
  const poisoner = await swarm.addNode(poisonerName, 'poisoner', {
    extensions: [...member(poisonerName), poison()],
  });
  const stranger = await swarm.addNode('stranger', 'stranger', { extensions: common() });
  const observers = leeches.map((leech) => new NodeObserver(leech));
  const members = [seed, poisoner, ...leeches];
  const startedMs = swarm.elapsedMs;

  await swarm.wait(seed.add({ ...file.metainfo, trackers: [[tracker.announceUrl]] }, []).checked());
  await swarm.wait(tracker.seedAnnounced);
  swarm.note('the stranger has the magnet link and most addresses, and no certificate');
  const reachable = members.slice(0, -1);
  stranger.add(file.magnet, reachable);
  swarm.note(`${trackedNames.join(' and ')} have a magnet link with the tracker, and no address`);
  const trackedMagnet = { ...file.magnet, trackers: [tracker.announceUrl] };
  swarm.note(`${introducedNames.join(' and ')} have the magnet link and the address of the seed`);
  const torrents = [
    ...tracked.map((leech) => leech.add(trackedMagnet, [])),
    ...introduced.map((leech) => leech.add(file.magnet, [seed])),
  ];
  // Nobody but ut_pex tells of a leech that no tracker knows, and such a leech of the others: whichever side dials.
  const hasMetOthers = (observer: NodeObserver): boolean => {
    const strangers = trackedNames.includes(observer.node.name) ? introducedNames : leechNames;
    return [...observer.memberNames.values()].some((name) => strangers.includes(name));
  };
  await swarm.watch(Promise.all(observers.map((observer) => observer.until(hasMetOthers))));
  swarm.note('the poisoner, a member, offers everything, and sends wrong bytes');
  poisoner.add(file.metainfo, leeches);
  await swarm.watch(Promise.all(torrents.map((torrent) => torrent.finished())));

  const elapsedMs = swarm.elapsedMs - startedMs;
  const progress = swarm.reportProgress();
  const connections = observers.flatMap(({ encrypted }) => encrypted);
  const ofLeeches = (isTrue: (observer: NodeObserver) => boolean): number => observers.filter(isTrue).length;
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
        'tracker',
        'leeches that found others by the tracker',
        ofLeeches((leech) => leech.foundCount('tracker') > 0),
        tracked.length,
      ),
      countCheck('peerExchange', 'leeches that met others by peer exchange', ofLeeches(hasMetOthers), ofAll),
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
      ...strangerChecks(stranger, reachable.length),
      await file.checkCopies(swarm, leeches),
    ],
    transferFigures(progress, elapsedMs),
  );
}
