/** Seeds a new torrent by giving each piece once: the first copies of it cost about one, however many want it. */
import { readFile } from 'node:fs/promises';
import { FileStorage, formatEndpoint, parseMetainfo, Session } from '@peerloom/core';
import { giveOnce } from '@peerloom/scenarios';

const [torrentPath, folder, listen = '127.0.0.1:0'] = process.argv.slice(2);
if (torrentPath === undefined || folder === undefined) {
  console.error('usage: give-once TORRENT-FILE FOLDER [HOST:PORT]');
  process.exit(2);
}

const storage = new FileStorage({ root: folder });
const session = new Session({ storage, extensions: [giveOnce()] });
try {
  const torrent = session.addTorrent({ torrent: parseMetainfo(await readFile(torrentPath)) });
  const totalBytes = torrent.info?.layout.totalLength ?? 0;
  let told = '';

  const tell = (): void => {
    const copies = (torrent.stats.uploadedBytes / totalBytes).toFixed(2);
    const refusals = session.stats().counters['give-once.refusedRequests'] ?? 0;
    const line = `${copies} copies sent, ${refusals} requests refused`;
    if (line !== told) console.log(line);
    told = line;
  };

  await torrent.checked();
  if (torrent.state !== 'seeding') throw new Error(`not all of ${torrent.name} is in ${folder}`);
  console.log(`listening on ${formatEndpoint(await session.listen(listen))}`);
  const timer = setInterval(tell, 500);
  await new Promise((resolve) => process.once('SIGINT', resolve));
  clearInterval(timer);
  tell();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await session.stop();
  await storage.close();
}
