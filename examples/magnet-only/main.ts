/** A newcomer has an infohash and the address of one peer, and finds out the rest. */
import { formatEndpoint } from '@peerloom/core';
import { utMetadata } from '@peerloom/ut-metadata';
import { utPex } from '@peerloom/ut-pex';
import { LocalSwarm } from '../local-swarm.js';

const extensions = () => [utMetadata(), utPex()];

await LocalSwarm.run(8 * 1024 * 1024, async (swarm) => {
  // Slow enough for peers to tell each other of others, which they do after three seconds.
  const settings = { uploadLimitBytesPerSecond: 1024 * 1024 };
  const seed = await swarm.addPeer('seed', { hasFile: true, extensions: extensions(), settings });
  const leech = await swarm.addPeer('leech', { extensions: extensions() });
  const newcomer = await swarm.addPeer('newcomer', { extensions: extensions() });

  await seed.session.addTorrent({ torrent: swarm.metainfo }).checked();
  const leeching = leech.session.addTorrent({ torrent: swarm.metainfo, peers: [seed.endpoint] });

  console.log(`the newcomer knows ${swarm.magnet.infoHash.hex} and ${formatEndpoint(leech.endpoint)}`);
  newcomer.session.on('metadataReceived', ({ name }) => console.log(`peers told it what there is: ${name}`));
  const torrent = newcomer.session.addTorrent({ torrent: swarm.magnet, peers: [leech.endpoint] });
  await Promise.all([leeching.finished(), torrent.finished()]);

  for (const { endpoint, source } of torrent.knownPeers()) {
    console.log(`it knows ${formatEndpoint(endpoint)} by ${source === 'pex' ? 'peer exchange' : source}`);
  }
  await swarm.verify('newcomer');
});
