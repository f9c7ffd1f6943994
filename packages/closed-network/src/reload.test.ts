import { createSwarm } from '@peerloom/testing';
import { describe, expect, it, vi } from 'vitest';
import { Authentication } from './authentication/authentication.js';
import { principalOf } from './certificates/certificate.js';
import { ClosedNetwork } from './closed-network.js';
import type { ClosedNetworkOptions } from './closed-network-options.js';
import { certificateOf, otherSecretText, secretText, TestAuthority } from './network.fake.js';
import { confirmationsOf, refusalsOf } from './session-record.fake.js';

const minuteMs = 60_000;

describe('reload', () => {
  it('works while the extension is in no session, and for the next session it is added to', async () => {
    const authority = new TestAuthority();
    const [member, renewed] = [authority.member('hub'), authority.member('hub again')];
    const swarm = createSwarm();
    const network = new ClosedNetwork({ member });
    const hub = await swarm.addSeed({ extensions: [network] });
    await hub.session.removeExtension(network.name);
    // There is something to tell, and nobody to be told.
    network.reload({ member, revoked: authority.revoke(member) });
    network.reload({ member: renewed });
    hub.session.addExtension(network);
    await swarm.addLeech({
      extensions: [new ClosedNetwork({ member: authority.member('peer') })],
      connectTo: [hub],
    });
    await swarm.runUntilComplete();
    expect(confirmationsOf(hub)).toBe(1);
    swarm.checkFaults();
    await swarm.stop();
  });

  it('refuses another list of the same number, and goes on as before', () => {
    const authority = new TestAuthority();
    const sameAuthority = new TestAuthority();
    const member = authority.member('hub');
    const revoked = authority.revoke();
    const network = new ClosedNetwork({ member, revoked });
    const before = network.saveState();
    const other = sameAuthority.revoke(member);
    expect(() => network.reload({ member, revoked: other })).toThrow(
      expect.objectContaining({ code: 'CLOSED_NETWORK_REVOKED_OLD' }),
    );
    network.reload({ member, revoked });
    expect(network.saveState()).toEqual(before);
  });

  it('takes a renewed certificate beside a list older than the one known from the state', async () => {
    const authority = new TestAuthority();
    const member = authority.member('hub');
    const [older, newer] = [authority.revoke(), authority.revoke(authority.member('gone'))];
    const swarm = createSwarm();
    const first = await swarm.addPeer({ extensions: [new ClosedNetwork({ member, revoked: newer })] });
    const state = first.session.saveState();
    const network = new ClosedNetwork({ member, revoked: older });
    const hub = await swarm.addPeer({ have: [0], state, extensions: [network] });
    const renewed = authority.member('hub again');
    network.reload({ member: renewed, revoked: older });
    const peer = await swarm.addPeer({
      have: [0],
      extensions: [new ClosedNetwork({ member: authority.member('peer') })],
      connectTo: [hub],
    });
    await swarm.advance(2000);
    expect(peer.torrent.peers().map(({ principal }) => principal)).toEqual([
      principalOf(certificateOf(renewed)),
    ]);
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
    const codes = refusalsOf(hub);
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
    expect(codes.slice(0, 2)).toEqual(Array(2).fill('CLOSED_NETWORK_SECRET_CHANGED'));
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
    async (_what, change, expected, later) => {
      const authority = new TestAuthority();
      const [member, peer] = [authority.member('hub'), authority.member('peer')];
      const network = new ClosedNetwork({ member });
      const swarm = createSwarm({ settings: { peerRetryDelayMs: 5000 } });
      const hub = await swarm.addPeer({ have: [0], extensions: [network] });
      const codes = refusalsOf(hub);
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
      expect(codes).toEqual(expected);
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
});
