/** Plays a file while it is downloaded: what a browser or a player asks for over HTTP is downloaded first. */
import { readFile } from 'node:fs/promises';
import { FileStorage, parseEndpoint, parseMetainfo, Session } from '@peerloom/core';
import { StreamServer } from '@peerloom/scenarios';

const [torrentPath, peer, folder] = process.argv.slice(2);
if (torrentPath === undefined || peer === undefined || folder === undefined) {
  console.error('usage: stream TORRENT-FILE HOST:PORT FOLDER');
  process.exit(2);
}

const storage = new FileStorage({ root: folder });
const session = new Session({ storage });
const interrupted = new Promise((resolve) => process.once('SIGINT', resolve));
let server: StreamServer | undefined;
let isEnding = false;
try {
  const torrent = session.addTorrent({
    torrent: parseMetainfo(await readFile(torrentPath)),
    peers: [parseEndpoint(peer)],
  });
  // What nobody watches right now comes in order.
  torrent.setSequential(true);
  server = await StreamServer.listen(torrent);
  console.log(`open ${server.url} in a browser or a player; Ctrl-C ends it`);
  void torrent.finished().then(
    () => console.log('all of it is downloaded'),
    (error: Error) => {
      if (!isEnding) console.error(error.message);
    },
  );
  await interrupted;
  isEnding = true;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await server?.close();
  await session.stop();
  await storage.close();
}
