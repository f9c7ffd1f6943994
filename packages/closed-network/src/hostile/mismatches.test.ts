import { createSwarm } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';
import { ClosedNetwork } from '../closed-network.js';
import type { ClosedNetworkOptions } from '../closed-network-options.js';
import { otherSecretText, secretText, TestAuthority } from '../network.fake.js';
import { failuresOf } from '../session-record.fake.js';
import { expectNobody } from './scene.fake.js';

describe('both sides must be of the same network, in the same way', () => {
  const authority = new TestAuthority();
  const foreign = new TestAuthority('foreign');
  const member = (): string => authority.member('member');
  const secret = secretText;

  it.each<[string, ClosedNetworkOptions, ClosedNetworkOptions]>([
    ['another secret', { secret }, { secret: otherSecretText }],
    ['members of another authority', { member: member() }, { member: foreign.member('stranger') }],
    ['encryption by one only', { secret }, { secret, encryption: 'none' }],
    ['encryption of members by one only', { member: member() }, { member: member(), encryption: 'none' }],
    ['a secret and members', { secret }, { member: member() }],
    ['a secret, and members with it', { secret }, { secret, member: member() }],
    ['members, and members with a secret', { member: member() }, { secret, member: member() }],
    [
      'members with another secret',
      { secret, member: member() },
      { secret: otherSecretText, member: member() },
    ],
  ])('%s', async (_what, one, other) => {
    for (const [seedOptions, leechOptions] of [
      [one, other],
      [other, one],
    ] as const) {
      const swarm = createSwarm();
      const seed = await swarm.addSeed({ extensions: [new ClosedNetwork(seedOptions)] });
      const leech = await swarm.addLeech({
        extensions: [new ClosedNetwork(leechOptions)],
        connectTo: [seed],
      });
      await expectNobody({ swarm, seed, leech });
      expect(failuresOf(seed) + failuresOf(leech)).toBeGreaterThan(0);
      expect(leech.torrent.stats.downloadedBytes).toBe(0);
      swarm.checkFaults();
      await swarm.stop();
    }
  });
});
