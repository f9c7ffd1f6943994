// Prints, as one line of JSON (`IdleTorrents`), what torrents cost a session that does nothing with them. The argument is
// an empty folder. Needs --expose-gc.
import { FileStorage, parseMetainfo, Session, type TorrentHandle } from '@peerloom/core';
import { heapBytes } from './heap.js';
import { oneFileTorrent } from './one-file-torrent.js';

/** What was measured. */
export interface IdleTorrents {
  readonly torrentCount: number;
  /** Beside the bytes of its torrent file. */
  readonly heapBytesPerTorrent: number;
  /** From the first byte of a torrent file that is read to the last torrent whose (missing) files are checked. */
  readonly loadSeconds: number;
}

const warmUpCount = 100;
const torrentCount = 10_000;

const [root] = process.argv.slice(2);
if (root === undefined) throw new Error('no folder was named');
const storage = new FileStorage({ root });
const session = new Session({ storage });

/** Adds torrents that it makes up; resolves when they are ready, with the bytes of their files, which are not kept. */
async function load(
  prefix: string,
  count: number,
): Promise<{ readonly bytes: number; readonly seconds: number }> {
  const files = Array.from({ length: count }, (_, index) =>
    oneFileTorrent(`${prefix}-${index}`, index & 0xff),
  );
  const startMs = performance.now();
  const added: TorrentHandle[] = files.map((file) => session.addTorrent({ torrent: parseMetainfo(file) }));
  await Promise.all(added.map((torrent) => torrent.checked()));
  return {
    bytes: files.reduce((sum, { length }) => sum + length, 0),
    seconds: (performance.now() - startMs) / 1000,
  };
}

await load('warm-up', warmUpCount);
const before = await heapBytes();
const { bytes, seconds } = await load('idle', torrentCount);
const after = await heapBytes();
const result: IdleTorrents = {
  torrentCount,
  heapBytesPerTorrent: (after - before - bytes) / torrentCount,
  loadSeconds: seconds,
};
console.log(JSON.stringify(result));
await session.stop();
await storage.close();
