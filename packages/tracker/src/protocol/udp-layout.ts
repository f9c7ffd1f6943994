/** Numbers of the packets (BEP 15). */
export const udpActions = { connect: 0, announce: 1, scrape: 2, error: 3 } as const;

/** What a connect request begins with in place of a connection id (BEP 15). */
export const udpProtocolId = 0x41727101980n;

/** Infohashes that fit into one scrape request (BEP 15). */
export const maxUdpScrapeHashes = 74;

/** Length of an infohash, and of a peer id, in bytes. */
export const hashBytes = 20;

/** A view of bytes for reading and writing numbers. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** An unsigned 64-bit number, as the greatest safe integer where it is more. */
export function readCount(view: DataView, offset: number): number {
  return Number(minOf(view.getBigUint64(offset), BigInt(Number.MAX_SAFE_INTEGER)));
}

function minOf(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
