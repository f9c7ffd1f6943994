import type { FrameHandler } from './frame-handler.js';

/** For tests: writes down every call with copies of its payload, and can stall or refuse blocks. */
export class RecordingHandler implements FrameHandler {
  readonly calls: unknown[] = [];
  /** What `pieceTarget` does: give memory, throw the payload away, or first stall that many times. */
  target: (piece: number, begin: number, length: number) => Uint8Array | 'stall' | undefined = (
    _p,
    _b,
    length,
  ) => new Uint8Array(length);
  /** Called after each call but `pieceTarget`. */
  afterCall: () => unknown = () => undefined;
  #given: Uint8Array | undefined;

  onKeepAlive = () => this.#record('keepAlive');
  onChoke = () => this.#record('choke');
  onUnchoke = () => this.#record('unchoke');
  onInterested = () => this.#record('interested');
  onNotInterested = () => this.#record('notInterested');
  onHave = (piece: number) => this.#record('have', piece);
  onBitfield = (bits: Uint8Array) => this.#record('bitfield', bits.slice());
  onRequest = (...block: [number, number, number]) => this.#record('request', ...block);
  onCancel = (...block: [number, number, number]) => this.#record('cancel', ...block);
  onReject = (...block: [number, number, number]) => this.#record('reject', ...block);
  onPort = (port: number) => this.#record('port', port);
  onSuggest = (piece: number) => this.#record('suggest', piece);
  onAllowedFast = (piece: number) => this.#record('allowedFast', piece);
  onHaveAll = () => this.#record('haveAll');
  onHaveNone = () => this.#record('haveNone');
  onExtended = (id: number, payload: Uint8Array) => this.#record('extended', id, payload.slice());
  onUnknownMessage = (id: number, payload: Uint8Array) => this.#record('unknown', id, payload.slice());

  pieceTarget(piece: number, begin: number, length: number): Uint8Array | 'stall' | undefined {
    const target = this.target(piece, begin, length);
    if (target !== 'stall') this.#given = target;
    return target;
  }

  onPiece(piece: number, begin: number, length: number): void {
    this.#record('piece', piece, begin, this.#given?.slice(0, length));
  }

  onPieceDiscarded(piece: number, begin: number, length: number): void {
    this.#record('discarded', piece, begin, length);
  }

  #record(...call: unknown[]): void {
    this.calls.push(call);
    this.afterCall();
  }
}
