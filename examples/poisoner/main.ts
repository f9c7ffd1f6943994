/** One of two seeds sends wrong bytes. Smart-ban finds out which, and bans it. */
import { blockLength, defineTorrentExtension, formatEndpoint, pluginApiVersion } from '@peerloom/core';
import { SmartBan } from '@peerloom/smart-ban';
import { LocalSwarm } from '../local-swarm.js';

/** An extension that overrides `request`: it answers in place of the engine, with every bit turned around. */
const poison = defineTorrentExtension({ name: 'poison', apiVersion: pluginApiVersion }, (torrent) => ({
  newConnection: (peer) => ({
    onRequest: ({ piece, begin, length }) => {
      const answer = (block: Uint8Array): void => {
        const bytes = block.subarray(0, length).map((byte) => ~byte);
        peer.send({ type: 'piece', piece, begin, bytes });
      };
      // It may be banned before the block is read: then there is nobody to answer.
      torrent
        .readBlock(piece, begin / blockLength)
        .then(answer)
        .catch(() => {});
      return true;
    },
  }),
}));

await LocalSwarm.run(4 * 1024 * 1024, async (swarm) => {
  const settings = { uploadLimitBytesPerSecond: 2 * 1024 * 1024 };
  const honest = await swarm.addPeer('honest', { hasFile: true, settings });
  const poisoner = await swarm.addPeer('poisoner', { hasFile: true, extensions: [poison] });
  const leech = await swarm.addPeer('leech', { extensions: [new SmartBan()] });
  for (const { session } of [honest, poisoner])
    await session.addTorrent({ torrent: swarm.metainfo }).checked();

  console.log(
    `honest is ${formatEndpoint(honest.endpoint)}, poisoner is ${formatEndpoint(poisoner.endpoint)}`,
  );
  leech.session.on('hashFailed', ({ piece }) => console.log(`piece ${piece} is wrong`));
  leech.session.on('peerBanned', ({ endpoint, reason }) => {
    console.log(`banned ${endpoint === undefined ? '' : formatEndpoint(endpoint)}: ${reason}`);
  });
  const peers = [poisoner.endpoint, honest.endpoint];
  await leech.session.addTorrent({ torrent: swarm.metainfo, peers }).finished();

  // Both are at one address: so the ban is of where the poisoner listens, and the honest one stays.
  const bans = leech.session.bans().map(({ target }) => target);
  const isRight =
    bans.length === 1 &&
    bans.every((ban) => 'endpoint' in ban && ban.endpoint.port === poisoner.endpoint.port);
  if (!isRight) throw new Error('the poisoner alone should be banned');
  console.log('the poisoner is banned, and nobody else');
  await swarm.verify('leech');
});
