import { createHash } from 'node:crypto';
import {
  buildMetainfo,
  defineTorrentExtension,
  type Endpoint,
  MemoryStorage,
  type Metainfo,
  parseMetainfo,
  pluginApiVersion,
  Session,
} from '@peerloom/core';

const pieceLength = 16 * 1024;
const blockLength = 16 * 1024;

/** A torrent of one file, with its data. */
export interface TestTorrent {
  readonly file: Uint8Array;
  readonly metainfo: Metainfo;
  readonly data: Uint8Array;
}

/** A torrent of a single file `name` of pieces of one block each, all different. */
export function makeTorrent(name: string, pieceCount: number): TestTorrent {
  const data = new Uint8Array(pieceCount * pieceLength);
  const hashes: Uint8Array[] = [];
  for (let piece = 0; piece < pieceCount; piece++) {
    const bytes = data.subarray(piece * pieceLength, (piece + 1) * pieceLength);
    bytes.fill(createHash('sha1').update(`${name} ${piece}`).digest()[0] ?? 0);
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(0, piece);
    hashes.push(createHash('sha1').update(bytes).digest());
  }
  const file = buildMetainfo({
    name,
    isSingleFile: true,
    files: [{ path: [name], lengthBytes: data.length }],
    pieceLength,
    pieceHashes: Buffer.concat(hashes),
  });
  return { file, metainfo: parseMetainfo(file), data };
}

/** A seed in this process that serves some blocks and then leaves requests unanswered. */
export class StallingSeed {
  readonly #session: Session;

  /** Serves `servedBlocks` blocks in all. */
  constructor({ metainfo, data }: TestTorrent, servedBlocks: number) {
    const storage = new MemoryStorage();
    storage.put(metainfo.info.name, data);
    this.#session = new Session({ storage });
    let left = servedBlocks;
    const stall = defineTorrentExtension({ name: 'stall', apiVersion: pluginApiVersion }, () => ({
      newConnection: () => ({
        onRequest: ({ length }) => {
          left -= length / blockLength;
          return left < 0;
        },
      }),
    }));
    this.#session.addTorrent({ torrent: metainfo, extensions: [stall] });
  }

  listen(): Promise<Endpoint> {
    return this.#session.listen('127.0.0.1:0');
  }

  /** Connects to a peer. False where it does not want to. */
  connect(remote: Endpoint): boolean {
    return this.#session.torrents()[0]?.addPeer(remote) === true;
  }

  stop(): Promise<void> {
    return this.#session.stop();
  }
}
