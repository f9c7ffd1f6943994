import { runSwarm } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';
import { ClosedNetwork } from './closed-network.js';
import type { ClosedNetworkOptions } from './closed-network-options.js';
import { secretText, TestAuthority } from './network.fake.js';

const authority = new TestAuthority();

/** Each mode, with what a member of that name is given. */
const modes: readonly (readonly [string, (name: string) => ClosedNetworkOptions])[] = [
  ['a secret', () => ({ secret: secretText })],
  ['members', (name) => ({ member: authority.member(name) })],
  ['members and a secret', (name) => ({ secret: secretText, member: authority.member(name) })],
  ['a secret without encryption', () => ({ secret: secretText, encryption: 'none' })],
  ['members without encryption', (name) => ({ member: authority.member(name), encryption: 'none' })],
];

describe('ClosedNetwork', () => {
  it.each(modes)('%s: those who have what it takes share the content', async (mode, optionsOf) => {
    await runSwarm({ extensions: (name) => [new ClosedNetwork(optionsOf(name))] }, async (swarm) => {
      const seed = await swarm.addSeed();
      const leech = await swarm.addLeech({ connectTo: [seed] });
      const last = await swarm.addLeech({ connectTo: [seed, leech] });
      await swarm.runUntilComplete();
      for (const { session } of [seed, leech, last]) {
        expect(session.stats().counters['closed-network.failures']).toBe(0);
      }
      const peers = last.torrent.peers();
      expect(peers).toHaveLength(1);
      expect(peers.every(({ isEncrypted }) => isEncrypted !== mode.includes('without'))).toBe(true);
    });
  });
});
