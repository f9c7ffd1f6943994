import { formatEndpoint } from '@peerloom/core';
import { type FakePeer, runSwarm, type Swarm, type SwarmPeer } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';

const torrent = { pieceLength: 32 * 1024, lengthBytes: 20 * 32 * 1024 } as const;
const seeds = Array.from({ length: 24 }, (_, index) => index + 1);

/** What a run has to show after strangers have had their way: nothing leaked, and honest work done. */
async function expectUnharmed(swarm: Swarm, victim: SwarmPeer): Promise<void> {
  const honest = await swarm.addLeech({ connectTo: [victim] });
  await swarm.runUntilComplete({ peers: [honest] });
  await swarm.advance(130_000);
  expect(victim.session.stats()).toMatchObject({ slotsInUse: 0, pendingIncomingCount: 0 });
  expect(victim.faults).toEqual([]);
}

function randomBytes(swarm: Swarm, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => swarm.random.integer(256));
}

/** A message with a right length prefix, a known id and a payload by chance. */
function randomFrame(swarm: Swarm): Uint8Array {
  const ids = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 14, 15, 16, 17, 20, 21, 99];
  const payload = randomBytes(swarm, swarm.random.integer(40));
  const frame = new Uint8Array(5 + payload.length);
  new DataView(frame.buffer).setUint32(0, payload.length + 1);
  frame[4] = ids[swarm.random.integer(ids.length)] ?? 0;
  frame.set(payload, 5);
  return frame;
}

describe('a peer that breaks the protocol', () => {
  it.each(seeds)('in the handshake is gone, with a reason (seed %i)', async (seed) => {
    await runSwarm({ seed, torrent }, async (swarm) => {
      const victim = await swarm.addSeed();
      const blocked: string[] = [];
      victim.session.on('peerBlocked', ({ endpoint, code }) => {
        blocked.push(`${formatEndpoint(endpoint)} ${code}`);
      });
      const strangers: FakePeer[] = [];
      // Each of the 20 bytes that are the same in every handshake, wrong once.
      for (let offset = 0; offset < 20; offset++) {
        const stranger = swarm.addFakePeer(victim);
        await stranger.connected();
        const bytes = randomBytes(swarm, 68);
        bytes.set([19, ...new TextEncoder().encode('BitTorrent protocol')]);
        bytes[offset] = (bytes[offset] ?? 0) ^ (1 + swarm.random.integer(255));
        stranger.sendBytes(bytes);
        strangers.push(stranger);
      }
      for (const stranger of strangers) await stranger.expectClosed();
      expect(blocked.filter((line) => line.endsWith('WIRE_HANDSHAKE'))).toHaveLength(20);
      await expectUnharmed(swarm, victim);
    });
  });

  it.each(seeds)('after the handshake is gone, with a reason (seed %i)', async (seed) => {
    await runSwarm({ seed, torrent, network: { maxChunkBytes: 64 } }, async (swarm) => {
      const victim = await swarm.addSeed();
      const reasons: string[] = [];
      victim.session.on('peerDisconnected', ({ reason }) => {
        reasons.push(reason.code);
      });
      for (let i = 0; i < 6; i++) {
        const stranger = swarm.addFakePeer(victim);
        await stranger.handshake();
        for (let frame = 0; frame < 60 && !stranger.isClosed; frame++) {
          stranger.sendBytes(randomFrame(swarm));
          await swarm.advance(5);
        }
        stranger.sendBytes(randomBytes(swarm, 400));
        await swarm.advance(1000);
        stranger.destroy();
        await swarm.advance(100);
      }
      expect(reasons).toHaveLength(6);
      for (const code of reasons) expect(code).toMatch(/^(WIRE|PEER|NETWORK|BENCODE)_/);
      await expectUnharmed(swarm, victim);
    });
  });

  it.each(seeds.slice(0, 8))('cut off anywhere leaves nothing behind (seed %i)', async (seed) => {
    await runSwarm({ seed, torrent }, async (swarm) => {
      const victim = await swarm.addLeech();
      for (let i = 0; i < 30; i++) {
        const stranger = swarm.addFakePeer(victim);
        await stranger.connected();
        const head = new Uint8Array(68 + 10_000);
        head.set([19, ...new TextEncoder().encode('BitTorrent protocol')]);
        head.set(swarm.content.infoHash.toBytes(), 28);
        head.set(randomBytes(swarm, 20), 48);
        stranger.sendBytes(head.subarray(0, swarm.random.integer(200)));
        await swarm.advance(10);
        stranger.destroy();
        await swarm.advance(10);
      }
      const seedPeer = await swarm.addSeed();
      swarm.connect(victim, seedPeer);
      await swarm.runUntilComplete();
      expect(victim.session.stats()).toMatchObject({ slotsInUse: 0, pendingIncomingCount: 0 });
      expect(victim.torrent.peers().filter(({ isReady }) => !isReady)).toEqual([]);
    });
  });

  it('in the middle of a block gives its slot back', async () => {
    await runSwarm({ seed: 1, torrent }, async (swarm) => {
      const victim = await swarm.addLeech();
      const stranger = swarm.addFakePeer(victim);
      await stranger.greet();
      stranger.send({ type: 'haveAll' }, { type: 'unchoke' });
      const { piece, begin, length } = await stranger.expect('request');
      const head = new Uint8Array(13 + 100);
      const view = new DataView(head.buffer);
      view.setUint32(0, 9 + length);
      head[4] = 7;
      view.setUint32(5, piece);
      view.setUint32(9, begin);
      stranger.sendBytes(head);
      await swarm.advance(1000);
      expect(victim.session.stats().slotsInUse).toBe(1);
      stranger.destroy();
      await swarm.advance(1000);
      expect(victim.session.stats().slotsInUse).toBe(0);
    });
  });

  it('with a frame over the limit is gone before its payload is buffered', async () => {
    await runSwarm({ seed: 1, torrent }, async (swarm) => {
      const victim = await swarm.addLeech();
      const codes: string[] = [];
      victim.session.on('peerError', ({ code }) => {
        codes.push(code);
      });
      const stranger = swarm.addFakePeer(victim);
      await stranger.handshake();
      stranger.sendBytes(Uint8Array.of(0x00, 0x10, 0x00, 0x01, 20));
      await stranger.expectClosed();
      expect(codes).toEqual(['WIRE_MESSAGE_SIZE']);
    });
  });
});
