/** Two members of a closed network share a file. An intruder has everything but the secret. */
import { randomBytes } from 'node:crypto';
import { ClosedNetwork } from '@peerloom/closed-network';
import { utMetadata } from '@peerloom/ut-metadata';
import { utPex } from '@peerloom/ut-pex';
import { LocalSwarm } from '../local-swarm.js';

const secret = randomBytes(32).toString('base64');
const member = () => [new ClosedNetwork({ secret }), utMetadata(), utPex()];
const intruders = () => [utMetadata(), utPex()];

await LocalSwarm.run(4 * 1024 * 1024, async (swarm) => {
  const ann = await swarm.addPeer('ann', { hasFile: true, extensions: member() });
  const bob = await swarm.addPeer('bob', { extensions: member() });
  const intruder = await swarm.addPeer('intruder', { extensions: intruders() });
  for (const [name, { session }] of [
    ['ann', ann],
    ['bob', bob],
  ] as const) {
    session.on('plugin', ({ event, data }) => {
      if (event === 'confirmed') console.log(`${name}: a member has come`);
      if (event === 'refused') console.log(`${name}: refused: ${data.message}`);
    });
  }

  await ann.session.addTorrent({ torrent: swarm.metainfo }).checked();
  const turnedAway = new Promise<void>((resolve) => {
    let count = 0;
    intruder.session.on('peerDisconnected', ({ reason }) => {
      console.log(`intruder: ${reason.message}`);
      if (++count === 2) resolve();
    });
  });
  const downloaded = bob.session.addTorrent({ torrent: swarm.magnet, peers: [ann.endpoint] });
  const tried = intruder.session.addTorrent({ torrent: swarm.magnet, peers: [ann.endpoint, bob.endpoint] });
  await Promise.all([downloaded.finished(), turnedAway]);
  await swarm.verify('bob');

  const { downloadedBytes, piecesHave, knownPeerCount } = tried.stats;
  console.log(`the intruder has ${downloadedBytes} bytes, ${piecesHave} pieces, knows no name or size`);
  console.log(`and of ${knownPeerCount} peers, which are those that it was given`);
  if (downloadedBytes > 0 || tried.info !== undefined || knownPeerCount > 2)
    throw new Error('it got something');
});
