import {
  type BlockRequest,
  blockLength,
  defineTorrentExtension,
  isPeerloomError,
  type PeerContext,
  pluginApiVersion,
  type TorrentContext,
  type TorrentPluginFactory,
} from '@peerloom/core';

/** Makes a session answer every request with wrong bytes: an extension that overrides a standard message. */
export function poison(): TorrentPluginFactory {
  return defineTorrentExtension({ name: 'poison', apiVersion: pluginApiVersion }, (torrent) => ({
    newConnection: (peer) => ({
      onRequest: (request) => {
        void answer(torrent, peer, request);
        return true;
      },
    }),
  }));
}

async function answer(
  torrent: TorrentContext,
  peer: PeerContext,
  { piece, begin, length }: BlockRequest,
): Promise<void> {
  try {
    const block = await torrent.readBlock(piece, begin / blockLength);
    const bytes = block.subarray(0, length).map((byte) => ~byte);
    peer.send({ type: 'piece', piece, begin, bytes });
  } catch (error) {
    // Who has banned us meanwhile, or no longer wants it, gets nothing.
    if (!isPeerloomError(error)) throw error;
  }
}
