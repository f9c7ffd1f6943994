/** A swarm in one process with four extensions together: a closed network that finds itself, and trusts nobody's data. */
import { randomBytes } from 'node:crypto';
import { ClosedNetwork } from '@peerloom/closed-network';
import { SmartBan } from '@peerloom/smart-ban';
import { utMetadata } from '@peerloom/ut-metadata';
import { utPex } from '@peerloom/ut-pex';
import { LocalSwarm } from '../local-swarm.js';

const secret = randomBytes(32).toString('base64');
const extensions = () => [new ClosedNetwork({ secret }), utMetadata(), utPex(), new SmartBan()];
const names = ['ann', 'bob', 'cleo'];

await LocalSwarm.run(16 * 1024 * 1024, async (swarm) => {
  // Slow enough for the others to hear of each other, and to need each other.
  const settings = { uploadLimitBytesPerSecond: 2 * 1024 * 1024 };
  const seed = await swarm.addPeer('seed', { hasFile: true, extensions: extensions(), settings });
  await seed.session.addTorrent({ torrent: swarm.metainfo }).checked();

  const finished = names.map(async (name) => {
    const { session } = await swarm.addPeer(name, { extensions: extensions() });
    session.on('plugin', ({ plugin, event, data }) => {
      if (event === 'confirmed') console.log(`${name}: somebody has proved to know the secret`);
      if (plugin === 'ut_pex' && event === 'learned') console.log(`${name}: hears of ${data.count} others`);
    });
    session.on('metadataReceived', (alert) => console.log(`${name}: it is called ${alert.name}`));
    session.on('peerBanned', ({ reason }) => console.log(`${name}: ${reason}`));

    // A magnet link and one address are all that it is given.
    const torrent = session.addTorrent({ torrent: swarm.magnet, peers: [seed.endpoint] });
    await torrent.finished();
    await swarm.verify(name);
    const { counters } = session.stats();
    console.log(`${name}: ${torrent.stats.uploadedBytes} bytes sent to others`, counters);
  });
  await Promise.all(finished);
});
