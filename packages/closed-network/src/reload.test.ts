import { createSwarm } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';
import { principalOf } from './certificates/certificate.js';
import { ClosedNetwork } from './closed-network.js';
import { confirmationsOf } from './hostile/scene.fake.js';
import { certificateOf, TestAuthority } from './network.fake.js';

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
});
