import { SmartBan } from '@peerloom/smart-ban';
import type { Scenario } from '../scenario.js';
import { countCheck, noneCheck, resultOf } from '../swarm/checks.js';
import { NodeObserver } from '../swarm/node-observer.js';
import { poison } from '../swarm/poison.js';
import { SharedFile } from '../swarm/shared-file.js';
import { Swarm } from '../swarm/swarm.js';
import { transferFigures } from '../swarm/transfer-figures.js';

const defaultSizeBytes = 16 * 1024 * 1024;
const seedLimitBytesPerSecond = 1024 * 1024;
const seedNames = ['seed-1', 'seed-2', 'seed-3'];

/** One of four that have the data answers every request with wrong bytes, faster than the others. */
export const poisoner: Scenario = {
  name: 'poisoner',
  about: 'who sends wrong data is found and banned, and nobody else',
  run: ({ sizeBytes = defaultSizeBytes, ...options }) =>
    Swarm.run(options, async (swarm) => {
      swarm.note('making the data and its torrent');
      const owners = [...seedNames, 'poisoner'];
      const file = await SharedFile.create(swarm, { name: 'poisoner.bin', sizeBytes, owners });
      const seeds = await Promise.all(
        seedNames.map((name) =>
          swarm.addNode(name, 'seed', {
            settings: { uploadLimitBytesPerSecond: seedLimitBytesPerSecond },
          }),
        ),
      );
      const liar = await swarm.addNode('poisoner', 'poisoner', { extensions: [poison()] });
      // One block at a time of each, so that several have a part in each piece.
      const settings = { maxOutstandingRequests: 2 };
      const leech = await swarm.addNode('leech', 'leech', { extensions: [new SmartBan()], settings });
      const observer = new NodeObserver(leech);
      await swarm.wait(Promise.all([...seeds, liar].map((node) => node.add(file.metainfo, []).checked())));

      swarm.note('three honest seeds are slow; the poisoner is fast, and inverts every bit');
      const startedMs = swarm.elapsedMs;
      await swarm.watch(leech.add(file.metainfo, [...seeds, liar]).finished());
      const elapsedMs = swarm.elapsedMs - startedMs;
      const progress = swarm.reportProgress();

      const banned = leech.session.bans().map(({ target }) => target);
      const liarCount = banned.filter((target) => liar.isMetBy(target)).length;
      return resultOf(
        [
          countCheck('banned', 'poisoners that are banned', liarCount, 1),
          noneCheck('bannedOthers', 'others that are banned', banned.length - liarCount),
          await file.checkCopies(swarm, [leech]),
        ],
        [
          ...transferFigures(progress, elapsedMs),
          {
            name: 'wrongPieces',
            label: 'pieces that came wrong',
            value: String(observer.wrongPieces),
            unit: 'text',
          },
          {
            name: 'wastedBytes',
            label: 'bytes of these',
            value: leech.torrent?.stats.wastedBytes ?? 0,
            unit: 'bytes',
          },
        ],
      );
    }),
};
