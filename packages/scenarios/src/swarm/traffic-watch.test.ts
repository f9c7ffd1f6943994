import { formatEndpoint } from '@peerloom/core';
import { expect, test } from 'vitest';
import { SharedFile } from './shared-file.js';
import { Swarm } from './swarm.js';

const sizeBytes = 200_000;

test('what went over connections that have ended still counts, and who is not of the swarm is told by address', async () => {
  await Swarm.run({ report: () => {}, signal: new AbortController().signal }, async (swarm) => {
    const file = await SharedFile.create(swarm, { name: 'a.bin', sizeBytes, owners: ['seed'] });
    const seed = await swarm.addNode('seed', 'seed');
    const leech = await swarm.addNode('leech', 'leech');
    await seed.add(file.metainfo, []).checked();
    const traffic = () => leech.progress(0, () => undefined).traffic;
    const remote = seed.endpoints.map((endpoint) => formatEndpoint(endpoint))[0];
    const disconnected = new Promise((resolve) => leech.session.on('peerDisconnected', resolve));

    expect(traffic()).toEqual([]);
    await leech.add(file.metainfo, [seed]).finished();
    expect(traffic()).toEqual([{ remote, downloadedBytes: sizeBytes, uploadedBytes: 0 }]);
    await seed.session.stop();
    await disconnected;
    expect(leech.torrent?.peers()).toEqual([]);
    expect(traffic()).toEqual([{ remote, downloadedBytes: sizeBytes, uploadedBytes: 0 }]);
    return { isPassed: true, checks: [], figures: [] };
  });
});
