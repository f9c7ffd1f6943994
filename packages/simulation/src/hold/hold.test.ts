import type { FakeMessage, FakePeer } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';
import { Arena, type ArenaOptions, type RemoteOptions } from '../fixtures/arena.js';
import { blocksOf, firstBlock } from '../fixtures/blocks.js';
import { Holder, type HolderOptions } from '../fixtures/holder.js';
import { text, utf8 } from '../fixtures/messages.js';
import { type HookCall, Recorder } from '../fixtures/recorder.js';

const channelId = 11;

interface Scene {
  readonly arena: Arena;
  readonly holder: Holder;
  readonly other: Recorder;
  readonly remote: FakePeer;
}

/** A connection that one plugin holds; another one implements every hook. */
async function held(
  options: HolderOptions = {},
  arenaOptions: ArenaOptions = {},
  remoteOptions: RemoteOptions = {},
): Promise<Scene> {
  const holder = new Holder('auth', options);
  const other = new Recorder('other', { order: 'post' });
  const arena = await Arena.create({
    subject: 'half',
    ...arenaOptions,
    plugins: [holder.plugin, other.plugin],
  });
  const remote = await arena.open({ m: { x_auth: channelId }, ...remoteOptions });
  return { arena, holder, other, remote };
}

/** What a remote has got, in order. */
function got(remote: FakePeer): string[] {
  return remote.received.map((message) =>
    message.type === 'extended' ? `extended ${message.id}` : message.type,
  );
}

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

describe('two holders', () => {
  async function twoHeld(strict = false): Promise<[Arena, Holder, Holder, FakePeer]> {
    const first = new Holder('first', { strict });
    const second = new Holder('second', { takenIn: 'reservedBits' });
    const arena = await Arena.create({ subject: 'half', plugins: [first.plugin, second.plugin] });
    const remote = await arena.open({ m: { x_first: 11, x_second: 12 } });
    return [arena, first, second, remote];
  }

  it('both channels are announced and work; the last release opens', async () => {
    const [arena, first, second, remote] = await twoHeld();
    expect(Object.keys(remote.remoteIds).sort()).toEqual(['x_first', 'x_second']);
    expect(first.say('1') && second.say('2')).toBe(true);
    remote.sendExtended('x_first', utf8('one'));
    remote.sendExtended('x_second', utf8('two'));
    await arena.roundTrip();
    expect([first.heard, second.heard]).toEqual([['one'], ['two']]);
    first.release();
    first.release();
    await arena.roundTrip();
    expect(arena.peer.isReady).toBe(false);
    expect(got(remote)).toEqual(['extended 0', 'extended 11', 'extended 12']);
    second.release();
    await arena.roundTrip();
    expect(arena.peer.isReady).toBe(true);
    expect(got(remote).slice(3)).toEqual(['extended 0', 'bitfield']);
    await arena.end();
  });

  it('what the remote still says to the one that has released does not close', async () => {
    const [arena, first, , remote] = await twoHeld();
    first.release();
    remote.sendExtended('x_first', utf8('late'));
    await arena.roundTrip();
    expect(remote.isClosed).toBe(false);
    expect(first.heard).toEqual(['late']);
    await arena.end();
  });

  it('is strict while a strict one is open', async () => {
    const [arena, , second, remote] = await twoHeld(true);
    second.release();
    remote.send({ type: 'interested' });
    await arena.roundTrip();
    expect(arena.disconnects).toEqual(['protocol PEER_MESSAGE_WHILE_HELD']);
    await arena.end();
  });

  it('one that leaves closes, though the other one is there', async () => {
    const [arena, , , remote] = await twoHeld();
    void arena.session.removeExtension('first');
    await arena.roundTrip();
    expect(remote.isClosed).toBe(true);
    await arena.end();
  });
});

describe('hold is too late', () => {
  it.each(['peer.onConnected', 'peer.onExtensionHandshake', 'peer.onHave', 'peer.tick'] as const)(
    'in %s',
    async (id) => {
      const errors: unknown[] = [];
      const alpha = new Recorder('alpha', {
        reactions: {
          [id]: ({ peer }: HookCall) => {
            try {
              peer?.hold({ reason: 'late', channels: [] });
            } catch (error) {
              errors.push(error);
            }
          },
        },
      });
      const arena = await Arena.create({ plugins: [alpha.plugin] });
      const remote = await arena.open();
      remote.send({ type: 'have', piece: 1 });
      await arena.advance(1000);
      expect(errors[0]).toMatchObject({ code: 'PLUGIN_HOLD_TOO_LATE', name: 'HoldTooLateError' });
      expect(remote.isClosed).toBe(false);
      await arena.end();
    },
  );

  it('later, from outside of hooks', async () => {
    const arena = await Arena.create();
    await arena.open();
    expect(() => arena.peer.hold({ reason: 'late', channels: [] })).toThrow(
      expect.objectContaining({ code: 'PLUGIN_HOLD_TOO_LATE' }),
    );
    await arena.end();
  });
});

describe('a hold and plugins that come late', () => {
  it('a plugin that comes while another holds gets all its hooks at the release', async () => {
    const { arena, holder } = await held();
    const late = new Recorder('late');
    arena.session.addExtension(late.plugin);
    await arena.advance(2000);
    expect(late.ids.filter((id) => id.startsWith('peer.'))).toEqual([]);
    holder.release();
    expect(late.ids.filter((id) => id.startsWith('peer.')).slice(0, 3)).toEqual([
      'peer.onConnected',
      'peer.onHandshake',
      'peer.addHandshake',
    ]);
    await arena.end();
  });

  it('a required holder that comes while connections are being dialled holds them', async () => {
    const arena = await Arena.create({ subject: 'half' });
    const opening = [1, 2, 3, 4, 5].map(() => arena.open({ isOutgoing: true, m: { x_auth: channelId } }));
    await Promise.resolve();
    await arena.advance(1);
    const holder = new Holder('auth', { required: true, strict: true });
    const before = arena.peers.filter(({ isClosed }) => !isClosed).length;
    arena.session.addExtension(holder.plugin);
    expect(arena.torrent.isPaused).toBe(false);
    expect(before).toBeGreaterThan(0);
    expect(holder.held).toHaveLength(before);
    await Promise.all(opening);
    expect(arena.faults).toEqual([]);
    expect(arena.peers.map(({ isReady }) => isReady)).toEqual(arena.peers.map(() => false));
    await arena.end();
  });
});
