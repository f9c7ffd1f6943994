/** A chat among the peers of a torrent, over an extension message of its own. Lines go in and out of the terminal. */
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { FileStorage, formatEndpoint, parseEndpoint, parseMetainfo, Session } from '@peerloom/core';
import { chat, chatKey } from '@peerloom/scenarios';

const [name, torrentPath, folder, peer] = process.argv.slice(2);
if (name === undefined || torrentPath === undefined || folder === undefined) {
  console.error('usage: chat NAME TORRENT-FILE FOLDER [HOST:PORT]');
  process.exit(2);
}

const storage = new FileStorage({ root: folder });
const session = new Session({ storage, extensions: [chat(name)] });
try {
  const torrent = session.addTorrent({
    torrent: parseMetainfo(await readFile(torrentPath)),
    peers: peer === undefined ? [] : [parseEndpoint(peer)],
  });
  session.on('plugin', ({ event, data }) => {
    if (event === 'line') console.log(`${printable(data.from)}: ${printable(data.text)}`);
    if (event === 'joined') console.log('* somebody has joined');
  });
  console.log(`* others reach you at ${formatEndpoint(await session.listen('127.0.0.1:0'))}`);

  const input = createInterface({ input: process.stdin });
  input.on('line', (text) => {
    try {
      torrent.plugin(chatKey)?.say(text);
    } catch (error) {
      console.error(error instanceof Error ? error.message : error);
    }
  });
  input.once('close', () => void leave());
  process.once('SIGINT', () => input.close());
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
  await leave();
}

async function leave(): Promise<void> {
  await session.stop();
  await storage.close();
}

/** What others send is not to command the terminal. */
function printable(text: unknown): string {
  return String(text).replace(/\p{C}/gu, '?');
}
