import type { SwarmPeer } from '@peerloom/testing';
import { createSwarm, DeterministicSecureRandom, runSwarm } from '@peerloom/testing';
import { describe, expect, it, vi } from 'vitest';
import { Authentication, instanceLength } from './authentication/authentication.js';
import { principalOf } from './certificates/certificate.js';
import { ClosedNetwork } from './closed-network.js';
import type { ClosedNetworkOptions } from './closed-network-options.js';
import { confirmationsOf, failuresOf } from './hostile/scene.fake.js';
import { certificateOf, otherSecretText, secretText, TestAuthority } from './network.fake.js';

/** Virtual time begins then, with the year 2030, in seconds since 1970. */
const startSeconds = 1_893_456_000;
const minuteMs = 60_000;
/** By which clocks may differ. */
const skewSeconds = 300;

interface Event {
  readonly event: string;
  readonly data: unknown;
}

function eventsOf({ session }: SwarmPeer): Event[] {
  const events: Event[] = [];
  session.on('plugin', ({ event, data }) => events.push({ event, data }));
  return events;
}

function codesOf(events: readonly Event[]): unknown[] {
  return events
    .filter(({ event }) => event === 'refused')
    .map(({ data }) => (data as { code: unknown }).code);
}

async function meet(
  seedOptions: ClosedNetworkOptions,
  leechOptions: ClosedNetworkOptions,
): Promise<{ codes: unknown[]; confirmations: readonly number[]; downloadedBytes: number }> {
  const swarm = createSwarm();
  const seed = await swarm.addSeed({ extensions: [new ClosedNetwork(seedOptions)] });
  const leech = await swarm.addLeech({ extensions: [new ClosedNetwork(leechOptions)] });
  const events = [eventsOf(seed), eventsOf(leech)];
  swarm.connect(leech, seed);
  await swarm.advance(20_000);
  swarm.checkFaults();
  await swarm.stop();
  return {
    codes: events.flatMap(codesOf),
    confirmations: [confirmationsOf(seed), confirmationsOf(leech)],
    downloadedBytes: leech.torrent.stats.downloadedBytes,
  };
}

describe('certificates', () => {
  const authority = new TestAuthority();
  const good = authority.member('good');

  it.each<[string, string, string]>([
    [
      'expired',
      'CLOSED_NETWORK_EXPIRED',
      authority.member('old', { notAfter: startSeconds - skewSeconds - 60 }),
    ],
    [
      'not valid yet',
      'CLOSED_NETWORK_NOT_YET_VALID',
      authority.member('new', { notBefore: startSeconds + skewSeconds + 60 }),
    ],
    ['of another authority', 'CLOSED_NETWORK_FOREIGN', new TestAuthority('foreign').member('foreign')],
  ])('one that is %s lets nobody in, whoever dials', async (_what, code, bad) => {
    // What each side makes of a network id differs before certificates are seen where the authority is another.
    const expected = code === 'CLOSED_NETWORK_FOREIGN' ? 'CLOSED_NETWORK_HANDSHAKE' : code;
    for (const [seed, leech] of [
      [good, bad],
      [bad, good],
    ] as const) {
      const { codes, downloadedBytes, confirmations } = await meet({ member: seed }, { member: leech });
      expect(codes).toContain(expected);
      expect(downloadedBytes).toBe(0);
      expect(confirmations[seed === good ? 0 : 1]).toBe(0);
    }
  });

  it.each<[string, string]>([
    ['has just expired', authority.member('a', { notAfter: startSeconds - skewSeconds + 60 })],
    ['is about to be valid', authority.member('b', { notBefore: startSeconds + skewSeconds - 60 })],
  ])('one that %s is let in: clocks differ by minutes', async (_what, other) => {
    const { codes, downloadedBytes } = await meet({ member: good }, { member: other });
    expect(codes).toEqual([]);
    expect(downloadedBytes).toBeGreaterThan(0);
  });

  it('one that was revoked lets nobody in', async () => {
    const revoked = authority.revoke(good);
    const { codes, downloadedBytes } = await meet(
      { member: authority.member('seed'), revoked },
      { member: good },
    );
    expect(codes).toContain('CLOSED_NETWORK_REVOKED');
    expect(downloadedBytes).toBe(0);
  });

  it('a member is told apart, by its key, also by bans', async () => {
    await runSwarm({}, async (swarm) => {
      const member = authority.member('Ada');
      const seed = await swarm.addSeed({
        extensions: [new ClosedNetwork({ member: authority.member('seed') })],
      });
      const events = eventsOf(seed);
      const ada = await swarm.addLeech({ extensions: [new ClosedNetwork({ member })], connectTo: [seed] });
      await swarm.runUntilComplete();
      const principal = principalOf(certificateOf(member));
      expect(events).toEqual([
        { event: 'confirmed', data: { principal, name: 'Ada', permissions: ['download', 'upload'] } },
      ]);
      seed.session.ban({ principal }, { reason: 'test' });
      await swarm.advance(1000);
      expect(ada.torrent.peers()).toEqual([]);
      const again = await swarm.addLeech({ extensions: [new ClosedNetwork({ member })], connectTo: [seed] });
      await swarm.advance(minuteMs);
      expect(again.torrent.stats.downloadedBytes).toBe(0);
    });
  });
});

describe('permissions', () => {
  it('who may not download is served by nobody, and who may is', async () => {
    const authority = new TestAuthority();
    await runSwarm({}, async (swarm) => {
      const make = (name: string, permissions: ('download' | 'upload')[]): ClosedNetwork[] => [
        new ClosedNetwork({ member: authority.member(name, { permissions }) }),
      ];
      const seed = await swarm.addSeed({ extensions: make('seed', ['upload']) });
      const idle = await swarm.addLeech({ extensions: make('idle', ['upload']), connectTo: [seed] });
      const other = await swarm.addLeech({
        extensions: make('other', ['download', 'upload']),
        connectTo: [seed, idle],
      });
      await swarm.runUntilComplete({ peers: [other] });
      await swarm.advance(5 * minuteMs);
      expect(idle.torrent.stats).toMatchObject({ downloadedBytes: 0, peerCount: 2 });
      expect(idle.torrent.peers().every(({ isChokingUs }) => isChokingUs)).toBe(true);
    });
  });

  it('who may not upload is asked for nothing, whatever it says it has', async () => {
    const authority = new TestAuthority();
    await runSwarm({}, async (swarm) => {
      const make = (name: string, permissions: ('download' | 'upload')[]): ClosedNetwork[] => [
        new ClosedNetwork({ member: authority.member(name, { permissions }) }),
      ];
      const seed = await swarm.addSeed({ extensions: make('seed', ['download']) });
      const leech = await swarm.addLeech({
        extensions: make('leech', ['download', 'upload']),
        connectTo: [seed],
      });
      await swarm.advance(minuteMs);
      expect(confirmationsOf(leech)).toBe(1);
      expect(leech.torrent.stats.downloadedBytes).toBe(0);
      expect(leech.torrent.peers()).toMatchObject([{ isSeed: false, weAreInterested: false }]);
      expect(seed.torrent.stats.uploadedBytes).toBe(0);
    });
  });

  it('a request that comes all the same is rejected', async () => {
    const authority = new TestAuthority();
    await runSwarm({}, async (swarm) => {
      const seed = await swarm.addSeed({
        extensions: [new ClosedNetwork({ member: authority.member('seed') })],
      });
      const asker = await swarm.addLeech({
        extensions: [
          new ClosedNetwork({ member: authority.member('asker', { permissions: ['upload'] }) }),
          {
            name: 'asker',
            apiVersion: 1,
            newTorrent: () => ({
              newConnection: (peer) => ({
                tick: () => {
                  if (peer.isReady) peer.sendRaw(6, Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0]));
                },
              }),
            }),
          },
        ],
        connectTo: [seed],
      });
      // Unchoked by somebody else: only the permission stands in between.
      seed.session.addExtension({
        name: 'generous',
        apiVersion: 1,
        newTorrent: () => ({ newConnection: (peer) => ({ tick: () => peer.isReady && peer.unchoke() }) }),
      });
      await swarm.advance(minuteMs);
      expect(asker.torrent.peers()).toHaveLength(1);
      expect(seed.torrent.stats.uploadedBytes).toBe(0);
    });
  });
});

describe('while connected', () => {
  it('a member whose certificate ends is closed, and so is one that was revoked', async () => {
    const authority = new TestAuthority();
    const swarm = createSwarm();
    const brief = authority.member('brief', { notAfter: startSeconds + 60 });
    const lasting = authority.member('lasting');
    const network = new ClosedNetwork({ member: authority.member('seed') });
    const hub = await swarm.addPeer({ have: [0], extensions: [network] });
    const events = eventsOf(hub);
    for (const member of [brief, lasting]) {
      await swarm.addPeer({ have: [0], extensions: [new ClosedNetwork({ member })], connectTo: [hub] });
    }
    await swarm.advance((60 + skewSeconds - 5) * 1000);
    expect(hub.torrent.peers()).toHaveLength(2);
    await swarm.advance(10_000);
    expect(hub.torrent.peers().map(({ principal }) => principal)).toEqual([
      principalOf(certificateOf(lasting)),
    ]);
    expect(codesOf(events)).toContain('CLOSED_NETWORK_EXPIRED');

    const first = authority.revoke();
    const second = authority.revoke(lasting);
    network.reload({ member: authority.member('renewed'), revoked: second });
    expect(hub.torrent.peers()).toEqual([]);
    await swarm.advance(1);
    expect(codesOf(events)).toContain('CLOSED_NETWORK_REVOKED');
    // An older list stands for nothing, and the rest is taken.
    events.length = 0;
    network.reload({ member: authority.member('older'), revoked: first });
    await swarm.advance(1);
    expect(events).toContainEqual({ event: 'revocations', data: { number: 2 } });
    // A list that is forgotten stays in force.
    network.reload({ member: authority.member('renewed') });
    const before = confirmationsOf(hub);
    await swarm.advance(10 * minuteMs);
    expect(confirmationsOf(hub)).toBe(before);
    swarm.checkFaults();
    await swarm.stop();
  });

  it.each([
    ['a secret', false],
    ['members and a secret', true],
  ])('with %s, another one turns out everybody, confirmed or about to be', async (_mode, hasMembers) => {
    const authority = new TestAuthority();
    const optionsOf = (name: string): ClosedNetworkOptions => ({
      secret: secretText,
      ...(hasMembers && { member: authority.member(name) }),
    });
    const swarm = createSwarm();
    const options = optionsOf('hub');
    const network = new ClosedNetwork(options);
    const hub = await swarm.addPeer({ have: [0], extensions: [network] });
    const events = eventsOf(hub);
    const peer = new ClosedNetwork(optionsOf('peer'));
    await swarm.addPeer({ have: [0], extensions: [peer], connectTo: [hub] });
    await swarm.advance(2000);
    const pending = swarm.addFakePeer(hub);
    await pending.greet({ pl_auth: 1 });
    expect(hub.torrent.peers()).toHaveLength(2);

    network.reload(options);
    expect(hub.torrent.peers()).toHaveLength(2);
    network.reload({ ...options, secret: otherSecretText });
    expect(hub.torrent.peers()).toEqual([]);
    await swarm.advance(minuteMs);
    expect(codesOf(events).slice(0, 2)).toEqual(Array(2).fill('CLOSED_NETWORK_SECRET_CHANGED'));
    expect(confirmationsOf(hub)).toBe(1);
    swarm.checkFaults();
    await swarm.stop();
  });

  it.each<
    [string, (authority: TestAuthority, peer: string) => ClosedNetworkOptions, readonly string[], number]
  >([
    [
      'a list that has the remote',
      (authority, peer) => ({ revoked: authority.revoke(peer) }),
      ['CLOSED_NETWORK_REVOKED'],
      0,
    ],
    ['a certificate of our own', (authority) => ({ member: authority.member('renewed') }), [], 1],
  ])(
    '%s that comes in the middle of an authentication counts for it',
    async (_what, change, codes, later) => {
      const authority = new TestAuthority();
      const [member, peer] = [authority.member('hub'), authority.member('peer')];
      const network = new ClosedNetwork({ member });
      const swarm = createSwarm({ settings: { peerRetryDelayMs: 5000 } });
      const hub = await swarm.addPeer({ have: [0], extensions: [network] });
      const events = eventsOf(hub);
      const { receive } = Authentication.prototype;
      let receivedCount = 0;
      const spy = vi.spyOn(Authentication.prototype, 'receive');
      spy.mockImplementation(function (this: Authentication, message) {
        const confirmation = receive.call(this, message);
        // The third message has the dialler's certificate; it is confirmed by a later one.
        if (++receivedCount === 3) network.reload({ member, ...change(authority, peer) });
        return confirmation;
      });
      await swarm.addPeer({ have: [0], extensions: [new ClosedNetwork({ member: peer })], connectTo: [hub] });
      await swarm.advance(1000);
      spy.mockRestore();
      expect(receivedCount).toBeGreaterThan(3);
      expect(confirmationsOf(hub)).toBe(0);
      expect(codesOf(events)).toEqual(codes);
      await swarm.advance(minuteMs);
      expect(confirmationsOf(hub)).toBe(later);
      swarm.checkFaults();
      await swarm.stop();
    },
  );

  it.each<[string, string, (authority: TestAuthority) => ClosedNetworkOptions]>([
    ['another network', 'CLOSED_NETWORK_FOREIGN', () => ({ member: new TestAuthority('other').member('x') })],
    [
      'without encryption',
      'CLOSED_NETWORK_FOREIGN',
      (own) => ({ member: own.member('x'), encryption: 'none' }),
    ],
    [
      'a list of another network',
      'CLOSED_NETWORK_FOREIGN',
      (own) => ({ member: own.member('x'), revoked: new TestAuthority('other').revoke() }),
    ],
    ['something else', 'CLOSED_NETWORK_FILE', () => ({ member: 'x' })],
  ])('%s cannot take its place', (_what, code, optionsOf) => {
    const authority = new TestAuthority();
    const network = new ClosedNetwork({ member: authority.member('seed') });
    expect(() => network.reload(optionsOf(authority))).toThrow(expect.objectContaining({ code }));
  });

  it('a revocation list is remembered: with an older one, or none, nobody is let in again', async () => {
    const authority = new TestAuthority();
    const member = authority.member('revoked one');
    const hubMember = authority.member('hub');
    const older = authority.revoke();
    const newer = authority.revoke(member);
    const swarm = createSwarm();
    const hub = await swarm.addPeer({
      extensions: [new ClosedNetwork({ member: hubMember, revoked: newer })],
    });
    const state = hub.session.saveState();
    for (const options of [{ member: hubMember }, { member: hubMember, revoked: older }]) {
      const again = await swarm.addSeed({ state, extensions: [new ClosedNetwork(options)] });
      await swarm.addLeech({ extensions: [new ClosedNetwork({ member })], connectTo: [again] });
      await swarm.advance(20_000);
      expect(confirmationsOf(again)).toBe(0);
      expect(failuresOf(again)).toBeGreaterThan(0);
    }
    swarm.checkFaults();
    await swarm.stop();
  });

  it('a state that is damaged, or of another network, is none', async () => {
    const swarm = createSwarm();
    const hub = await swarm.addPeer({
      extensions: [
        new ClosedNetwork({ member: new TestAuthority().member('a'), revoked: new TestAuthority().revoke() }),
      ],
    });
    const state = hub.session.saveState();
    const other = new ClosedNetwork({ member: new TestAuthority('other').member('b') });
    const again = await swarm.addPeer({ state, extensions: [other] });
    expect(again.session.stats().counters['closed-network.failures']).toBe(0);
    swarm.checkFaults();
    await swarm.stop();
  });

  it('says when our own certificate is not valid', async () => {
    const authority = new TestAuthority();
    const swarm = createSwarm();
    const member = authority.member('brief', { notAfter: startSeconds + 10 });
    const peer = await swarm.addPeer({ extensions: [new ClosedNetwork({ member })] });
    const events = eventsOf(peer);
    await swarm.advance((skewSeconds + 20) * 1000);
    expect(events).toMatchObject([{ event: 'ownCertificate', data: { code: 'CLOSED_NETWORK_EXPIRED' } }]);
    await swarm.stop();
  });
});

describe('two sessions that dial each other', () => {
  it.each(['together', 'one after the other'])('%s keep one connection', async (when) => {
    const authority = new TestAuthority();
    const swarm = createSwarm({
      network: { latencyMs: 20 },
      extensions: (name) => [new ClosedNetwork({ member: authority.member(name) })],
    });
    const one = await swarm.addPeer({ have: [0] });
    const other = await swarm.addPeer({ have: [1] });
    swarm.connect(one, other);
    if (when !== 'together') await swarm.advance(2000);
    swarm.connect(other, one);
    await swarm.advance(minuteMs);
    expect([one.torrent.peers().length, other.torrent.peers().length]).toEqual([1, 1]);
    expect([one.torrent.stats.piecesHave, other.torrent.stats.piecesHave]).toEqual([2, 2]);
    await swarm.stop();
  });

  it('a member that claims to be the session of another one locks nobody out', async () => {
    const authority = new TestAuthority();
    const members = ['honest', 'claimant'].map((name) => authority.member(name));
    const swarm = createSwarm();
    const hub = await swarm.addPeer({
      have: [0],
      extensions: [new ClosedNetwork({ member: authority.member('hub') })],
    });
    const { bytes } = DeterministicSecureRandom.prototype;
    const spy = vi.spyOn(DeterministicSecureRandom.prototype, 'bytes');
    spy.mockImplementation(function (this: DeterministicSecureRandom, length) {
      return length === instanceLength ? new Uint8Array(length).fill(7) : bytes.call(this, length);
    });
    for (const member of members) {
      await swarm.addPeer({ have: [0], extensions: [new ClosedNetwork({ member })], connectTo: [hub] });
      await swarm.advance(2000);
    }
    spy.mockRestore();
    const principals = members.map((member) => principalOf(certificateOf(member)));
    expect(hub.torrent.peers().map(({ principal }) => principal)).toEqual(principals);
    swarm.checkFaults();
    await swarm.stop();
  });
});
