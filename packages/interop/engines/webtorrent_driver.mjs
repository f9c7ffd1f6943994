// A webtorrent client that is driven over stdio, one JSON object a line.
//
// The first argument holds options of the client that override the ones below, and `fast`: whether it offers the
// fast extension (BEP 6), which webtorrent itself has no option for. Commands come on stdin, each with an `id` and a
// `do`; each is answered with that `id` and a `result` or an `error`. What happens meanwhile is told as lines with an
// `event`. It ends when stdin does.
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import Wire from 'bittorrent-protocol';
import WebTorrent from 'webtorrent';

const { fast = true, ...overrides } = JSON.parse(process.argv[2] ?? '{}');

if (!fast) {
  const { handshake } = Wire.prototype;
  Wire.prototype.handshake = function handshakeWithoutFast(infoHash, peerId, extensions) {
    return handshake.call(this, infoHash, peerId, { ...extensions, fast: false });
  };
}

// One torrent, TCP in plain, no discovery: who talks to whom is decided by the tests alone.
const client = new WebTorrent({
  dht: false,
  lsd: false,
  natPmp: false,
  natUpnp: false,
  secure: 0,
  tracker: false,
  utPex: false,
  utp: false,
  ...overrides,
});
let torrent;
const warnings = [];

/** With the spaces that tell a line of ours from what libraries print. */
function tell(line) {
  const fields = Object.entries(line).map(([name, value]) => `"${name}": ${JSON.stringify(value ?? null)}`);
  console.log(`{${fields.join(', ')}}`);
}

const commands = {
  /** `assumeComplete`: takes the data that is there as right without a look. */
  async add({ torrentPath, savePath, assumeComplete }) {
    const metainfo = await readFile(torrentPath);
    await new Promise((resolve) => {
      torrent = client.add(metainfo, { path: savePath, announce: [], skipVerify: assumeComplete }, resolve);
      torrent.on('done', () => tell({ event: 'done' }));
      torrent.on('warning', ({ message }) => {
        warnings.push(message);
        tell({ event: 'warning', message });
      });
    });
  },

  connect({ peer }) {
    return torrent.addPeer(peer);
  },

  status() {
    return { downloadedBytes: torrent.received, uploadedBytes: torrent.uploaded, warnings };
  },

  peers() {
    return torrent.wires.map((wire) => ({
      isOutgoing: wire.type === 'tcpOutgoing',
      isSeed: wire.isSeeder,
      hasFast: wire.hasFast,
      isChoked: wire.amChoking,
      isChokingUs: wire.peerChoking,
    }));
  },
};

client.on('error', (error) => tell({ event: 'error', message: String(error) }));
client.on('listening', () => tell({ event: 'listening', port: client.torrentPort }));

for await (const line of createInterface({ input: process.stdin })) {
  const { id, do: command, ...fields } = JSON.parse(line);
  try {
    tell({ id, result: await commands[command](fields) });
  } catch (error) {
    // The test decides what a failure means.
    tell({ id, error: String(error) });
  }
}
process.exit();
