import { bytesToHex, defineTorrentExtension, pluginApiVersion } from '@peerloom/core/plugin';
import { createSwarm, runSwarm, type Swarm, type SwarmPeer } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';
import type { Permission } from './certificates/certificate.js';
import { ClosedNetwork } from './closed-network.js';
import { Credentials } from './credentials.js';
import { ScriptedMember } from './hostile/scripted-member.fake.js';
import { TestAuthority } from './network.fake.js';
import { confirmationsOf } from './session-record.fake.js';

const minuteMs = 60_000;
/** Ids of messages (BEP 3 and BEP 6). */
const wire = {
  unchoke: 1,
  interested: 2,
  have: 4,
  request: 6,
  piece: 7,
  haveAll: 14,
  haveNone: 15,
  reject: 16,
  allowedFast: 17,
} as const;
const authority = new TestAuthority();

/** Extensions of a member with these permissions. */
const make = (name: string, permissions: readonly Permission[]) => [
  new ClosedNetwork({ member: authority.member(name, { permissions }) }),
];

describe('permissions', () => {
  it('who may not download is served by nobody, and who may is', async () => {
    await runSwarm({}, async (swarm) => {
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
    await runSwarm({}, async (swarm) => {
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

  /** A member that says what it is told to, let in. */
  async function letIn(
    swarm: Swarm,
    permissions: readonly Permission[],
    hub: SwarmPeer,
    fast = true,
  ): Promise<ScriptedMember> {
    const credentials = new Credentials({ member: authority.member('script', { permissions }) });
    const script = ScriptedMember.dial(swarm, hub, credentials, { fast });
    await swarm.advance(1000);
    expect(script.isConfirmed).toBe(true);
    return script;
  }

  const framesOf = ({ frames }: ScriptedMember, id: number) =>
    frames.filter((frame) => frame.id === id).map(({ payload }) => bytesToHex(payload));

  /** Unchokes everybody as often as it can, which nothing but the permission stands against. */
  const generous = defineTorrentExtension({ name: 'generous', apiVersion: pluginApiVersion }, () => ({
    newConnection: (peer) => ({
      // Not in the moment in which the choker may take it back.
      tick: () => void peer.clock.setTimeout(() => peer.isReady && peer.unchoke(), 200),
    }),
  }));

  it.each<[string, readonly Permission[], { fast?: boolean; isUnchoked?: boolean }]>([
    ['without the permission is rejected, and never unchoked', ['upload'], {}],
    ['without it, while another extension unchokes it, is rejected', ['upload'], { isUnchoked: true }],
    ['without it, and without the fast extension, gets no answer', ['upload'], { fast: false }],
    ['with it is served', ['download', 'upload'], {}],
  ])('who asks %s', async (_what, permissions, { fast = true, isUnchoked = false }) => {
    const mayDownload = permissions.includes('download');
    const swarm = createSwarm();
    const seed = await swarm.addSeed({
      extensions: [
        new ClosedNetwork({ member: authority.member('seed') }),
        ...(isUnchoked ? [generous] : []),
      ],
    });
    const script = await letIn(swarm, permissions, seed, fast);
    script.sendFrame(wire.interested);
    const requests = [0, 1, 2].map((piece) => Uint8Array.of(0, 0, 0, piece, 0, 0, 0, 0, 0, 0, 0x40, 0));
    for (const request of requests) {
      await swarm.advance(20_500);
      script.sendFrame(wire.request, request);
    }
    await swarm.advance(minuteMs);
    expect(script.isClosed).toBe(false);
    const isRejected = !mayDownload && fast;
    expect(framesOf(script, wire.reject)).toEqual(isRejected ? requests.map(bytesToHex) : []);
    expect(framesOf(script, wire.unchoke).length > 0).toBe(mayDownload || isUnchoked);
    expect(framesOf(script, wire.piece)).toHaveLength(mayDownload ? requests.length : 0);
    expect(seed.torrent.stats.uploadedBytes > 0).toBe(mayDownload);
    await swarm.stop();
  });

  const whatTheySay: readonly (readonly [number, ...number[]])[] = [
    [wire.haveAll],
    [wire.haveNone, wire.have],
    [wire.haveNone, wire.allowedFast],
  ];

  it.each<[string, readonly Permission[]]>([
    ['without the permission is asked for nothing', ['download']],
    ['with it is asked', ['download', 'upload']],
  ])('who says what it has %s', async (_what, permissions) => {
    const mayUpload = permissions.includes('upload');
    const swarm = createSwarm();
    const leech = await swarm.addLeech({
      extensions: [new ClosedNetwork({ member: authority.member('leech') })],
    });
    for (const says of whatTheySay) {
      const script = await letIn(swarm, permissions, leech);
      script.sendFrame(says[0]);
      for (const id of says.slice(1)) script.sendFrame(id, new Uint8Array(4));
      if (!says.includes(wire.allowedFast)) script.sendFrame(wire.unchoke);
      await swarm.advance(minuteMs);
      expect(script.isClosed).toBe(false);
      const [peer] = leech.torrent.peers();
      expect(peer?.isSeed).toBe(mayUpload && says.includes(wire.haveAll));
      const offers = mayUpload && !says.includes(wire.allowedFast);
      expect(framesOf(script, wire.interested).length > 0, 'interest').toBe(offers);
      expect(framesOf(script, wire.request).length > 0, 'requests').toBe(offers);
      script.close();
      await swarm.advance(1000);
    }
    await swarm.stop();
  });
});
