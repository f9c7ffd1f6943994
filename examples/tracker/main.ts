/** A tracker of your own, over HTTP and UDP. With INFOHASHES it serves these torrents only. */
import { InfoHash, NodeNetwork, SystemClock, SystemSecureRandom } from '@peerloom/core';
import { TrackerServer } from '@peerloom/tracker/server';

const [listen, ...infoHashes] = process.argv.slice(2);
if (listen === undefined) {
  console.error('usage: tracker HOST:PORT [INFOHASHES…]');
  process.exit(2);
}

let tracker: TrackerServer | undefined;
try {
  const clock = new SystemClock();
  tracker = new TrackerServer({
    clock,
    network: new NodeNetwork(clock),
    secureRandom: new SystemSecureRandom(),
    ...(infoHashes.length > 0 && { whitelist: infoHashes.map((hex) => InfoHash.fromHex(hex)) }),
    onAnnounce: ({ peer, event, leftBytes, peersTold }) =>
      console.log(
        `${peer.address}:${peer.port} ${event}, lacks ${leftBytes} bytes, told of ${peersTold} peers`,
      ),
  });
  console.log((await tracker.listenHttp(listen)).announceUrl);
  console.log((await tracker.listenUdp(listen)).announceUrl);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void tracker?.close());
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
  // HTTP may be there already where UDP cannot be had.
  await tracker?.close();
}
