import {
  asInteger,
  type BencodeInput,
  type BencodeValue,
  bencodeCodec,
  bytesEqual,
  defineMessage,
  defineTorrentExtension,
  type MessageChannel,
  type PeerContext,
  type PeerHold,
  type PeerPlugin,
  pluginApiVersion,
  rawCodec,
  type SessionContext,
  type SessionPlugin,
  type TorrentContext,
  type TorrentPlugin,
  type TorrentPluginFactory,
} from '@peerloom/core/plugin';
import { hookNames } from './hook-catalog.js';

/** Implements no hook. */
export function noop(): SessionPlugin {
  return { name: 'noop', apiVersion: pluginApiVersion };
}

/** Implements every hook and returns nothing from any. */
export function everyHook(): SessionPlugin {
  const hooks = (level: keyof typeof hookNames): Record<string, () => unknown> =>
    Object.fromEntries(hookNames[level].map((name) => [name, () => undefined]));
  const newConnection = (): PeerPlugin => hooks('peer');
  const newTorrent = (): TorrentPlugin => ({ ...hooks('torrent'), newConnection });
  return { ...hooks('session'), newTorrent, name: 'every-hook', apiVersion: pluginApiVersion };
}

const report = defineMessage<BencodeValue>()('xs_report', bencodeCodec, { maxBytes: 256 });

/** Uses what a session offers: messages, timers, state, buffers, piece holds, handshake keys. */
export class Busy implements SessionPlugin {
  readonly name = 'busy';
  readonly apiVersion = pluginApiVersion;
  #session: SessionContext | undefined;
  #sessionsSeen = 0;
  /** Blocks that are here and not delivered yet. */
  readonly #blocks = new Set<Uint8Array>();

  added(session: SessionContext): void {
    this.#session = session;
    session.gauge('sessions', () => this.#sessionsSeen);
    session.clock.setInterval(() => session.postAlert('alive'), 1000);
  }

  loadState(value: BencodeValue): void {
    this.#sessionsSeen = asInteger(value) ?? 0;
  }

  saveState(): BencodeInput {
    return this.#sessionsSeen;
  }

  async removed(): Promise<void> {
    for (const bytes of this.#blocks) this.#session?.freeDiskBuffer(bytes);
    const clock = this.#session?.clock;
    await new Promise<void>((resolve) => {
      if (clock === undefined) resolve();
      else clock.setTimeout(resolve, 500);
    });
  }

  newTorrent(torrent: TorrentContext): TorrentPlugin {
    this.#sessionsSeen++;
    return {
      newConnection: (peer) => this.#newConnection(torrent, peer),
      onPieceFailed: (piece) => {
        const hold = torrent.holdPiece(piece);
        torrent.clock.setTimeout(() => hold.release(), 200);
      },
    };
  }

  #newConnection(torrent: TorrentContext, peer: PeerContext): PeerPlugin {
    const channel: MessageChannel<BencodeValue> = peer.register(report, () => {});
    let blocks = 0;
    return {
      reservedBits: (bits) => bits.set(40),
      addHandshake: (dict) => dict.set('xs_busy', 1),
      onPiece: (request, buffer) => {
        if (blocks++ > 0) return false;
        const bytes = buffer.release();
        this.#blocks.add(bytes);
        torrent.clock.setTimeout(() => {
          this.#blocks.delete(bytes);
          torrent.deliverBlock(request, bytes);
        }, 100);
        return true;
      },
      tick: () => {
        if (channel.supported) channel.send({ blocks });
      },
    };
  }
}

const token = defineMessage<Uint8Array>()('xs_token', rawCodec, { maxBytes: 32 });

/**
 * Lets nobody in who does not know a word: required, and holds every connection until it is said. Has a say in what
 * happens afterwards, and wants to know when it ends.
 */
export class Gate implements SessionPlugin {
  readonly name = 'gate';
  readonly apiVersion = pluginApiVersion;
  readonly required = true;
  readonly #word: Uint8Array;

  constructor(word: string) {
    this.#word = new TextEncoder().encode(word);
  }

  newTorrent(): TorrentPlugin {
    return { newConnection: (peer) => this.#guard(peer) };
  }

  #guard(peer: PeerContext): PeerPlugin {
    let hold: PeerHold | undefined;
    const channel: MessageChannel<Uint8Array> = peer.register(token, (word) => {
      if (bytesEqual(word, this.#word)) {
        // Changes nothing, but the connection ends where the extension leaves.
        peer.upgradeSend((plain) => plain.slice());
        hold?.release();
      } else peer.disconnect('a wrong word', { backoffMs: 60_000 });
    });
    hold = peer.hold({ reason: 'waiting for the word', channels: [channel], strict: true });
    let hasSpoken = false;
    return {
      onExtensionHandshake: () => {
        if (!hasSpoken) hasSpoken = channel.send(this.#word);
        return hasSpoken;
      },
      canUnchoke: () => true,
      writeRequest: () => false,
      onRequest: () => false,
      onDisconnect: () => {
        hasSpoken = false;
      },
    };
  }
}

/** An extension of torrents only. */
export function counter(): TorrentPluginFactory {
  return defineTorrentExtension({ name: 'counter', apiVersion: pluginApiVersion }, () => {
    let connections = 0;
    return {
      newConnection: () => {
        connections++;
        return {
          onDisconnect: () => {
            connections--;
          },
        };
      },
      onState: () => {
        if (connections < 0) throw new RangeError('fewer than no connections');
      },
    };
  });
}
