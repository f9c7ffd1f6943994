import {
  type BencodeValue,
  bencodeCodec,
  defineMessage,
  type HandshakeBuilder,
  type MessageChannel,
  type PeerContext,
} from '@peerloom/core/plugin';
import type { FakePeer } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';
import { Arena } from '../fixtures/arena.js';
import { rawMessage, text, utf8 } from '../fixtures/messages.js';
import { passOn, Recorder } from '../fixtures/recorder.js';

interface Scene {
  readonly arena: Arena;
  readonly alpha: Recorder;
  readonly remote: FakePeer;
  readonly peer: PeerContext;
  readonly channel: MessageChannel<Uint8Array>;
  readonly heard: string[];
}

const chatId = 9;

/** An open connection on which a plugin has registered `x_chat` before the handshake. */
async function chatting(
  maxBytes = 100,
  m: Readonly<Record<string, number>> = { x_chat: chatId },
): Promise<Scene> {
  const heard: string[] = [];
  const channels: MessageChannel<Uint8Array>[] = [];
  const alpha = new Recorder('alpha');
  alpha.reactions['torrent.newConnection'] = ({ peer }) => {
    if (peer)
      channels.push(peer.register(rawMessage('x_chat', maxBytes), (bytes) => void heard.push(text(bytes))));
    return passOn;
  };
  const arena = await Arena.create({ plugins: [alpha.plugin] });
  const remote = await arena.open({ m });
  const [peer] = alpha.peers;
  const [channel] = channels;
  if (peer === undefined || channel === undefined) throw new TypeError('no connection');
  return { arena, alpha, remote, peer, channel, heard };
}

/** Payloads of the extension handshakes that a remote has got. */
function handshakes(remote: FakePeer): string[] {
  return remote
    .receivedOf('extended')
    .filter(({ id }) => id === 0)
    .map(({ payload }) => text(payload));
}

function codeOf(code: string): unknown {
  return expect.objectContaining({ code });
}

describe('ids and the handshake', () => {
  it('m is built by the engine; ids are one a name in the whole session', async () => {
    const { arena, remote, channel } = await chatting();
    expect(remote.remoteIds.x_chat).toBe(channel.localId);
    const second = await arena.open();
    expect(second.remoteIds.x_chat).toBe(channel.localId);
    arena.peer.register(rawMessage('x_other'), () => {});
    await arena.advance(1100);
    const other = second.remoteIds.x_other ?? 0;
    expect(other).toBeGreaterThan(0);
    expect(new Set(Object.values(second.remoteIds)).size, 'no id twice').toBe(
      Object.keys(second.remoteIds).length,
    );
    await arena.end();
  });

  it('supported and send follow what the remote says', async () => {
    const { arena, remote, channel } = await chatting(100, {});
    expect(channel.supported).toBe(false);
    expect(channel.send(utf8('lost'))).toBe(false);
    remote.sendExtensionHandshake({ x_chat: chatId });
    await arena.roundTrip();
    expect(channel.supported).toBe(true);
    expect(channel.send(utf8('hello'))).toBe(true);
    remote.sendExtensionHandshake({ x_chat: 0 });
    await arena.roundTrip();
    expect(remote.receivedOf('extended').map(({ id, payload }) => [id, text(payload)])).toContainEqual([
      chatId,
      'hello',
    ]);
    expect(channel.supported).toBe(false);
    expect(channel.send(utf8('lost'))).toBe(false);
    await arena.end();
  });

  it('a name is registered once a connection, and one that the engine uses never', async () => {
    const { arena, peer } = await chatting();
    for (const name of ['x_chat', 'lt_donthave']) {
      expect(() => peer.register(rawMessage(name), () => {})).toThrow(codeOf('PLUGIN_MESSAGE_REGISTERED'));
      expect(() => arena.peer.register(rawMessage(name), () => {})).toThrow(
        codeOf('PLUGIN_MESSAGE_REGISTERED'),
      );
    }
    await arena.end();
  });

  it('the 256th name is refused; the engine and the names before go on', async () => {
    const { arena, peer, remote } = await chatting();
    let registered = 1;
    let error: unknown;
    for (let i = 0; i < 300 && error === undefined; i++) {
      try {
        peer.register(rawMessage(`x_${i}`), () => {}).close();
        registered++;
      } catch (thrown) {
        error = thrown;
      }
    }
    expect(error).toMatchObject({ code: 'PLUGIN_MESSAGE_IDS' });
    expect(registered, 'lt_donthave has one').toBe(254);
    await arena.advance(1100);
    expect(remote.isClosed).toBe(false);
    const second = await arena.open();
    expect(second.remoteIds.x_chat).toBe(remote.remoteIds.x_chat);
    expect(second.remoteIds.lt_donthave).toBeGreaterThan(0);
    second.send({ type: 'haveAll' });
    second.sendExtended('lt_donthave', Uint8Array.of(0, 0, 0, 1));
    await arena.roundTrip();
    expect([arena.peer.has(0), arena.peer.has(1)]).toEqual([true, false]);
    await arena.end();
  });

  it('a plugin that takes all ids before the first handshake takes none from the engine', async () => {
    const alpha = new Recorder('alpha');
    alpha.reactions['torrent.newConnection'] = ({ peer }) => {
      expect(() => {
        for (let i = 0; i < 300; i++) peer?.register(rawMessage(`x_${i}`), () => {}).close();
      }).toThrow(codeOf('PLUGIN_MESSAGE_IDS'));
      return passOn;
    };
    const arena = await Arena.create({ plugins: [alpha.plugin] });
    const remote = await arena.open();
    expect(remote.isClosed).toBe(false);
    expect(remote.remoteIds.lt_donthave).toBeGreaterThan(0);
    await arena.end();
  });
});

describe('late registration and removal', () => {
  it('announces by a second handshake that carries only what changed, at most once a second', async () => {
    const { arena, peer, remote } = await chatting();
    expect(handshakes(remote)).toHaveLength(1);
    const late = peer.register(rawMessage('x_late'), () => {});
    peer.register(rawMessage('x_later'), () => {});
    await arena.advance(2000);
    expect(handshakes(remote)).toHaveLength(2);
    expect(handshakes(remote)[1]).toMatch(/^d1:md6:x_latei\d+e7:x_lateri\d+eee$/);

    const start = arena.clock.now();
    for (let i = 0; i < 50; i++) {
      peer.register(rawMessage(`x_many_${i}`), () => {});
      await arena.advance(100);
    }
    await arena.advance(2000);
    const seconds = (arena.clock.now() - start) / 1000;
    expect(handshakes(remote).length - 2).toBeLessThanOrEqual(Math.ceil(seconds));
    expect(Object.keys(remote.remoteIds).filter((name) => name.startsWith('x_many'))).toHaveLength(50);

    late.close();
    await arena.advance(2000);
    expect(handshakes(remote).at(-1)).toBe('d1:md6:x_latei0eee');
    expect(remote.remoteIds.x_late).toBe(0);
    await arena.end();
  });

  it('a key whose value changes later is announced when the plugin says so, and nothing else is', async () => {
    const { arena, alpha, remote, peer } = await chatting();
    let value = 1;
    alpha.reactions['peer.addHandshake'] = ({ args: [dict] }) => {
      (dict as HandshakeBuilder).set('x_size', value);
      return passOn;
    };
    peer.updateHandshake();
    await arena.roundTrip();
    expect(handshakes(remote)).toHaveLength(1);
    await arena.advance(1100);
    expect(handshakes(remote).slice(1)).toEqual(['d1:mde6:x_sizei1ee']);
    peer.updateHandshake();
    await arena.advance(1100);
    expect(handshakes(remote), 'nothing has changed').toHaveLength(2);
    value = 2;
    for (let i = 0; i < 10; i++) peer.updateHandshake();
    await arena.advance(3000);
    expect(handshakes(remote).slice(2)).toEqual(['d1:mde6:x_sizei2ee']);
    await arena.end();
  });

  it('a key that changes before our first handshake is in it, also behind a hold', async () => {
    const alpha = new Recorder('alpha');
    let release: () => void = () => {};
    let value = 1;
    alpha.reactions['torrent.newConnection'] = ({ peer }) => {
      const hold = peer?.hold({ reason: 'test', channels: [] });
      release = () => hold?.release();
      return passOn;
    };
    alpha.reactions['peer.addHandshake'] = ({ args: [dict] }) => {
      (dict as HandshakeBuilder).set('x_size', value);
      return passOn;
    };
    const arena = await Arena.create({ plugins: [alpha.plugin] });
    const remote = await arena.open({ until: 'handshake' });
    value = 2;
    alpha.peers[0]?.updateHandshake();
    await arena.advance(3000);
    expect(handshakes(remote)).toEqual(['d1:mdee']);
    release();
    await arena.advance(3000);
    expect(handshakes(remote).slice(1)).toEqual([expect.stringContaining('6:x_sizei2e')]);
    await arena.end();
  });

  it('what is added and taken back within the second is not announced', async () => {
    const { arena, peer, remote } = await chatting();
    await arena.advance(2000);
    peer.register(rawMessage('x_short'), () => {}).close();
    await arena.advance(2000);
    expect(handshakes(remote)).toHaveLength(1);
    await arena.end();
  });

  it('messages in flight to a closed channel are ignored, however many', async () => {
    const { arena, remote, channel, heard, peer } = await chatting();
    const id = channel.localId;
    channel.close();
    remote.flood({ type: 'extended', id, payload: utf8('late') }, 200);
    await arena.roundTrip();
    await arena.advance(2000);
    remote.flood({ type: 'extended', id, payload: utf8('later') }, 200);
    await arena.roundTrip();
    expect(heard).toEqual([]);
    expect(remote.isClosed).toBe(false);
    expect(peer.stats.unknownMessages).toBe(0);
    expect(() => channel.send(utf8('x'))).toThrow(codeOf('PLUGIN_CONTEXT_CLOSED'));
    await arena.end();
  });

  it('a closed name can be registered again, under the same id', async () => {
    const { arena, peer, remote, channel } = await chatting();
    channel.close();
    const again: string[] = [];
    const second = peer.register(rawMessage('x_chat'), (bytes) => void again.push(text(bytes)));
    expect(second.localId).toBe(channel.localId);
    await arena.advance(1100);
    remote.sendExtended('x_chat', utf8('again'));
    await arena.roundTrip();
    expect(again).toEqual(['again']);
    await arena.end();
  });

  it('a plugin that leaves takes its names back', async () => {
    const { arena, remote, channel } = await chatting();
    void arena.session.removeExtension('alpha');
    await arena.advance(1100);
    expect(remote.remoteIds.x_chat).toBe(0);
    expect(channel.supported).toBe(false);
    expect(arena.session.stats().plugins.alpha).toBeUndefined();
    await arena.end();
  });
});

describe('what comes in', () => {
  it('is routed to its handler; onExtended sees what no channel took', async () => {
    const { arena, alpha, remote, heard } = await chatting();
    remote.sendExtended('x_chat', utf8('one'));
    remote.sendExtended('x_chat', utf8(''));
    remote.send({ type: 'extended', id: 200, payload: utf8('raw') });
    await arena.roundTrip();
    expect(heard).toEqual(['one', '']);
    expect(alpha.of('peer.onExtended').map(({ args }) => args[0])).toEqual([200]);
    await arena.end();
  });

  it('oversize closes as soon as the length is known, before the payload is there', async () => {
    const { arena, remote, heard, channel } = await chatting(100);
    remote.send({ type: 'extended', id: channel.localId, payload: new Uint8Array(100).fill(65) });
    await arena.roundTrip();
    expect(heard).toHaveLength(1);
    const header = Uint8Array.of(0, 0, 0, 103, 20, channel.localId);
    remote.sendBytes(header);
    await arena.roundTrip();
    expect(remote.isClosed).toBe(true);
    expect(arena.disconnects).toEqual(['protocol WIRE_EXTENDED_SIZE']);
    await arena.end();
  });

  it.each([
    ['a message', Uint8Array.of(0xff, 0xff, 0xff, 0xff)],
    ['just over 1 MiB', Uint8Array.of(0, 0x10, 0, 2)],
    ['an extension handshake over 64 KiB', Uint8Array.of(0, 1, 0, 3, 20, 0)],
  ])('a huge length closes at once: %s', async (_what, bytes) => {
    const { arena, remote } = await chatting();
    remote.sendBytes(bytes);
    await arena.roundTrip();
    expect(remote.isClosed).toBe(true);
    expect(arena.disconnects[0]).toMatch(/^protocol WIRE_/);
    await arena.end();
  });

  it('what the codec cannot decode closes, and is the fault of the remote', async () => {
    const heard: unknown[] = [];
    const alpha = new Recorder('alpha');
    const message = defineMessage<BencodeValue>()('x_dict', bencodeCodec, {
      maxBytes: 100,
    });
    alpha.reactions['torrent.newConnection'] = ({ peer }) => {
      peer?.register(message, (value) => void heard.push(value));
      return passOn;
    };
    const arena = await Arena.create({ plugins: [alpha.plugin] });
    const remote = await arena.open();
    remote.sendExtended('x_dict', utf8('d1:ai1ee'));
    remote.sendExtended('x_dict', utf8('d1:ai1e'));
    await arena.roundTrip();
    expect(heard).toEqual([{ a: 1 }]);
    expect(remote.isClosed).toBe(true);
    expect(arena.faults).toEqual([]);
    expect(arena.disconnects).toEqual(['protocol PEER_MALFORMED_MESSAGE']);
    await arena.end();
  });

  it('what the handler throws is the fault of the plugin, named by the channel', async () => {
    const alpha = new Recorder('alpha');
    alpha.reactions['torrent.newConnection'] = ({ peer }) => {
      peer?.register(rawMessage('x_bad'), () => {
        throw new Error('boom');
      });
      return passOn;
    };
    const arena = await Arena.create({ plugins: [alpha.plugin] });
    const remote = await arena.open();
    remote.sendExtended('x_bad', utf8('x'));
    await arena.roundTrip();
    expect(arena.faults).toMatchObject([{ plugin: 'alpha', hook: 'channel x_bad', action: 'peerClosed' }]);
    expect(remote.isClosed).toBe(true);
    await arena.end();
  });

  it('more than 64 unknown ids a minute disconnect, 64 do not', async () => {
    const { arena, remote } = await chatting();
    remote.flood({ type: 'extended', id: 200, payload: utf8('x') }, 64);
    await arena.roundTrip();
    expect(remote.isClosed).toBe(false);
    remote.send({ type: 'raw', id: 99, payload: utf8('x') });
    await arena.roundTrip();
    expect(arena.disconnects).toEqual(['protocol PEER_UNKNOWN_MESSAGES']);
    await arena.end();
  });
});

describe('what goes out', () => {
  it('is at most as long as the definition says', async () => {
    const { arena, channel } = await chatting(10);
    expect(() => channel.send(new Uint8Array(11))).toThrow(codeOf('PLUGIN_MESSAGE_LIMIT'));
    expect(channel.send(new Uint8Array(10))).toBe(true);
    await arena.end();
  });

  it('throws on a closed connection', async () => {
    const { arena, remote, channel, peer } = await chatting();
    remote.destroy();
    await arena.roundTrip();
    expect(() => channel.send(utf8('x'))).toThrow(codeOf('PLUGIN_CONTEXT_CLOSED'));
    expect(() => peer.register(rawMessage('x_new'), () => {})).toThrow(codeOf('PLUGIN_CONTEXT_CLOSED'));
    await arena.end();
  });

  it('a key that two plugins set in the handshake is the fault of the second', async () => {
    const set = ({ args: [dict] }: { args: readonly unknown[] }): void =>
      (dict as { set(key: string, value: string): void }).set('x_key', 'value');
    const alpha = new Recorder('alpha', { order: 'pre', reactions: { 'peer.addHandshake': set } });
    const beta = new Recorder('beta', { reactions: { 'peer.addHandshake': set } });
    const arena = await Arena.create({ plugins: [beta.plugin, alpha.plugin] });
    const remote = await arena.open();
    expect(remote.isClosed).toBe(true);
    expect(arena.faults).toMatchObject([
      { plugin: 'beta', hook: 'addHandshake', error: { code: 'PLUGIN_HANDSHAKE_KEY' } },
    ]);
    await arena.end();
  });
});
