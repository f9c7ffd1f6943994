const KiB = 1024;
const MiB = 1024 * KiB;

/** Largest .torrent file, and info dictionary, that is read. */
export const maxTorrentFileBytes = 64 * MiB;
/** Most pieces a torrent may have. */
export const maxPieceCount = 2_097_152;
/** Shortest piece length of a v1 torrent. */
export const minPieceLength = KiB;
/** Longest piece length. */
export const maxPieceLength = 256 * MiB;
/** Most elements of one file's path, the torrent's name not counted. */
export const maxPathElements = 100;
/** Most trackers, and most web seeds, taken from one torrent or magnet link. */
export const maxUrls = 200;
/** Longest tracker or web seed URL that is kept. */
export const maxUrlLength = 4_096;
