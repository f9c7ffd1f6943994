import { createSwarm } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';
import { ClosedNetwork } from './closed-network.js';
import { confirmationsOf } from './hostile/scene.fake.js';
import { TestAuthority } from './network.fake.js';

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
});
