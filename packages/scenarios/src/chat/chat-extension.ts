import {
  asDict,
  asInteger,
  asText,
  decode,
  defineMessage,
  definePluginKey,
  defineTorrentExtension,
  encode,
  type MessageChannel,
  type MessageCodec,
  type PeerContext,
  type PeerPlugin,
  pluginApiVersion,
  type TorrentContext,
  type TorrentPlugin,
  type TorrentPluginFactory,
} from '@peerloom/core/plugin';

/** What somebody says. */
export interface ChatLine {
  /** Who, as they call themselves: nobody checks it. */
  readonly from: string;
  /** Unique together with `from`. */
  readonly number: number;
  /** What they say. */
  readonly text: string;
}

const codec: MessageCodec<ChatLine> = {
  encode: ({ from, number, text }) => encode({ from, n: number, text }),
  // What is thrown in here is the remote's fault, and closes the connection.
  decode: (payload) => {
    const dict = asDict(decode(payload));
    const from = asText(dict?.from);
    const number = asInteger(dict?.n);
    const text = asText(dict?.text);
    if (from === undefined || number === undefined || text === undefined)
      throw new Error('no line of a chat');
    return { from, number, text };
  },
};

const chatMessage = defineMessage<ChatLine>()('ex_chat', codec, { maxBytes: 2048 });
/** Lines that are remembered, so that one which comes from two sides is heard once. */
const defaultRememberedLines = 1_000;
/** Lines that one connection may bring in a second. */
const linesPerSecond = 20;

/** The chat of one torrent: everybody who is connected, and who those are connected to, hears what is said. */
export class ChatRoom implements TorrentPlugin {
  readonly #torrent: TorrentContext;
  readonly #name: string;
  readonly #rememberedLines: number;
  readonly #channels = new Set<MessageChannel<ChatLine>>();
  readonly #heard = new Set<string>();
  #said = 0;

  /** Of the last `rememberedLines` each is heard once. */
  constructor(torrent: TorrentContext, name: string, rememberedLines = defaultRememberedLines) {
    this.#torrent = torrent;
    this.#name = name;
    this.#rememberedLines = rememberedLines;
  }

  newConnection(peer: PeerContext): PeerPlugin {
    let linesThisSecond = 0;
    const channel = peer.register(chatMessage, (line) => {
      if (++linesThisSecond > linesPerSecond) peer.disconnect('it talks too much', { backoffMs: 60_000 });
      else this.#hear(line, channel);
    });
    return {
      onExtensionHandshake: () => {
        if (!channel.supported || this.#channels.has(channel)) return;
        this.#channels.add(channel);
        const { infoHash, session } = this.#torrent;
        session.postAlert('joined', { client: peer.client ?? '' }, { infoHash, endpoint: peer.endpoint });
      },
      tick: () => {
        linesThisSecond = 0;
      },
      // Two who have everything have nothing to do with each other, but may still talk.
      canDisconnect: ({ code }) => code !== 'PEER_BOTH_SEEDS' || !this.#channels.has(channel),
      onDisconnect: () => void this.#channels.delete(channel),
    };
  }

  /** Says a line to everybody. Throws `PLUGIN_MESSAGE_LIMIT` where it is longer than about 2 000 bytes. */
  say(text: string): void {
    const line = { from: this.#name, number: this.#said++, text };
    this.#remember(line);
    for (const channel of this.#channels) channel.send(line);
  }

  #hear(line: ChatLine, source: MessageChannel<ChatLine>): void {
    if (!this.#remember(line)) return;
    const { infoHash, session } = this.#torrent;
    session.postAlert('line', { from: line.from, text: line.text }, { infoHash });
    for (const channel of this.#channels) if (channel !== source) channel.send(line);
  }

  /** False where it is known already. */
  #remember({ from, number }: ChatLine): boolean {
    const key = `${number} ${from}`;
    if (this.#heard.has(key)) return false;
    this.#heard.add(key);
    const [oldest] = this.#heard;
    if (this.#heard.size > this.#rememberedLines && oldest !== undefined) this.#heard.delete(oldest);
    return true;
  }
}

/** Finds the {@link ChatRoom} of a torrent: `torrent.plugin(chatKey)?.say('hello')`. */
export const chatKey = definePluginKey<ChatRoom>('chat');

/**
 * A chat among the peers of a torrent, over a message of its own (BEP 10). Each line heard is an alert of type
 * `plugin`: `line`, with `from` and `text`; each neighbour that chats is `joined`.
 */
export function chat(name: string): TorrentPluginFactory {
  const identity = { name: chatKey.name, apiVersion: pluginApiVersion };
  return defineTorrentExtension(identity, (torrent) => new ChatRoom(torrent, name));
}
