import { createSwarm } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';
import { ClosedNetwork } from './closed-network.js';
import { TestAuthority } from './network.fake.js';
import { confirmationsOf, failuresOf } from './session-record.fake.js';

describe('the saved state', () => {
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
});
