/** Bytes of a block: the unit that peers request (BEP 3 practice). */
export const blockLength = 16 * 1024;

/**
 * One block, as named by request, piece, cancel and reject messages (BEP 3, BEP 6). `begin` and
 * `length` are bytes inside piece number `piece`.
 */
export interface BlockRequest {
  /** Index of the piece, from 0. */
  readonly piece: number;
  /** Where the block begins in the piece, in bytes. */
  readonly begin: number;
  /** Length of the block, in bytes. */
  readonly length: number;
}
