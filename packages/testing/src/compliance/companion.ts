import {
  asInteger,
  defineMessage,
  type MessageChannel,
  type PeerContext,
  type PeerPlugin,
  pluginApiVersion,
  rawCodec,
  type SessionPlugin,
} from '@peerloom/core/plugin';

const hello = defineMessage<Uint8Array>()('xc_companion', rawCodec, { maxBytes: 16 });

const greetedKey = 'xc_greeted';

/**
 * A well-behaved extension with a message of its own: greets every peer that knows the message, once, and says so
 * in a further extension handshake.
 */
export class Companion implements SessionPlugin {
  readonly name = 'compliance-companion';
  readonly apiVersion = pluginApiVersion;
  #received = 0;
  #announced = 0;

  /** Greetings that came. */
  get received(): number {
    return this.#received;
  }

  /** Extension handshakes that told of a greeting. */
  get announced(): number {
    return this.#announced;
  }

  newTorrent(): { newConnection(peer: PeerContext): PeerPlugin } {
    return { newConnection: (peer) => this.#greeter(peer) };
  }

  #greeter(peer: PeerContext): PeerPlugin {
    const channel: MessageChannel<Uint8Array> = peer.register(hello, () => {
      this.#received++;
    });
    let hasGreeted = false;
    return {
      tick: () => {
        if (hasGreeted || !peer.isReady || !channel.supported) return;
        hasGreeted = channel.send(Uint8Array.of(1));
        peer.updateHandshake();
      },
      addHandshake: (dict) => {
        if (hasGreeted) dict.set(greetedKey, 1);
      },
      onExtensionHandshake: (dict) => {
        if (asInteger(dict?.[greetedKey]) === 1) this.#announced++;
      },
    };
  }
}
