import {
  defineMessage,
  definePluginKey,
  type MessageChannel,
  type PeerContext,
  type PeerPlugin,
  type PluginKey,
  pluginApiVersion,
  type SessionContext,
  type SessionPlugin,
  type TorrentPlugin,
} from '@peerloom/core/plugin';

/** Options of {@link Greeting}. */
export interface GreetingOptions {
  /** What is said to every peer that understands it, at most 64 characters. */
  readonly text: string;
}

/** What {@link Greeting} promises to whoever looks it up with {@link greetingKey}. */
export interface GreetingApi {
  /** Greetings that came, by the sender's address. */
  readonly received: ReadonlyMap<string, string>;
}

const name = 'greeting';
const maxBytes = 256;

/** Finds the {@link GreetingApi} of a session. */
export const greetingKey: PluginKey<GreetingApi> = definePluginKey(name);

const greeting = defineMessage<string>()(
  'xg_greeting',
  {
    encode: (text) => new TextEncoder().encode(text),
    decode: (payload) => new TextDecoder('utf-8', { fatal: true }).decode(payload),
  },
  { maxBytes },
);

/** An extension that says a sentence to every peer and remembers what it is told. */
export class Greeting implements SessionPlugin, GreetingApi {
  readonly name = name;
  readonly apiVersion = pluginApiVersion;
  readonly received = new Map<string, string>();
  readonly #text: string;
  #session: SessionContext | undefined;

  constructor({ text }: GreetingOptions) {
    if (text.length > 64) throw new RangeError(`a greeting has at most 64 characters: '${text}'`);
    this.#text = text;
  }

  added(session: SessionContext): void {
    this.#session = session;
  }

  newTorrent(): TorrentPlugin {
    return { newConnection: (peer) => this.#greet(peer) };
  }

  #greet(peer: PeerContext): PeerPlugin {
    const channel: MessageChannel<string> = peer.register(greeting, (text) => {
      const { address } = peer.endpoint;
      this.received.set(address, text);
      this.#session?.postAlert('greeted', { text }, { endpoint: peer.endpoint });
    });
    let hasGreeted = false;
    return {
      onExtensionHandshake: () => {
        if (!hasGreeted && channel.supported) hasGreeted = channel.send(this.#text);
      },
    };
  }
}
