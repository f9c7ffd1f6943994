import type { FakeMessage } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';
import { blocksOf, firstBlock } from '../fixtures/blocks.js';
import { text, utf8 } from '../fixtures/messages.js';
import { channelId, got, held } from './held-scene.js';

const state: readonly FakeMessage[] = [
  { type: 'have', piece: 15 },
  { type: 'interested' },
  { type: 'unchoke' },
];

describe.each([
  ['non-strict', false],
  ['strict', true],
] as const)('a %s hold', (_what, strict) => {
  it.each(['newConnection', 'reservedBits', 'onHandshake'] as const)(
    'taken in %s lets nothing out but handshake, keep-alives and its channel',
    async (takenIn) => {
      const { arena, holder, remote } = await held({ strict, takenIn, deadlineMs: 250_000 });
      expect(got(remote)).toEqual(['extended 0']);
      expect(holder.say('hello')).toBe(true);
      for (const peer of [holder.last.peer, arena.peer]) {
        expect(() => peer.send({ type: 'interested' })).toThrow(
          expect.objectContaining({ code: 'PLUGIN_HELD' }),
        );
        expect(() => peer.sendRaw(99, new Uint8Array(1))).toThrow(
          expect.objectContaining({ code: 'PLUGIN_HELD' }),
        );
      }
      for (let i = 0; i < 11; i++) {
        remote.send({ type: 'keepAlive' });
        await arena.advance(20_000);
      }
      expect(got(remote)).toEqual(['extended 0', `extended ${channelId}`, 'keepAlive', 'keepAlive']);
      expect(arena.peer.isReady).toBe(false);
      await arena.end();
    },
  );

  it('announces its channels and nothing else', async () => {
    const { arena, remote } = await held({ strict });
    const [message] = remote.receivedOf('extended');
    expect(text(message?.payload ?? new Uint8Array())).toMatch(/^d1:md6:x_authi\d+eee$/);
    await arena.end();
  });

  it('delivers the channel both ways, and releases to a connection like any other', async () => {
    const { arena, holder, remote } = await held({ strict });
    remote.sendExtended('x_auth', utf8('one'));
    await arena.roundTrip();
    expect(holder.heard).toEqual(['one']);
    holder.release();
    expect(holder.last.hold?.isReleased).toBe(true);
    remote.sendExtensionHandshake({ lt_donthave: 7 }, { v: 'fake' });
    remote.send({ type: 'have', piece: 15 });
    await arena.roundTrip();
    expect(got(remote)).toEqual(['extended 0', 'extended 0', 'bitfield', 'interested']);
    const full = text(remote.receivedOf('extended')[1]?.payload ?? new Uint8Array());
    for (const key of ['1:v', '4:reqq', '6:yourip', '11:lt_donthave']) expect(full).toContain(key);
    expect(full, 'only what changed').not.toContain('x_auth');
    expect(arena.peer).toMatchObject({ isReady: true, client: 'fake' });
    await arena.end();
  });

  it('keeps the hooks of others back until the release, then calls them in order', async () => {
    const { arena, holder, other, remote } = await held({ strict });
    const before = other.ids.filter((id) => id.startsWith('peer.'));
    expect(before).toEqual(['peer.onConnected', 'peer.reservedBits']);
    await arena.advance(3000);
    expect(other.count('peer.tick')).toBe(0);
    holder.release();
    await arena.roundTrip();
    expect(other.ids.filter((id) => id.startsWith('peer.')).slice(2, 6)).toEqual([
      'peer.onHandshake',
      'peer.addHandshake',
      'peer.sentExtended',
      'peer.sentBitfield',
    ]);
    expect(remote.isClosed).toBe(false);
    expect(holder.recorder.count('peer.onHandshake'), 'the holder is called as ever').toBe(1);
    await arena.end();
  });

  it('closes at its deadline', async () => {
    const { arena, remote } = await held({ strict });
    await arena.advance(9_500);
    expect(remote.isClosed).toBe(false);
    await arena.advance(1000);
    expect(remote.isClosed).toBe(true);
    expect(arena.disconnects).toEqual(['plugin PEER_HOLD_TIMEOUT']);
    expect(got(remote)).toEqual(['extended 0']);
    await arena.end();
  });

  it('closes where its plugin leaves', async () => {
    const { arena, remote } = await held({ strict });
    void arena.session.removeExtension('auth');
    await arena.roundTrip();
    expect(remote.isClosed).toBe(true);
    expect(arena.disconnects).toEqual(['plugin PEER_HOLD_ABANDONED']);
    expect(arena.session.stats().plugins.auth).toBeUndefined();
    await arena.finishSubject();
    await arena.end();
  });

  it('a second extension handshake closes', async () => {
    const { arena, remote } = await held({ strict });
    remote.sendExtensionHandshake({ x_auth: channelId });
    await arena.roundTrip();
    expect(arena.disconnects).toEqual(['protocol PEER_MESSAGE_WHILE_HELD']);
    await arena.end();
  });

  const closing: readonly FakeMessage[] = [
    { type: 'piece', piece: 0, begin: 0, bytes: new Uint8Array(16) },
    { type: 'reject', ...firstBlock },
    { type: 'raw', id: 77, payload: new Uint8Array(1) },
    { type: 'extended', id: 200, payload: new Uint8Array(1) },
  ];

  it.each(closing)('closes on anything else: $type', async (message) => {
    const { arena, other, remote } = await held({ strict });
    remote.send(message);
    await arena.roundTrip();
    expect(arena.disconnects).toEqual(['protocol PEER_MESSAGE_WHILE_HELD']);
    expect(other.ids.filter((id) => /^peer\.on(Piece|Reject|Unknown|Extended)/.test(id))).toEqual([]);
    await arena.end();
  });

  it('ignores port, cancel and keep-alive', async () => {
    const { arena, holder, other, remote } = await held({ strict });
    remote.send({ type: 'port', port: 1 }, { type: 'cancel', ...firstBlock }, { type: 'keepAlive' });
    await arena.roundTrip();
    expect(remote.isClosed).toBe(false);
    holder.release();
    await arena.roundTrip();
    expect(other.count('peer.onPort') + other.count('peer.onCancel')).toBe(0);
    await arena.end();
  });

  it('a peer without BEP 10 is told to the holder, and never gets an extension handshake', async () => {
    const { arena, holder, remote } = await held({ strict }, {}, { reserved: { fast: true } });
    expect(holder.recorder.of('peer.onExtensionHandshake').map(({ args }) => args[0])).toEqual([undefined]);
    expect(got(remote)).toEqual([]);
    expect(holder.say('hello')).toBe(false);
    holder.release();
    await arena.roundTrip();
    expect(got(remote)).toEqual(['bitfield']);
    await arena.end();
  });
});

describe('state under a hold that is not strict', () => {
  it('is replayed in order at the release', async () => {
    const { arena, holder, other, remote } = await held();
    remote.send({ type: 'bitfield', bits: arena.bits(15) }, ...state, { type: 'have', piece: 14 });
    remote.send({ type: 'allowedFast', piece: 3 }, { type: 'suggest', piece: 4 }, { type: 'choke' });
    await arena.roundTrip();
    expect(other.ids.filter((id) => /^peer\.on(Have|Bitfield|Inter|Unch)/.test(id))).toEqual([]);
    expect(arena.peer.isInterested).toBe(false);
    holder.release();
    const ids = other.ids.filter((id) => /^peer\.on(Have|Bitfield|Inter|Unch|Chok|Allow|Sugg)/.test(id));
    expect(ids.map((id) => id.slice(5))).toEqual([
      'onBitfield',
      'onHave',
      'onInterested',
      'onUnchoke',
      'onHave',
      'onAllowedFast',
      'onSuggest',
      'onChoke',
    ]);
    expect(arena.peer.has(14) && arena.peer.has(15)).toBe(true);
    await arena.end();
  });

  it('is bounded: the last bitfield and 4096 others', async () => {
    const { arena, holder, other, remote } = await held();
    for (let i = 0; i < 3; i++) remote.send({ type: 'bitfield', bits: arena.bits(i) });
    remote.flood({ type: 'have', piece: 15 }, 4096);
    await arena.advance(1000);
    expect(remote.isClosed).toBe(false);
    holder.release();
    expect(other.of('peer.onBitfield')).toHaveLength(1);
    expect(other.count('peer.onHave')).toBe(4096);
    await arena.end();

    const second = await held();
    second.remote.flood({ type: 'have', piece: 15 }, 4100);
    await second.arena.advance(1000);
    expect(second.arena.disconnects).toEqual(['protocol PEER_KEPT_LIMIT']);
    await second.arena.end();
  });

  it('requests are rejected at the release with the fast extension, dropped without', async () => {
    for (const [reserved, rejects] of [
      [{ extensionProtocol: true, fast: true }, [firstBlock]],
      [{ extensionProtocol: true }, []],
    ] as const) {
      const { arena, holder, remote } = await held({}, { subject: 'seed' }, { reserved });
      remote.send({ type: 'request', ...firstBlock });
      await arena.roundTrip();
      expect(blocksOf(remote, 'reject')).toEqual([]);
      holder.release();
      await arena.roundTrip();
      expect(blocksOf(remote, 'reject')).toEqual(rejects);
      expect(remote.receivedOf('piece')).toEqual([]);
      expect(remote.isClosed).toBe(false);
      await arena.end();
    }
  });
});

describe('state under a strict hold', () => {
  const messages: readonly FakeMessage[] = [
    ...state,
    { type: 'choke' },
    { type: 'notInterested' },
    { type: 'bitfield', bits: new Uint8Array(2) },
    { type: 'haveAll' },
    { type: 'haveNone' },
    { type: 'allowedFast', piece: 1 },
    { type: 'suggest', piece: 1 },
    { type: 'request', ...firstBlock },
  ];

  it.each(messages)('closes: $type', async (message) => {
    const { arena, other, remote } = await held({ strict: true });
    remote.send(message);
    await arena.roundTrip();
    expect(arena.disconnects).toEqual(['protocol PEER_MESSAGE_WHILE_HELD']);
    expect(other.ids.filter((id) => /^peer\.on/.test(id))).toEqual(['peer.onConnected', 'peer.onDisconnect']);
    await arena.end();
  });
});
