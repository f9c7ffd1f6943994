// A webtorrent client with one torrent: `seed TORRENT FOLDER`, `download TORRENT FOLDER PORT`, `recheck TORRENT
// FOLDER`, or `version`. A seed prints the port it listens on and stays; the others end when they are done.
import { readFile } from 'node:fs/promises';
import { Server } from 'node:net';
import WebTorrent from 'webtorrent';

const [task, torrentPath, folder, port] = process.argv.slice(2);

// webtorrent can't be told which address to listen on.
const { listen } = Server.prototype;
Server.prototype.listen = function listenOnLoopback(wanted, ...rest) {
  return listen.call(this, { port: wanted, host: '127.0.0.1' }, ...rest);
};

if (task === 'version') {
  console.log(WebTorrent.VERSION);
  process.exit();
}

// Its own defaults, but for discovery.
const client = new WebTorrent({
  dht: false,
  lsd: false,
  natPmp: false,
  natUpnp: false,
  tracker: false,
  utPex: false,
});
client.on('error', (error) => {
  console.error(error);
  process.exit(1);
});
const finish = () => client.destroy(() => process.exit());

client.add(
  await readFile(torrentPath),
  { path: folder, announce: [], skipVerify: task === 'seed' },
  (torrent) => {
    if (task === 'seed') console.log(client.torrentPort);
    else if (torrent.done) finish();
    else torrent.once('done', finish);
    if (task === 'download') torrent.addPeer(`127.0.0.1:${port}`);
  },
);
