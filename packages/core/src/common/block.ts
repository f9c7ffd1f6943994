/** Bytes of a block: the unit that peers request (BEP 3 practice). */
export const blockLength = 16 * 1024;

/**
 * One block, as named by request, piece, cancel and reject messages (BEP 3, BEP 6). `begin` and
 * `length` are bytes inside piece number `piece`.
 */
export interface BlockRequest {
  readonly piece: number;
  readonly begin: number;
  readonly length: number;
}
