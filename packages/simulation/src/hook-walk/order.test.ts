import { describe, expect, it } from 'vitest';
import { Arena } from '../fixtures/arena.js';
import { type HookCall, Recorder, type RecorderOptions } from '../fixtures/recorder.js';

const atPeer = /^(peer\.|torrent\.newConnection)/;

/** The calls about the connection, in order, as names. */
function connectionCalls(calls: readonly HookCall[]): string[] {
  return calls.filter(({ id }) => atPeer.test(id)).map(({ id }) => id.replace(/^\w+\./, ''));
}

async function connect(isOutgoing: boolean): Promise<{ arena: Arena; calls: string[] }> {
  const alpha = new Recorder('alpha');
  const arena = await Arena.create({ plugins: [alpha.plugin], subject: 'half' });
  const remote = await arena.open({ isOutgoing });
  remote.send({ type: 'bitfield', bits: arena.bits(15) });
  await arena.roundTrip();
  return { arena, calls: connectionCalls(alpha.calls) };
}

describe('the order of hooks of one connection', () => {
  const afterHandshake = [
    'onHandshake',
    'addHandshake',
    'sentExtended',
    'sentBitfield',
    'onExtensionHandshake',
    'onBitfield',
    'sentInterested',
  ];

  it('outgoing: newConnection, dial, onConnected, reservedBits, our handshake, theirs, onHandshake, …', async () => {
    const { arena, calls } = await connect(true);
    expect(calls).toEqual(['newConnection', 'onConnected', 'reservedBits', ...afterHandshake]);
    await arena.end();
  });

  it('incoming: their handshake, newConnection, onConnected, reservedBits, our handshake, onHandshake, …', async () => {
    const { arena, calls } = await connect(false);
    expect(calls).toEqual(['newConnection', 'onConnected', 'reservedBits', ...afterHandshake]);
    await arena.end();
  });

  it('outgoing: nothing is dialled before newConnection, nothing sent before reservedBits', async () => {
    const seen: string[] = [];
    const alpha = new Recorder('alpha', {
      reactions: {
        'torrent.newConnection': ({ peer }) => {
          seen.push(`newConnection ${peer?.stats.sentBytes} ${arena.network.host('10.1.0.1').addresses}`);
          return { onHandshake: () => void seen.push(`onHandshake ${peer?.stats.sentBytes}`) };
        },
      },
    });
    const arena = await Arena.create({ plugins: [alpha.plugin] });
    const remote = await arena.open({ isOutgoing: true, until: 'dialled' });
    expect(seen).toEqual(['newConnection 0 10.1.0.1']);
    await arena.roundTrip();
    expect(remote.receivedBytes, 'our handshake, unasked').toBe(68);
    expect(seen).toHaveLength(1);
    remote.sendHandshake();
    await arena.roundTrip();
    expect(seen.slice(1)).toEqual(['onHandshake 68']);
    await arena.end();
  });

  it('incoming: newConnection waits for a whole handshake, and its answer goes out after reservedBits', async () => {
    const alpha = new Recorder('alpha');
    const arena = await Arena.create({ plugins: [alpha.plugin] });
    const remote = await arena.open({ until: 'dialled' });
    remote.sendBytes(new TextEncoder().encode('\x13BitTorrent protocol\0\0\0\0\0\0\0\0'));
    await arena.roundTrip();
    expect(alpha.count('torrent.newConnection')).toBe(0);
    remote.sendBytes(arena.infoHash.toBytes());
    await arena.roundTrip();
    expect(alpha.count('torrent.newConnection')).toBe(0);
    expect(remote.receivedBytes).toBe(0);
    remote.sendBytes(new Uint8Array(20).fill(65));
    await arena.roundTrip();
    expect(connectionCalls(alpha.calls).slice(0, 4)).toEqual([
      'newConnection',
      'onConnected',
      'reservedBits',
      'onHandshake',
    ]);
    await arena.end();
  });

  it('reservedBits are what the remote gets, and what both sides have decides', async () => {
    const alpha = new Recorder('alpha', {
      reactions: {
        'peer.reservedBits': ({ args: [bits] }) => {
          const reserved = bits as { dht: boolean; extensionProtocol: boolean };
          reserved.dht = true;
          reserved.extensionProtocol = false;
        },
      },
    });
    const arena = await Arena.create({ plugins: [alpha.plugin] });
    const remote = await arena.open({ until: 'handshake' });
    expect([...(remote.remoteHandshake?.reserved ?? [])]).toEqual([0, 0, 0, 0, 0, 0, 0, 0x05]);
    expect(arena.peer.supportsExtensions).toBe(false);
    expect(alpha.of('peer.onExtensionHandshake').map(({ args }) => args)).toEqual([[undefined]]);
    expect(remote.receivedOf('extended')).toEqual([]);
    await arena.end();
  });

  it('onExtensionHandshake comes for every extension handshake, or once with undefined without BEP 10', async () => {
    const alpha = new Recorder('alpha');
    const arena = await Arena.create({ plugins: [alpha.plugin] });
    const remote = await arena.open();
    remote.sendExtensionHandshake({ ut_chat: 3 });
    await arena.roundTrip();
    expect(alpha.of('peer.onExtensionHandshake').map(({ args }) => args[0])).toMatchObject([
      { m: { lt_donthave: 7 } },
      { m: { ut_chat: 3 } },
    ]);
    const plain = new Recorder('plain');
    arena.session.addExtension(plain.plugin);
    await arena.open({ reserved: { fast: true } });
    expect(plain.of('peer.onExtensionHandshake').map(({ args }) => args[0])).toMatchObject([
      { m: { ut_chat: 3 } },
      undefined,
    ]);
    await arena.end();
  });

  it('session: added, loadState, newTorrent; at the end saveState and removed', async () => {
    const state = await savedBy('alpha');
    const alpha = new Recorder('alpha');
    const arena = await Arena.create({ plugins: [alpha.plugin], state });
    await arena.end();
    const ids = alpha.ids.filter((id) => id.startsWith('session.') && id !== 'session.onAlert');
    expect(ids.slice(0, 3)).toEqual(['session.added', 'session.loadState', 'session.newTorrent']);
    expect(ids.slice(-2)).toEqual(['session.saveState', 'session.removed']);
  });

  it('newTorrent comes before the torrentAdded alert, and onFilesChecked before the state it leads to', async () => {
    const alpha = new Recorder('alpha', { reactions: { 'torrent.onState': () => undefined } });
    const arena = await Arena.create({ plugins: [alpha.plugin], subject: 'seed' });
    const order = alpha.calls.flatMap(({ id, args }) => {
      if (id !== 'session.onAlert') return [id];
      const { type } = args[0] as { type: string };
      return type === 'torrentAdded' ? [type] : [];
    });
    expect(order.filter((id) => !id.startsWith('peer'))).toEqual([
      'session.added',
      'session.newTorrent',
      'torrent.onState',
      'torrentAdded',
      'torrent.onFilesChecked',
      'torrent.onState',
    ]);
    await arena.end();
  });
});

async function savedBy(name: string): Promise<Uint8Array> {
  const arena = await Arena.create({ plugins: [new Recorder(name).plugin] });
  const state = arena.session.saveState();
  await arena.end();
  return state;
}

describe('the order of plugins', () => {
  it('is pre, none, post; within each session before torrent, then by time', async () => {
    const log: HookCall[] = [];
    const make = (name: string, order?: RecorderOptions['order']): Recorder =>
      new Recorder(name, order === undefined ? { log } : { log, order });
    const arena = await Arena.create({
      plugins: [
        make('post', 'post').plugin,
        make('none').plugin,
        make('pre', 'pre').plugin,
        make('post2', 'post').plugin,
      ],
    });
    for (const [name, order] of [
      ['torrent-none', undefined],
      ['torrent-pre', 'pre'],
      ['torrent-post', 'post'],
    ] as const) {
      const recorder = make(name, order);
      const identity = order === undefined ? {} : { order };
      const factory = Object.assign(
        (torrent: Parameters<NonNullable<typeof recorder.plugin.newTorrent>>[0]) =>
          recorder.plugin.newTorrent?.(torrent, undefined),
        { apiVersion: 1, ...identity },
      );
      Object.defineProperty(factory, 'name', { value: name });
      arena.torrent.addExtension(factory);
    }
    arena.session.addExtension(make('late-pre', 'pre').plugin);
    arena.session.addExtension(make('late-none').plugin);
    const remote = await arena.open();
    log.length = 0;
    remote.send({ type: 'have', piece: 1 });
    await arena.roundTrip();
    expect(log.filter(({ id }) => id === 'peer.onHave').map(({ plugin }) => plugin)).toEqual([
      'pre',
      'late-pre',
      'torrent-pre',
      'none',
      'late-none',
      'torrent-none',
      'post',
      'post2',
      'torrent-post',
    ]);
    await arena.end();
  });
});
