import { Bitfield } from '../common/bitfield.js';
import { type BlockRequest, blockLength } from '../common/block.js';
import { copyBytes } from '../common/bytes.js';
import { PluginError } from '../common/errors.js';
import type { TorrentLayout } from '../metainfo/layout.js';
import type { StandardMessage } from '../plugin/standard-message.js';
import type { PeerConnection } from './peer-connection.js';

/** Longest block that may be sent (BEP 3 practice). */
const maxBlockBytes = 128 * 1024;

/** Sends a plugin's message with the engine's own checks and bookkeeping; see `PeerContext.send`. */
export function sendStandardMessage(peer: PeerConnection, message: StandardMessage): void {
  const { sender, state } = peer;
  switch (message.type) {
    case 'keepAlive':
      sender.keepAlive();
      return;
    case 'choke':
      peer.choke();
      return;
    case 'unchoke':
      peer.unchoke();
      return;
    case 'interested':
      sender.interested();
      return;
    case 'notInterested':
      sender.notInterested();
      return;
    case 'haveAll':
      checkFast(peer, message.type);
      sender.haveAll();
      return;
    case 'haveNone':
      checkFast(peer, message.type);
      sender.haveNone();
      return;
    case 'have':
      checkPiece(peer, message.piece);
      sender.have(message.piece);
      return;
    case 'dontHave': {
      checkPiece(peer, message.piece);
      const id = peer.extensions.remoteId('lt_donthave');
      if (id === 0) throw notNow('the remote does not know lt_donthave');
      sender.dontHave(id, message.piece);
      return;
    }
    case 'suggest':
      checkFast(peer, message.type);
      checkPiece(peer, message.piece);
      sender.suggest(message.piece);
      return;
    case 'allowedFast':
      checkFast(peer, message.type);
      checkPiece(peer, message.piece);
      peer.grants.grant(message.piece);
      return;
    case 'bitfield':
      sendBitfield(peer, message.bits);
      return;
    case 'request':
      sendRequest(peer, message);
      return;
    case 'cancel':
      checkBlock(peer, message);
      if (!peer.requests.isOutstanding(message.piece, message.begin / blockLength)) {
        throw notNow('there is no such request');
      }
      peer.requests.cancel(message.piece, message.begin / blockLength);
      return;
    case 'reject':
      checkFast(peer, message.type);
      checkRange(peer, message);
      if (!peer.uploads.answer(message.piece, message.begin, message.length)) {
        throw notNow('the remote has no such request');
      }
      sender.reject(message.piece, message.begin, message.length);
      return;
    case 'piece': {
      const { piece, begin, bytes } = message;
      checkRange(peer, { piece, begin, length: bytes.length });
      if (!peer.uploads.answer(piece, begin, bytes.length)) {
        throw notNow('the remote has no such request');
      }
      sender.piece(piece, begin, bytes.length, [copyBytes(bytes)]);
      return;
    }
    case 'port':
      if (!Number.isInteger(message.port) || message.port < 0 || message.port > 65_535) {
        throw invalid(`not a port: ${message.port}`);
      }
      sender.port(message.port);
      return;
    case 'extended':
      if (state.supportsExtensions !== true) throw notNow('the peer has no extension protocol');
      if (!Number.isInteger(message.id) || message.id < 0 || message.id > 255) {
        throw invalid(`not an extension message id: ${message.id}`);
      }
      sender.extended(message.id, copyBytes(message.payload));
      return;
  }
}

function sendBitfield(peer: PeerConnection, bytes: Uint8Array): void {
  const bits = Bitfield.fromBytes(bytes, layoutOf(peer).pieceCount);
  if (bits === undefined) throw invalid(`a bitfield of ${bytes.length} bytes does not fit`);
  peer.sender.bitfield(bits);
}

function sendRequest(peer: PeerConnection, { piece, begin, length }: BlockRequest): void {
  checkBlock(peer, { piece, begin, length });
  if (!peer.state.pieces?.has(piece)) throw invalid(`the peer does not have piece ${piece}`);
  if (peer.state.isChokingUs && !peer.state.allowedFast.includes(piece)) {
    throw notNow('the peer chokes us');
  }
  if (!peer.markRequested(piece, begin / blockLength)) throw notNow('the block is not wanted from this peer');
  peer.requests.sendFromPlugin({ piece, begin, length });
}

function layoutOf(peer: PeerConnection): TorrentLayout {
  if (peer.layout === undefined) throw notNow('metadata is not known');
  return peer.layout;
}

function checkPiece(peer: PeerConnection, piece: number): void {
  if (!layoutOf(peer).isValidPiece(piece)) throw invalid(`there is no piece ${piece}`);
}

function checkRange(peer: PeerConnection, { piece, begin, length }: BlockRequest): void {
  if (!layoutOf(peer).isValidRequest(piece, begin, length, maxBlockBytes)) {
    throw invalid(`there are no ${length} bytes at ${begin} of piece ${piece}`);
  }
}

function checkBlock(peer: PeerConnection, { piece, begin, length }: BlockRequest): void {
  const layout = layoutOf(peer);
  checkPiece(peer, piece);
  const block = begin / blockLength;
  if (
    !Number.isInteger(block) ||
    block < 0 ||
    block >= layout.blockCount(piece) ||
    length !== layout.blockSize(piece, block)
  ) {
    throw invalid(`${length} bytes at ${begin} of piece ${piece} are not a block`);
  }
}

function checkFast(peer: PeerConnection, type: string): void {
  if (!peer.state.supportsFast) throw notNow(`'${type}' needs the fast extension on both sides`);
}

function invalid(message: string): PluginError {
  return new PluginError('PLUGIN_MESSAGE_INVALID', message);
}

function notNow(message: string): PluginError {
  return new PluginError('PLUGIN_MESSAGE_STATE', message);
}
