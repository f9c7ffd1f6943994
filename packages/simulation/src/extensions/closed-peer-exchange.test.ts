import { ClosedNetwork } from '@peerloom/closed-network';
import { formatEndpoint } from '@peerloom/core';
import { DeterministicSecureRandom, runSwarm } from '@peerloom/testing';
import { utPex } from '@peerloom/ut-pex';
import { expect, it } from 'vitest';

const secret = Buffer.from(new DeterministicSecureRandom('secret').bytes(32)).toString('base64');

it.each([
  ['before', () => [utPex(), new ClosedNetwork({ secret })]],
  ['after', () => [new ClosedNetwork({ secret }), utPex()]],
])(
  'peers of a closed network find each other, and strangers nobody: loaded %s it',
  async (_order, extensions) => {
    await runSwarm({ extensions }, async (swarm) => {
      const first = await swarm.addLeech();
      const members = [first];
      for (let i = 0; i < 5; i++) members.push(await swarm.addLeech({ connectTo: [first] }));
      const stranger = swarm.addFakePeer(first);
      await stranger.handshake();
      stranger.sendExtensionHandshake({ ut_pex: 1 }, { p: 7000 });
      const { m } = await stranger.expectExtensionHandshake();
      await swarm.advance(90_000);
      expect(Object.keys(m)).not.toContain('ut_pex');
      expect(stranger.isClosed).toBe(true);
      expect(stranger.receivedOf('extended').filter(({ id }) => id === 1)).toEqual([]);
      const everybody = members.map(({ endpoint }) => formatEndpoint(endpoint)).sort();
      for (const { torrent, endpoint } of members) {
        // A peer that dialled is known by where it listens.
        const known = torrent.knownPeers().map((peer) => formatEndpoint(peer.endpoint));
        expect(known.sort()).toEqual(everybody.filter((text) => text !== formatEndpoint(endpoint)));
        expect(torrent.peers()).toHaveLength(members.length - 1);
      }
    });
  },
);
