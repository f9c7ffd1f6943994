import type { TorrentContext } from '@peerloom/core/plugin';

/** What others say before they know what there is: a block. */
const unknownLeftBytes = 16_384;

/** What is missing of the whole torrent, files that are not wanted included: so trackers tell seeds from others. */
export function leftBytes(torrent: TorrentContext): number {
  const { layout, stats } = torrent;
  if (layout === undefined) return unknownLeftBytes;
  const last = layout.pieceCount - 1;
  const shortBy = torrent.have(last) ? layout.pieceLength - layout.pieceSize(last) : 0;
  return Math.max(0, layout.totalLength - stats.piecesHave * layout.pieceLength + shortBy);
}
