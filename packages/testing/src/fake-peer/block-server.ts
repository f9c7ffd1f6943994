import type { BlockRequest } from '@peerloom/core';
import type { VirtualClock } from '../clock/virtual-clock.js';
import type { FakeMessage } from './fake-message.js';

/** The content of a torrent as a fake peer serves it. */
export interface FakeContent {
  /** All of it, files in their order. */
  readonly data: Uint8Array;
  /** Length of every piece but the last, in bytes. */
  readonly pieceLength: number;
}

/** How a fake peer answers requests. */
export interface ServeOptions {
  /** Pieces that it says it has. Default: all. */
  readonly pieces?: readonly number[];
  /** Whether it unchokes whoever is interested. Default true. */
  readonly unchokes?: boolean;
  /** Virtual time before each answer. Default 0. */
  readonly delayMs?: number;
  /**
   * What is answered: bytes, whatever their length, or nothing, or a reject (BEP 6). `block` is a copy of the
   * right answer. Default: the block.
   */
  readonly answer?: (request: BlockRequest, block: Uint8Array) => Uint8Array | 'silence' | 'reject';
}

/** What a block server needs of its peer. */
interface ServingPeer {
  readonly isClosed: boolean;
  readonly received: readonly FakeMessage[];
  observe(observer: (message: FakeMessage) => void): () => void;
  send(...messages: readonly FakeMessage[]): void;
}

/** The bitfield (BEP 3) of some pieces. */
export function fakeBitfield(pieceCount: number, pieces: readonly number[]): Uint8Array {
  const bits = new Uint8Array(Math.ceil(pieceCount / 8));
  for (const piece of pieces) bits[piece >> 3] = (bits[piece >> 3] ?? 0) | (0x80 >> (piece & 7));
  return bits;
}

/** Says what it has, unchokes whoever is interested, and answers requests until the result is called. */
export function serveBlocks(
  peer: ServingPeer,
  clock: VirtualClock,
  content: FakeContent,
  options: ServeOptions,
): () => void {
  const pieceCount = Math.ceil(content.data.length / content.pieceLength);
  const pieces = options.pieces ?? Array.from({ length: pieceCount }, (_, piece) => piece);
  const answer = options.answer ?? ((_request: BlockRequest, block: Uint8Array) => block);
  const cancelled = new Set<string>();

  const respond = (request: BlockRequest): void => {
    if (peer.isClosed || cancelled.delete(keyOf(request))) return;
    const { piece, begin, length } = request;
    const start = piece * content.pieceLength + begin;
    const result = answer({ piece, begin, length }, content.data.slice(start, start + length));
    if (result === 'silence') return;
    if (result === 'reject') peer.send({ type: 'reject', piece, begin, length });
    else peer.send({ type: 'piece', piece, begin, bytes: result });
  };

  const hear = (message: FakeMessage): void => {
    if (message.type === 'interested' && options.unchokes !== false) {
      peer.send({ type: 'unchoke' });
    } else if (message.type === 'cancel') {
      cancelled.add(keyOf(message));
    } else if (message.type === 'request') {
      cancelled.delete(keyOf(message));
      clock.setTimeout(() => respond(message), options.delayMs ?? 0);
    }
  };

  peer.send({ type: 'bitfield', bits: fakeBitfield(pieceCount, pieces) });
  peer.received
    .filter(({ type }) => type === 'interested')
    .slice(-1)
    .forEach(hear);
  return peer.observe(hear);
}

function keyOf({ piece, begin, length }: BlockRequest): string {
  return `${piece}:${begin}:${length}`;
}
