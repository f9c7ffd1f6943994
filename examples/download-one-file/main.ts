/** Downloads one torrent from one peer: the whole of what an application needs. */
import { readFile } from 'node:fs/promises';
import { FileStorage, parseEndpoint, parseMetainfo, Session } from '@peerloom/core';

const [torrentPath, peer, folder] = process.argv.slice(2);
if (torrentPath === undefined || peer === undefined || folder === undefined) {
  console.error('usage: download-one-file TORRENT-FILE HOST:PORT FOLDER');
  process.exit(2);
}

const storage = new FileStorage({ root: folder });
const session = new Session({ storage });
// Ctrl-C keeps what has come: the next start goes on from there.
process.once('SIGINT', () => void session.stop());
try {
  const torrent = session.addTorrent({
    torrent: parseMetainfo(await readFile(torrentPath)),
    peers: [parseEndpoint(peer)],
  });

  session.on('pieceFinished', () => {
    const { piecesHave, pieceCount, downloadRate } = torrent.stats;
    console.log(`${piecesHave} of ${pieceCount} pieces, ${Math.round(downloadRate / 1024)} KiB/s`);
  });
  session.on('peerDisconnected', ({ endpoint, reason }) => {
    console.log(`${endpoint.address}:${endpoint.port} has gone: ${reason.message}`);
  });

  await torrent.finished();
  console.log(`${torrent.name} is in ${folder}, every piece checked`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await session.stop();
  await storage.close();
}
