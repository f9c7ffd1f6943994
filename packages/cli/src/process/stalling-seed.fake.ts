import { createHash } from 'node:crypto';
import {
  asDict,
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
  return torrentOf(name, [{ path: [name], lengthBytes: pieceCount * pieceLength }]);
}

/** A torrent of a folder `name` with files of these lengths, in pieces of one block, all different. */
export function makeFolderTorrent(name: string, lengths: Readonly<Record<string, number>>): TestTorrent {
  const files = Object.entries(lengths);
  return torrentOf(
    name,
    files.map(([path, lengthBytes]) => ({ path: path.split('/'), lengthBytes })),
    false,
  );
}

function torrentOf(
  name: string,
  files: readonly { readonly path: readonly string[]; readonly lengthBytes: number }[],
  isSingleFile = true,
): TestTorrent {
  const data = new Uint8Array(files.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0));
  const hashes: Uint8Array[] = [];
  for (let start = 0; start < data.length; start += pieceLength) {
    const piece = start / pieceLength;
    const bytes = data.subarray(start, start + pieceLength);
    bytes.fill(createHash('sha1').update(`${name} ${piece}`).digest()[0] ?? 0);
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).write(String(piece));
    hashes.push(createHash('sha1').update(bytes).digest());
  }
  const file = buildMetainfo({
    ...{ name, isSingleFile, files, pieceLength },
    pieceHashes: Buffer.concat(hashes),
  });
  return { file, metainfo: parseMetainfo(file), data };
}

/** The bytes of a file of a torrent. */
export function fileBytes({ metainfo, data }: TestTorrent, index: number): Uint8Array {
  const { offset = 0, lengthBytes = 0 } = metainfo.info.layout.files[index] ?? {};
  return data.subarray(offset, offset + lengthBytes);
}

/** A seed in this process that serves some blocks and then leaves requests unanswered. */
export class StallingSeed {
  /** Names of the extension messages (BEP 10) that peers have said they take. */
  readonly messageNames = new Set<string>();
  readonly #session: Session;

  /** Serves `servedBlocks` blocks in all. */
  constructor(torrent: TestTorrent, servedBlocks: number) {
    const { metainfo } = torrent;
    const storage = new MemoryStorage();
    for (const [index, { path }] of metainfo.info.layout.files.entries()) {
      storage.put(path.join('/'), fileBytes(torrent, index));
    }
    this.#session = new Session({ storage });
    let left = servedBlocks;
    const stall = defineTorrentExtension({ name: 'stall', apiVersion: pluginApiVersion }, () => ({
      newConnection: () => ({
        onExtensionHandshake: (dict) => {
          for (const name of Object.keys(asDict(dict?.m) ?? {})) this.messageNames.add(name);
        },
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
