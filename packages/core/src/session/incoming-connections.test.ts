import { describe, expect, it } from 'vitest';
import { AlertHub } from '../alerts/alert-hub.js';
import type { DisconnectReason } from '../common/disconnect-reason.js';
import { type Endpoint, endpoint } from '../common/endpoint.js';
import { InfoHash } from '../common/info-hash.js';
import { ManualClock } from '../dispatch/manual-clock.fake.js';
import { FakeRandom } from '../picker/random.fake.js';
import { FakeConnection } from '../ports/connection.fake.js';
import { defaultSettings, type Settings } from '../settings/settings-table.js';
import { SessionCounters } from '../torrent/session-counters.js';
import { encodeHandshake, type HandshakeParser } from '../wire/handshake.js';
import { IncomingConnections, type IncomingOwner } from './incoming-connections.js';

const infoHash = new Uint8Array(20).fill(7);
const handshake = encodeHandshake({
  reserved: new Uint8Array(8),
  infoHash,
  peerId: new Uint8Array(20).fill(9),
});

/** A session that takes every connection, and says when it asks. */
class Owner implements IncomingOwner {
  readonly accepted: { readonly infoHash: InfoHash; readonly rest: Uint8Array }[] = [];
  readonly closedPending: number[] = [];
  incoming: IncomingConnections | undefined;
  refusal: DisconnectReason | undefined;
  blockedAddress: string | undefined;
  #nextId = 100;

  blocked({ address }: Endpoint): DisconnectReason | undefined {
    if (address !== this.blockedAddress) return undefined;
    return { origin: 'policy', code: 'PEER_BANNED', message: 'banned' };
  }

  accept(
    of: InfoHash,
    _connection: unknown,
    _handshake: HandshakeParser,
    rest: Uint8Array,
  ): number | DisconnectReason {
    this.accepted.push({ infoHash: of, rest: rest.slice() });
    if (this.refusal) return this.refusal;
    const id = this.#nextId++;
    this.incoming?.numbered(id);
    return id;
  }

  closePending(connectionId: number): void {
    this.closedPending.push(connectionId);
    this.incoming?.closed(connectionId);
  }
}

function setUp(settings: Partial<Settings> = {}, seed = 1) {
  const owner = new Owner();
  const alerts = new AlertHub();
  const clock = new ManualClock();
  const codes: string[] = [];
  alerts.addSink({
    mask: -1,
    deliver: (alert) => {
      if (alert.type === 'peerBlocked') codes.push(alert.code);
    },
  });
  const incoming = new IncomingConnections({
    counters: new SessionCounters(),
    owner,
    alerts,
    clock,
    settings: { ...defaultSettings, ...settings },
    random: new FakeRandom(seed),
  });
  owner.incoming = incoming;
  let port = 1;
  const connect = (address: string): FakeConnection => {
    const connection = new FakeConnection(endpoint(address, port++));
    incoming.accept(connection);
    return connection;
  };
  const reasons = (): string[] => {
    alerts.flush();
    return codes;
  };
  return { owner, incoming, clock, connect, reasons };
}

/** An address of a prefix of its own. */
function stranger(index: number): string {
  return `20.0.${index >> 8}.${index & 255}`;
}

/** Makes the address one that has been a good peer. */
function makeGood({ incoming, owner, connect }: ReturnType<typeof setUp>, address: string): void {
  const connection = connect(address);
  connection.handler?.onData(handshake);
  incoming.admitted(99 + owner.accepted.length);
}

describe('places for connections that are not finished', () => {
  it('are four an IPv4 address', () => {
    const { connect, incoming, reasons } = setUp();
    const first = [1, 2, 3, 4].map(() => connect('20.0.0.1'));
    const fifth = connect('20.0.0.1');
    expect(first.some(({ isDestroyed }) => isDestroyed)).toBe(false);
    expect(fifth.isDestroyed).toBe(true);
    expect(connect('20.0.0.2').isDestroyed).toBe(false);
    expect(incoming.size).toBe(5);
    expect(reasons()).toEqual(['PEER_PENDING_PREFIX']);
  });

  it('are four an IPv6 /64', () => {
    const { connect } = setUp();
    for (let i = 1; i <= 4; i++) expect(connect(`2001:db8:0:1::${i}`).isDestroyed).toBe(false);
    expect(connect('2001:db8:0:1:ffff::5').isDestroyed).toBe(true);
    expect(connect('2001:db8:0:2::5').isDestroyed).toBe(false);
  });

  it('are not counted by prefix for loopback where that is exempt', () => {
    const strict = setUp();
    for (let i = 0; i < 4; i++) strict.connect('127.0.0.1');
    expect(strict.connect('127.0.0.1').isDestroyed).toBe(true);
    const exempt = setUp({ exemptLoopback: true });
    for (let i = 0; i < 40; i++) expect(exempt.connect('127.0.0.1').isDestroyed).toBe(false);
  });

  it('are 64 in all, the last 16 of them for addresses known good', () => {
    const rig = setUp();
    for (let i = 0; i < 17; i++) makeGood(rig, `30.0.0.${i}`);
    expect(rig.incoming.size).toBe(0);
    const strangers = Array.from({ length: 48 }, (_, i) => rig.connect(stranger(i)));
    expect(strangers.every(({ isDestroyed }) => !isDestroyed)).toBe(true);
    rig.connect(stranger(48));
    expect(rig.incoming.size).toBe(48);
    expect(strangers.filter(({ isDestroyed }) => isDestroyed)).toHaveLength(1);
    for (let i = 0; i < 16; i++) rig.connect(`30.0.0.${i}`);
    expect(rig.incoming.size).toBe(64);
    rig.connect('30.0.0.16');
    expect(rig.incoming.size).toBe(64);
    expect(rig.reasons()).toEqual(['PEER_PENDING_FULL', 'PEER_PENDING_FULL']);
  });

  it('are kept for the 1 024 addresses that were good last', () => {
    const rig = setUp();
    const good = (index: number): string => `30.0.${index >> 8}.${index & 255}`;
    for (let i = 0; i <= 1_024; i++) makeGood(rig, good(i));
    for (let i = 0; i < 48; i++) rig.connect(stranger(i));
    rig.connect(good(1));
    expect(rig.incoming.size).toBe(49);
    // The first one has been forgotten: a stranger, for whom somebody has to go.
    rig.connect(good(0));
    expect(rig.incoming.size).toBe(49);
    expect(rig.reasons()).toEqual(['PEER_PENDING_FULL']);
  });

  it('are taken from the prefix that has most, whichever of it', () => {
    const victims = new Set<number>();
    for (let seed = 0; seed < 40; seed++) {
      const { connect, incoming } = setUp({}, seed * 7_919);
      const others = Array.from({ length: 20 }, (_, i) => connect(stranger(i)));
      const crowd = [1, 2, 3].map(() => connect('40.0.0.1'));
      for (let i = 20; i < 45; i++) others.push(connect(stranger(i)));
      const newcomer = connect(stranger(99));
      expect(newcomer.isDestroyed).toBe(false);
      expect(others.some(({ isDestroyed }) => isDestroyed)).toBe(false);
      expect(crowd.filter(({ isDestroyed }) => isDestroyed)).toHaveLength(1);
      expect(incoming.size).toBe(48);
      victims.add(crowd.findIndex(({ isDestroyed }) => isDestroyed));
    }
    expect(victims).toEqual(new Set([0, 1, 2]));
  });

  it('stay taken while a hold is open, and a connection that loses its place is closed by its torrent', () => {
    const { connect, incoming, owner } = setUp({ maxPendingIncoming: 1 });
    const held = connect('20.0.0.1');
    held.handler?.onData(handshake);
    expect(incoming.size).toBe(1);
    connect('20.0.0.2');
    expect(owner.closedPending).toEqual([100]);
    expect(held.isDestroyed).toBe(false);
    expect(incoming.size).toBe(1);
  });

  it('are free again when the connection is admitted, closes or ends', () => {
    const { connect, incoming } = setUp();
    connect('20.0.0.1').handler?.onData(handshake);
    connect('20.0.0.2').handler?.onData(handshake);
    const gone = connect('20.0.0.3');
    const ended = connect('20.0.0.4');
    expect(incoming.size).toBe(4);
    incoming.admitted(100);
    incoming.closed(101);
    gone.handler?.onClose(undefined);
    ended.handler?.onEnd();
    expect(incoming.size).toBe(0);
    expect(ended.isDestroyed).toBe(true);
  });
});

describe('the handshake', () => {
  it('is handed over with the bytes after it, however it is cut', () => {
    const { connect, owner } = setUp();
    const connection = connect('20.0.0.1');
    connection.handler?.onData(handshake.subarray(0, 30));
    expect(owner.accepted).toEqual([]);
    connection.handler?.onData(new Uint8Array([...handshake.subarray(30), 1, 2, 3]));
    expect(owner.accepted).toEqual([
      { infoHash: InfoHash.fromBytes(infoHash), rest: new Uint8Array([1, 2, 3]) },
    ]);
  });

  it('that is none closes the connection', () => {
    const { connect, owner, incoming, reasons } = setUp();
    const connection = connect('20.0.0.1');
    connection.handler?.onData(new Uint8Array(68).fill(71));
    expect(connection.isDestroyed).toBe(true);
    expect(owner.accepted).toEqual([]);
    expect(incoming.size).toBe(0);
    expect(reasons()[0]).toMatch(/^WIRE_/);
  });

  it('may be refused by the session', () => {
    const { connect, owner, incoming, reasons } = setUp();
    owner.refusal = { origin: 'policy', code: 'TORRENT_UNKNOWN', message: 'not here' };
    const connection = connect('20.0.0.1');
    connection.handler?.onData(handshake);
    expect(connection.isDestroyed).toBe(true);
    expect(incoming.size).toBe(0);
    expect(reasons()).toEqual(['TORRENT_UNKNOWN']);
  });

  it('has a deadline that trickling bytes do not move', () => {
    const { connect, clock, incoming, reasons } = setUp({ handshakeTimeoutMs: 10_000 });
    const slow = connect('20.0.0.1');
    const handedOver = connect('20.0.0.2');
    handedOver.handler?.onData(handshake);
    for (let second = 1; second < 10; second++) {
      clock.advance(1_000);
      slow.handler?.onData(handshake.subarray(second - 1, second));
      incoming.tick();
    }
    clock.advance(999);
    incoming.tick();
    expect(slow.isDestroyed).toBe(false);
    clock.advance(1);
    incoming.tick();
    expect(slow.isDestroyed).toBe(true);
    expect(handedOver.isDestroyed).toBe(false);
    expect(incoming.size).toBe(1);
    expect(reasons()).toEqual(['PEER_HANDSHAKE_TIMEOUT']);
  });
});

describe('who may not come in', () => {
  it('is closed at once and takes no place', () => {
    const { connect, owner, incoming, reasons } = setUp();
    owner.blockedAddress = '20.0.0.1';
    expect(connect('20.0.0.1').isDestroyed).toBe(true);
    expect(incoming.size).toBe(0);
    expect(reasons()).toEqual(['PEER_BANNED']);
  });

  it('is everybody once the session closes; connections that were handed over are not ours', () => {
    const { connect, incoming } = setUp();
    const waiting = connect('20.0.0.1');
    const handedOver = connect('20.0.0.2');
    handedOver.handler?.onData(handshake);
    incoming.close();
    expect(waiting.isDestroyed).toBe(true);
    expect(handedOver.isDestroyed).toBe(false);
    expect(incoming.size).toBe(0);
  });
});
