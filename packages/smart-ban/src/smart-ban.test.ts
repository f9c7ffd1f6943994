import { type FakePeer, FaultyStorage, runSwarm } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';
import createSmartBan from './index.js';
import {
  addDialledFake,
  addFake,
  addVictim,
  bansOf,
  smallTorrent,
  spoil,
  TrustingIdentities,
} from './scene.fake.js';

const torrent = smallTorrent;
const blockLength = 16 * 1024;
const shared = '10.7.7.7';

describe('SmartBan', () => {
  it('says piece, block and reason in an alert and in the ban', async () => {
    await runSwarm({ torrent }, async (swarm) => {
      const victim = await addVictim(swarm);
      const network = swarm.host(shared);
      await addFake(swarm, victim, {
        network,
        answer: ({ piece, begin }, block) => (piece === 2 && begin === blockLength ? spoil(block) : block),
      });
      await swarm.clock.runUntil(() => victim.peer.torrent.stats.hashFailures === 1, { timeoutMs: 10_000 });
      expect(victim.banned, 'not before the right data is known').toEqual([]);
      await swarm.addSeed({ connectTo: [victim.peer] });
      await swarm.runUntilComplete();
      await swarm.advance(100);

      const reason = `sent wrong data: piece 2, block 1 of ${swarm.content.infoHash.hex}`;
      expect(victim.banned).toMatchObject([
        {
          event: 'banned',
          endpoint: { address: shared },
          data: { piece: 2, block: 1, reason, scope: 'address' },
        },
      ]);
      expect(victim.peer.session.bans()).toMatchObject([
        {
          target: { endpoint: { address: shared } },
          reason,
          plugin: 'smart-ban',
          untilWallTimeMs: undefined,
        },
      ]);
    });
  });

  it('bans a peer that has left before the piece passes', async () => {
    await runSwarm({ torrent }, async (swarm) => {
      const victim = await addVictim(swarm);
      const fake = await addFake(swarm, victim, {
        network: swarm.host(shared),
        answer: (_, block) => spoil(block),
      });
      await swarm.clock.runUntil(() => victim.peer.torrent.stats.hashFailures === 4, { timeoutMs: 10_000 });
      fake.destroy();
      await swarm.advance(1000);
      expect(victim.peer.torrent.stats.peerCount).toBe(0);
      await swarm.addSeed({ connectTo: [victim.peer] });
      await swarm.runUntilComplete();
      await swarm.advance(100);

      expect(bansOf(victim.peer)).toEqual([shared]);
      expect(victim.banned, 'once, for four pieces').toHaveLength(1);
    });
  });

  it('bans both of two poisoners that share pieces, and not the honest one', async () => {
    await runSwarm({ torrent }, async (swarm) => {
      const victim = await addVictim(swarm);
      for (const [number, address] of ['10.7.0.1', '10.7.0.2'].entries()) {
        const answer = (_: unknown, block: Uint8Array) => block.map((byte) => byte ^ (number + 1));
        await addDialledFake(swarm, victim, address, { answer });
      }
      await swarm.clock.runUntil(() => victim.peer.torrent.stats.hashFailures >= 4, { timeoutMs: 30_000 });
      await swarm.addSeed({ connectTo: [victim.peer] });
      await swarm.runUntilComplete();
      await swarm.advance(100);

      expect(bansOf(victim.peer).toSorted()).toEqual(['10.7.0.1', '10.7.0.2']);
    });
  });

  it('finds the one of ten that had a part in the same piece', async () => {
    const onePiece = { pieceLength: 32 * blockLength, lengthBytes: 20 * blockLength };
    await runSwarm({ torrent: onePiece, settings: { diskPoolBytes: 8 * 1024 * 1024 } }, async (swarm) => {
      const senders = new Set<string>();
      const victim = await addVictim(swarm);
      for (let i = 0; i < 10; i++) {
        const address = `10.7.0.${i}`;
        await addDialledFake(swarm, victim, address, {
          delayMs: 100,
          answer: (_, block) => {
            senders.add(address);
            return i === 7 ? spoil(block) : block;
          },
        });
      }
      await swarm.runUntilComplete();
      await swarm.advance(100);

      expect(senders.size).toBe(10);
      expect(victim.peer.torrent.stats.hashFailures).toBe(1);
      expect(bansOf(victim.peer)).toEqual(['10.7.0.7']);
    });
  });

  it('bans a peer that sends two versions of one block, though the piece never passes', async () => {
    await runSwarm({ torrent }, async (swarm) => {
      const victim = await addVictim(swarm);
      let version = 0;
      const answer = (_: unknown, block: Uint8Array) => block.map((byte) => byte ^ (version + 1));
      await addFake(swarm, victim, { network: swarm.host(shared), answer });
      await swarm.advance(30_000);
      expect(victim.peer.torrent.stats).toMatchObject({ hashFailures: 4, peerCount: 1 });
      version = 1;
      await swarm.advance(60_000);

      expect(bansOf(victim.peer)).toEqual([shared]);
      expect(victim.banned[0]?.data).toMatchObject({
        reason: expect.stringContaining('sent two versions of one block: piece '),
      });
      expect(victim.peer.torrent.stats.peerCount).toBe(0);
    });
  });

  it('leaves a peer alone that is honest again and again in pieces that fail', async () => {
    await runSwarm({ torrent }, async (swarm) => {
      const victim = await addVictim(swarm);
      await addDialledFake(swarm, victim, '10.7.0.1', {});
      for (const address of ['10.7.0.2', '10.7.0.3', '10.7.0.4']) {
        await addDialledFake(swarm, victim, address, { answer: (_, block) => spoil(block) });
      }
      await swarm.runUntilComplete();
      await swarm.advance(100);
      expect(bansOf(victim.peer)).not.toContain('10.7.0.1');
      expect(victim.peer.torrent.stats.hashFailures).toBeGreaterThan(0);
    });
  });

  it('keeps out who was banned, also after a restart', async () => {
    await runSwarm({ torrent }, async (swarm) => {
      const first = await addVictim(swarm);
      const network = swarm.host(shared);
      await addFake(swarm, first, { network, answer: (_, block) => spoil(block) });
      await swarm.advance(1000);
      await swarm.addSeed({ connectTo: [first.peer] });
      await swarm.runUntilComplete();
      await swarm.advance(100);
      const state = first.peer.session.saveState();

      const second = await addVictim(swarm, { state });
      expect(bansOf(second.peer)).toEqual([shared]);
      expect(second.peer.session.bans()[0]?.reason).toBe(first.banned[0]?.data.reason);
      await expect(addFake(swarm, second, { network })).rejects.toThrow('fake peer');
      expect(second.peer.torrent.stats.piecesHave).toBe(0);
    });
  });

  it('goes on where the peer that is to send a failed piece sends nothing', async () => {
    const onePiece = { pieceLength: 2 * blockLength, lengthBytes: 2 * blockLength };
    await runSwarm({ torrent: onePiece }, async (swarm) => {
      const victim = await addVictim(swarm);
      await addFake(swarm, victim, { network: swarm.host(shared), answer: (_, block) => spoil(block) });
      const silent = await addFake(swarm, victim, { delayMs: 1, answer: () => 'silence' });
      await swarm.clock.runUntil(() => silent.receivedOf('request').length > 0, { timeoutMs: 10_000 });
      await swarm.addSeed({ connectTo: [victim.peer] });
      await swarm.runUntilComplete({ timeoutMs: 50_000 });
      await swarm.advance(100);
      expect(bansOf(victim.peer)).toEqual([shared]);
    });
  });

  it('accuses nobody where the storage gives something else than the piece', async () => {
    await runSwarm({ torrent }, async (swarm) => {
      const storages: FaultyStorage[] = [];
      const victim = await addVictim(swarm, {
        wrapStorage: (storage) => {
          const faulty = new FaultyStorage(storage, swarm.clock);
          storages.push(faulty);
          return faulty;
        },
      });
      await addFake(swarm, victim, { answer: (_, block) => spoil(block) });
      await swarm.clock.runUntil(() => victim.peer.torrent.stats.hashFailures === 4, { timeoutMs: 10_000 });
      for (let nth = 1; nth <= 100; nth++) storages[0]?.corruptRead(nth);
      await swarm.addSeed({ connectTo: [victim.peer] });
      await swarm.runUntilComplete();
      await swarm.advance(100);
      expect(storages[0]?.count('read')).toBeGreaterThan(0);
      expect(bansOf(victim.peer)).toEqual([]);
    });
  });

  it('notes nothing that it could read only after the piece was open again', async () => {
    // More than an eighth of the pool: the blocks are read from storage, which takes longer than they are held.
    const spilled = { pieceLength: 16 * blockLength, lengthBytes: 16 * blockLength };
    await runSwarm({ torrent: spilled, settings: { diskPoolBytes: 1024 * 1024 } }, async (swarm) => {
      const victim = await addVictim(swarm, {
        wrapStorage: (storage) => {
          const slow = new FaultyStorage(storage, swarm.clock);
          slow.delay('read', 4000);
          return slow;
        },
      });
      await addDialledFake(swarm, victim, shared, { answer: (_, block) => spoil(block) });
      for (const address of ['10.7.0.1', '10.7.0.2']) await addDialledFake(swarm, victim, address, {});
      await swarm.runUntilComplete();
      expect(victim.peer.session.stats().counters['smart-ban.remembered-blocks']).toBeLessThanOrEqual(2);
      await swarm.advance(120_000);
      expect(victim.peer.torrent.stats.hashFailures).toBeGreaterThan(0);
      expect(bansOf(victim.peer)).not.toContain('10.7.0.1');
      expect(bansOf(victim.peer)).not.toContain('10.7.0.2');
    });
  });

  it('has no options', () => {
    expect(createSmartBan({}).name).toBe('smart-ban');
    expect(() => createSmartBan({ strict: 'yes' })).toThrow(RangeError);
  });
});

describe('a poisoner at the address of others', () => {
  it('is banned by its principal where it has one', async () => {
    await runSwarm({ torrent }, async (swarm) => {
      const victim = await addVictim(swarm, { extensions: [new TrustingIdentities()] });
      const network = swarm.host(shared);
      const peerId = (name: string): Uint8Array => new TextEncoder().encode(name.padEnd(20, '-'));
      const poisoner = await addFake(swarm, victim, {
        network,
        peerId: peerId('poisoner'),
        answer: (_, block) => spoil(block),
      });
      await swarm.advance(1000);
      await addFake(swarm, victim, { network, peerId: peerId('honest') });
      await swarm.clock.runUntil(() => victim.peer.isComplete, { timeoutMs: 120_000 });
      await swarm.advance(100);

      expect(bansOf(victim.peer)).toEqual(['poisoner'.padEnd(20, '-')]);
      expect(victim.banned[0]?.data).toMatchObject({
        scope: 'principal',
        principal: 'poisoner'.padEnd(20, '-'),
      });
      expect(victim.expelled).toEqual([poisoner.connection.local]);
    });
  });

  it('is banned by where it listens, and the other stays', async () => {
    await runSwarm({ torrent }, async (swarm) => {
      const victim = await addVictim(swarm);
      const network = swarm.host(shared);
      const poisoner = await addFake(swarm, victim, {
        network,
        listenPort: 7001,
        answer: (_, block) => spoil(block),
      });
      await swarm.advance(1000);
      await addFake(swarm, victim, { network, listenPort: 7002 });
      await swarm.clock.runUntil(() => victim.peer.isComplete, { timeoutMs: 120_000 });
      await swarm.advance(100);

      expect(bansOf(victim.peer)).toEqual([`${shared}:7001`]);
      expect(victim.expelled).toEqual([poisoner.connection.local]);
    });
  });

  it('cannot have the other banned by claiming to listen where it does', async () => {
    await runSwarm({ torrent }, async (swarm) => {
      const victim = await addVictim(swarm);
      const network = swarm.host(shared);
      const poisoner = await addFake(swarm, victim, {
        network,
        listenPort: 7002,
        answer: (_, block) => spoil(block),
      });
      const { port } = poisoner.connection.local ?? {};
      await swarm.advance(1000);
      await addFake(swarm, victim, { network, listenPort: 7002 });
      await swarm.clock.runUntil(() => victim.peer.isComplete, { timeoutMs: 120_000 });
      await swarm.advance(100);

      expect(bansOf(victim.peer)).toEqual([`${shared}:${port}`]);
      expect(victim.peer.session.bans()[0]?.untilWallTimeMs, 'the port is soon another’s').toBeDefined();
      expect(victim.expelled).toEqual([poisoner.connection.local]);
    });
  });

  it.each([
    ['the address', 'is the third within an hour', 1000, 'address'],
    ['no more', 'is the third, but not within an hour', 3_600_000, 'endpoint'],
  ] as const)('has %s banned where it %s', async (_what, _when, pauseMs, scope) => {
    await runSwarm({ torrent }, async (swarm) => {
      const victim = await addVictim(swarm);
      const network = swarm.host(shared);
      const poison = (port: number, piece: number): Promise<FakePeer> =>
        addFake(swarm, victim, {
          network,
          listenPort: port,
          pieces: [piece],
          answer: (_, block) => spoil(block),
        });
      const bystander = (): Promise<FakePeer> => addFake(swarm, victim, { network, pieces: [] });

      await bystander();
      for (const [port, piece] of [
        [7001, 0],
        [7002, 1],
      ] as const) {
        await poison(port, piece);
        await swarm.advance(1000);
      }
      await addFake(swarm, victim, { pieces: [0, 1] });
      await swarm.advance(1000);
      expect(bansOf(victim.peer).toSorted()).toEqual([`${shared}:7001`, `${shared}:7002`]);

      await swarm.advance(pauseMs);
      await bystander();
      await poison(7003, 2);
      await swarm.advance(1000);
      await addFake(swarm, victim);
      await swarm.clock.runUntil(() => victim.peer.isComplete, { timeoutMs: 120_000 });
      await swarm.advance(100);
      expect(victim.banned.map(({ data }) => data.scope)).toEqual(['endpoint', 'endpoint', scope]);
    });
  });
});
