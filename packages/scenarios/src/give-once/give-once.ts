import type { Scenario, ScenarioCheck } from '../scenario.js';
import { resultOf } from '../swarm/checks.js';
import { SharedFile } from '../swarm/shared-file.js';
import { Swarm } from '../swarm/swarm.js';
import { giveOnce as giveOnceExtension } from './give-once-extension.js';

const defaultSizeBytes = 24 * 1024 * 1024;
const leechCount = 4;
/** Blocks that were under way when an answer changed may have to be sent once more. */
const allowedShare = 1.02;

/** An extension answers `request` in place of the engine, so that a seed sends its data once. */
export const giveOnce: Scenario = {
  name: 'give-once',
  about: 'an extension answers requests: a seed sends its data once',
  run: ({ sizeBytes = defaultSizeBytes, ...options }) =>
    Swarm.run(options, async (swarm) => {
      swarm.note('making the data and its torrent');
      const file = await SharedFile.create(swarm, {
        name: 'give-once.bin',
        sizeBytes,
        owners: ['usual-seed', 'once-seed'],
        pieceLength: 64 * 1024,
      });
      const copies: ScenarioCheck[] = [];
      const share = async (kind: 'usual' | 'once'): Promise<{ sentBytes: number; refusedCount: number }> => {
        const extensions = kind === 'once' ? [giveOnceExtension()] : [];
        const seed = await swarm.addNode(`${kind}-seed`, 'seed', { extensions });
        const leeches = await Promise.all(
          Array.from({ length: leechCount }, (_, index) =>
            swarm.addNode(`${kind}-leech-${index + 1}`, 'leech'),
          ),
        );
        const seeding = seed.add(file.metainfo, []);
        await swarm.wait(seeding.checked());
        const torrents = leeches.map((leech, index) =>
          leech.add(file.metainfo, [seed, ...leeches.slice(0, index)]),
        );
        await swarm.watch(Promise.all(torrents.map((torrent) => torrent.finished())));
        copies.push(await file.checkCopies(swarm, leeches));
        return {
          sentBytes: seeding.stats.uploadedBytes,
          refusedCount: seed.session.stats().counters['give-once.refusedRequests'] ?? 0,
        };
      };
      swarm.note(`${leechCount} leeches download from a seed as it is, and from each other`);
      const usual = await share('usual');
      swarm.note(`${leechCount} others do so from a seed that gives each piece once`);
      const once = await share('once');

      const times = once.sentBytes / sizeBytes;
      return resultOf(
        [
          ...copies.map((check, index) => ({ ...check, name: `${check.name}${index + 1}` })),
          {
            name: 'sentOnce',
            label: 'the seed sends the data once',
            isPassed: times >= 1 && times <= allowedShare,
            seen: `${times.toFixed(2)} times`,
          },
        ],
        [
          { name: 'sizeBytes', label: 'data', value: sizeBytes, unit: 'bytes' },
          { name: 'usualSentBytes', label: 'sent by a seed', value: usual.sentBytes, unit: 'bytes' },
          {
            name: 'onceSentBytes',
            label: 'sent by one that gives once',
            value: once.sentBytes,
            unit: 'bytes',
          },
          { name: 'refusedRequests', label: 'requests refused', value: `${once.refusedCount}`, unit: 'text' },
        ],
      );
    }),
};
