import { type PeerContext, pluginApiVersion, type SessionPlugin } from '@peerloom/core/plugin';
import { createSwarm, DeterministicSecureRandom, runSwarm } from '@peerloom/testing';
import { describe, expect, it, vi } from 'vitest';
import { instanceLength } from './authentication/authentication.js';
import { principalOf } from './certificates/certificate.js';
import { ClosedNetwork } from './closed-network.js';
import type { ClosedNetworkOptions } from './closed-network-options.js';
import { certificateOf, secretText, TestAuthority } from './network.fake.js';
import { confirmationsOf, eventsOf, refusalsOf } from './session-record.fake.js';

const startSeconds = 1_893_456_000;
const minuteMs = 60_000;
/** By which clocks may differ. */
const skewSeconds = 300;

async function meet(
  seedOptions: ClosedNetworkOptions,
  leechOptions: ClosedNetworkOptions,
): Promise<{ codes: readonly string[]; confirmations: readonly number[]; downloadedBytes: number }> {
  const swarm = createSwarm();
  const seed = await swarm.addSeed({ extensions: [new ClosedNetwork(seedOptions)] });
  const leech = await swarm.addLeech({ extensions: [new ClosedNetwork(leechOptions)] });
  const codes = [refusalsOf(seed), refusalsOf(leech)];
  swarm.connect(leech, seed);
  await swarm.advance(20_000);
  swarm.checkFaults();
  await swarm.stop();
  return {
    codes: codes.flat(),
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

describe('while connected', () => {
  it('a member whose certificate ends is closed, and so is one that was revoked', async () => {
    const authority = new TestAuthority();
    const swarm = createSwarm();
    const brief = authority.member('brief', { notAfter: startSeconds + 60 });
    const lasting = authority.member('lasting');
    const network = new ClosedNetwork({ member: authority.member('seed') });
    const hub = await swarm.addPeer({ have: [0], extensions: [network] });
    const events = eventsOf(hub);
    const codes = refusalsOf(hub);
    for (const member of [brief, lasting]) {
      await swarm.addPeer({ have: [0], extensions: [new ClosedNetwork({ member })], connectTo: [hub] });
    }
    await swarm.advance((60 + skewSeconds - 5) * 1000);
    expect(hub.torrent.peers()).toHaveLength(2);
    await swarm.advance(10_000);
    expect(hub.torrent.peers().map(({ principal }) => principal)).toEqual([
      principalOf(certificateOf(lasting)),
    ]);
    expect(codes).toContain('CLOSED_NETWORK_EXPIRED');

    const first = authority.revoke();
    const second = authority.revoke(lasting);
    network.reload({ member: authority.member('renewed'), revoked: second });
    expect(hub.torrent.peers()).toEqual([]);
    await swarm.advance(1);
    expect(codes).toContain('CLOSED_NETWORK_REVOKED');
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

  it.each(['members', 'a secret'])(
    '%s: where the end of one connection makes an extension end the other, they meet again',
    async (mode) => {
      const authority = new TestAuthority();
      let isArmed = true;
      const dropper = (): SessionPlugin => {
        const peers = new Set<PeerContext>();
        return {
          name: 'dropper',
          apiVersion: pluginApiVersion,
          newTorrent: () => ({
            newConnection: (peer) => {
              peers.add(peer);
              return {
                onDisconnect: () => {
                  peers.delete(peer);
                  if (!isArmed || peers.size === 0) return;
                  isArmed = false;
                  for (const other of peers) other.disconnect('dropped');
                },
              };
            },
          }),
        };
      };
      const swarm = createSwarm({
        // The connection that is let in first is the one that ends.
        seed: 2,
        network: { latencyMs: 20 },
        settings: { peerRetryDelayMs: 1000, maxPeerFailures: 20 },
        extensions: (name) => [
          new ClosedNetwork(mode === 'members' ? { member: authority.member(name) } : { secret: secretText }),
          dropper(),
        ],
      });
      const one = await swarm.addPeer({ have: [0] });
      const other = await swarm.addPeer({ have: [1] });
      swarm.connect(one, other);
      swarm.connect(other, one);
      await swarm.advance(5 * minuteMs);
      expect(isArmed).toBe(false);
      expect([one, other].map(({ torrent }) => torrent.peers().length)).toEqual([1, 1]);
      expect([one, other].map(({ session }) => session.stats().counters['closed-network.confirmed'])).toEqual(
        [1, 1],
      );
      swarm.checkFaults();
      await swarm.stop();
    },
  );

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
