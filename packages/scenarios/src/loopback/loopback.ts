import type { NodeProgress, NodeRole, Scenario, ScenarioFigure } from '../scenario.js';
import { SharedFile } from '../swarm/shared-file.js';
import { Swarm } from '../swarm/swarm.js';

const defaultSizeBytes = 64 * 1024 * 1024;
const leechNames = ['leech-1', 'leech-2', 'leech-3', 'leech-4'];

/** A seed and four leeches, five sessions in one process, over real TCP on loopback. */
export const loopback: Scenario = {
  name: 'loopback',
  about: 'a seed and four leeches share 64 MiB over TCP on this machine, and the result is verified',
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

      const verifiedCount = await file.countCopies(swarm, leeches);
      return {
        isPassed: verifiedCount === leeches.length,
        figures: [...transferFigures(progress, elapsedMs), ...file.figures(verifiedCount, leeches.length)],
      };
    }),
};

function transferFigures(nodes: readonly NodeProgress[], elapsedMs: number): readonly ScenarioFigure[] {
  const leeches = nodes.filter(({ role }) => role === 'leech');
  const sentBy = (role: NodeRole): number =>
    sum(nodes.filter((node) => node.role === role).map(({ uploadedBytes }) => uploadedBytes));
  const movedBytes = sum(leeches.map(({ haveBytes }) => haveBytes));
  return [
    { name: 'movedBytes', label: 'moved', value: movedBytes, unit: 'bytes' },
    { name: 'elapsedMs', label: 'in', value: elapsedMs, unit: 'ms' },
    { name: 'rate', label: 'at', value: movedBytes / (elapsedMs / 1000), unit: 'bytesPerSecond' },
    { name: 'seedUploadedBytes', label: 'sent by the seed', value: sentBy('seed'), unit: 'bytes' },
    { name: 'leechUploadedBytes', label: 'sent by leeches', value: sentBy('leech'), unit: 'bytes' },
  ];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
