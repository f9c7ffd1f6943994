/** What a `FrameParser` calls, in the order of the wire. Numbers are as received, unchecked. */
export interface FrameHandler {
  onKeepAlive(): void;
  onChoke(): void;
  onUnchoke(): void;
  onInterested(): void;
  onNotInterested(): void;
  onHave(piece: number): void;
  /** `bits` is valid during the call only. */
  onBitfield(bits: Uint8Array): void;
  onRequest(piece: number, begin: number, length: number): void;
  onCancel(piece: number, begin: number, length: number): void;
  onReject(piece: number, begin: number, length: number): void;
  onPort(port: number): void;
  onSuggest(piece: number): void;
  onAllowedFast(piece: number): void;
  onHaveAll(): void;
  onHaveNone(): void;
  /**
   * The header of a piece message was read: where its payload goes. An array of at least `length`
   * bytes gets it, from its start; `undefined` throws it away; `'stall'` stops the parser before the
   * payload, and the next push asks again.
   */
  pieceTarget(piece: number, begin: number, length: number): Uint8Array | 'stall' | undefined;
  /** The payload is complete in its target, which belongs to the handler again. */
  onPiece(piece: number, begin: number, length: number): void;
  /** A payload that had no target, or lost it, has gone by. */
  onPieceDiscarded(piece: number, begin: number, length: number): void;
  /** `payload` is valid during the call only. */
  onExtended(id: number, payload: Uint8Array): void;
  /** `payload` is valid during the call only. */
  onUnknownMessage(id: number, payload: Uint8Array): void;
}
