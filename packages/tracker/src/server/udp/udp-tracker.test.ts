import { concatBytes } from '@peerloom/core/plugin';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  announcePacket,
  compactPeers,
  connectPacket,
  infoHashOf,
  latin1,
  scrapePacket,
  TrackerScene,
} from '../tracker-scene.fake.js';

const address = '203.0.113.1';
const forged = new Uint8Array(8).fill(9);

/** Action, and message where it is an error. */
function outcomeOf(reply: Buffer | undefined): unknown {
  if (reply === undefined) return undefined;
  expect(reply.readUInt32BE(4)).toBe(7);
  const action = reply.readUInt32BE(0);
  return action === 3 ? reply.toString('latin1', 8) : action;
}

describe('announces over UDP', () => {
  it('are answered with interval, counts and peers, after a connection id', async () => {
    const scene = await TrackerScene.open({ intervalMs: 600_000 });
    const other = await scene.udp('192.0.2.1');
    await other.ask(announcePacket(await other.connect(), { port: 258, left: 0, event: 1 }));
    const client = await scene.udp(address);
    const reply = await client.ask(announcePacket(await client.connect(), { event: 2 }));
    expect(outcomeOf(reply)).toBe(1);
    expect([8, 12, 16].map((offset) => reply?.readUInt32BE(offset))).toEqual([600, 1, 1]);
    expect(compactPeers(new Uint8Array(reply?.subarray(20) ?? []))).toEqual(['192.0.2.1:258']);
    expect(scene.announces).toMatchObject([
      { protocol: 'udp', event: 'completed', leftBytes: 0, peer: { address: '192.0.2.1', port: 258 } },
      { protocol: 'udp', event: 'started', leftBytes: 100, peer: { address, port: 6881 }, peersTold: 1 },
    ]);
  });

  it('are told of peers of their own family only', async () => {
    const scene = await TrackerScene.open();
    await scene.announce('192.0.2.1');
    await scene.announce('2001:db8::5', { port: 258 });
    const client = await scene.udp('2001:db8::6');
    const reply = await client.ask(announcePacket(await client.connect()));
    expect(reply?.subarray(20).toString('hex')).toBe(`20010db8${'00'.repeat(11)}050102`);
  });

  it('get as many as they ask for, and no more than a packet takes on any link', async () => {
    const scene = await TrackerScene.open({
      maxPeersPerReply: 1_000,
      maxRequestsPerAddressPerMinute: 10_000,
    });
    for (let i = 0; i < 300; i++) await scene.announce(`192.0.${i % 3}.${1 + (i >> 2)}`, { port: 1 + i });
    for (let i = 0; i < 100; i++) await scene.announce('2001:db8::5', { port: 1 + i });
    const toldOf = async (from: string, numwant?: number) => {
      const client = await scene.udp(from);
      const reply = await client.ask(
        announcePacket(await client.connect(), numwant === undefined ? {} : { numwant }),
      );
      client.socket.close();
      return (reply?.length ?? 0) - 20;
    };
    expect(await toldOf(address, 3)).toBe(18);
    expect(await toldOf(address, 0)).toBe(0);
    expect(await toldOf(address)).toBe(300);
    expect(await toldOf(address, 1_000_000)).toBe(1_380);
    expect(await toldOf('2001:db8::6', 1_000_000)).toBe(76 * 18);
  });

  it('may be followed by options (BEP 41), and by what else comes', async () => {
    const scene = await TrackerScene.open();
    const client = await scene.udp(address);
    const id = await client.connect();
    const options = [
      Uint8Array.of(2, 4, 0x2f, 0x61, 0x3f, 0x62, 1, 0),
      Uint8Array.of(2, 0),
      Uint8Array.of(2, 200, 1),
      new Uint8Array(500).fill(255),
    ];
    for (const bytes of options)
      expect(outcomeOf(await client.ask(announcePacket(id, { options: bytes })))).toBe(1);
  });

  it('are those of the address that they came from, whatever they name', async () => {
    const scene = await TrackerScene.open();
    const client = await scene.udp(address);
    const packet = announcePacket(await client.connect());
    packet.set([192, 0, 2, 99], 84);
    await client.ask(packet);
    expect(scene.announces).toMatchObject([{ peer: { address } }]);
  });

  it('take sizes beyond what can be counted for very large, and an unknown event for none', async () => {
    const scene = await TrackerScene.open();
    const client = await scene.udp(address);
    const packet = announcePacket(await client.connect(), { event: 77 });
    packet.fill(0xff, 56, 80);
    expect(outcomeOf(await client.ask(packet))).toBe(1);
    const { MAX_SAFE_INTEGER } = Number;
    expect(scene.announces).toMatchObject([
      {
        event: 'none',
        uploadedBytes: MAX_SAFE_INTEGER,
        downloadedBytes: MAX_SAFE_INTEGER,
        leftBytes: MAX_SAFE_INTEGER,
      },
    ]);
    expect(scene.tracker.stats().seeds).toBe(0);
  });

  it('are refused in the words of the protocol', async () => {
    const scene = await TrackerScene.open({ whitelist: [infoHashOf(1)], maxRequestsPerAddressPerMinute: 3 });
    const client = await scene.udp(address);
    const id = await client.connect();
    expect(outcomeOf(await client.ask(announcePacket(id, { port: 0 })))).toBe('the port is not 1 to 65535');
    const unknown = announcePacket(id, { infoHash: infoHashOf(2) });
    expect(outcomeOf(await client.ask(unknown))).toBe('the torrent is not registered with this tracker');
    expect(outcomeOf(await client.ask(announcePacket(id)))).toBe(1);
    expect(outcomeOf(await client.ask(announcePacket(id)))).toBe('too many requests from your address');
    expect(scene.tracker.stats().refused).toMatchObject({ malformed: 1, unregistered: 1, rate: 1 });
  });
});

describe('scrapes over UDP', () => {
  it('are answered in the order of the infohashes, with 0 for what is not there', async () => {
    const scene = await TrackerScene.open();
    await scene.announce('192.0.2.1', { left: 0, event: 'completed' });
    await scene.announce('192.0.2.2');
    await scene.announce('192.0.2.3');
    const client = await scene.udp(address);
    const reply = await client.ask(scrapePacket(await client.connect(), infoHashOf(9), infoHashOf(1)));
    expect(outcomeOf(reply)).toBe(2);
    const figures = Array.from({ length: 6 }, (_, i) => reply?.readUInt32BE(8 + i * 4));
    expect([reply?.length, ...figures]).toEqual([32, 0, 0, 0, 1, 1, 2]);
  });

  it('name 74 torrents at most', async () => {
    const hashes = Array.from({ length: 75 }, (_, i) => infoHashOf(i));
    const scene = await TrackerScene.open();
    const client = await scene.udp(address);
    const id = await client.connect();
    expect((await client.ask(scrapePacket(id, ...hashes.slice(1))))?.length).toBe(8 + 74 * 12);
    expect(await client.ask(scrapePacket(id, ...hashes))).toBeUndefined();
    expect(await client.ask(scrapePacket(id))).toBeUndefined();
    const strict = await TrackerScene.open({ maxTorrentsPerScrape: 2 });
    const other = await strict.udp(address);
    const otherId = await other.connect();
    expect((await other.ask(scrapePacket(otherId, ...hashes.slice(73))))?.length).toBe(8 + 2 * 12);
    expect(outcomeOf(await other.ask(scrapePacket(otherId, ...hashes.slice(72))))).toBe(
      'more than 2 torrents',
    );
  });
});

describe('connection ids', () => {
  it('are good for their address, from any port, and no other', async () => {
    const scene = await TrackerScene.open();
    const client = await scene.udp(address);
    const id = await client.connect();
    const sameHost = await scene.udp(address, 5001);
    expect(outcomeOf(await sameHost.ask(announcePacket(id)))).toBe(1);
    const thief = await scene.udp('192.0.2.1');
    expect(outcomeOf(await thief.ask(announcePacket(id)))).toBe('connection id');
    expect(outcomeOf(await thief.ask(announcePacket(forged)))).toBe('connection id');
    expect(outcomeOf(await thief.ask(scrapePacket(forged, infoHashOf(1))))).toBe('connection id');
    expect(scene.tracker.stats()).toMatchObject({ peers: 1, refused: { connectionId: 3 } });
    expect(scene.announces).toHaveLength(1);
  });

  it('are good for two minutes at least and four at most', async () => {
    const scene = await TrackerScene.open({ maxRequestsPerAddressPerMinute: 10_000 });
    const client = await scene.udp(address);
    for (const startMs of [0, 60_000, 119_000]) {
      await scene.clock.advance(startMs);
      const id = await client.connect();
      await scene.clock.advance(118_000);
      expect(outcomeOf(await client.ask(announcePacket(id)))).toBe(1);
      await scene.clock.advance(122_000);
      expect(outcomeOf(await client.ask(announcePacket(id)))).toBe('connection id');
    }
  });

  it('are not those of another tracker', async () => {
    const scene = await TrackerScene.open();
    const other = await TrackerScene.open({ secureRandom: { bytes: (length) => new Uint8Array(length) } });
    const id = await (await other.udp(address)).connect();
    expect(outcomeOf(await (await scene.udp(address)).ask(announcePacket(id)))).toBe('connection id');
  });

  it('are no longer than what asks for them', async () => {
    const scene = await TrackerScene.open();
    const client = await scene.udp(address);
    expect((await client.ask(connectPacket()))?.length).toBe(connectPacket().length);
  });
});

describe('datagrams of any kind', () => {
  it('that are cut are answered by nothing, or as what is left of them', async () => {
    const scene = await TrackerScene.open();
    const client = await scene.udp(address);
    const id = await client.connect();
    const packets = [connectPacket(), announcePacket(id), scrapePacket(id, infoHashOf(1), infoHashOf(2))];
    for (const packet of packets) {
      for (let length = 0; length < packet.length; length++) {
        const action = outcomeOf(await client.ask(packet.subarray(0, length)));
        // A scrape of two that is cut after the first is one of it.
        expect(action).toBe(packet === packets[2] && length === 36 ? 2 : undefined);
      }
    }
    expect(scene.tracker.stats().torrents).toBe(0);
  });

  it('that are unknown are answered by nothing', async () => {
    const scene = await TrackerScene.open();
    const client = await scene.udp(address);
    const packet = announcePacket(await client.connect());
    for (const action of [3, 4, 255, 0xffffffff]) {
      Buffer.from(packet.buffer).writeUInt32BE(action, 8);
      expect(await client.ask(packet)).toBeUndefined();
    }
    expect(await client.ask(concatBytes(forged, latin1('\0\0\0\0\0\0\0\0')))).toBeUndefined();
  });

  it('get no reply that is longer than they are, where the address is not proved, and change nothing', async () => {
    const scene = await TrackerScene.open();
    const client = await scene.udp(address);
    const tail = fc.uint8Array({ maxLength: 120 });
    const header = fc
      .tuple(fc.constantFrom(connectPacket().slice(0, 8), forged), fc.integer({ min: 0, max: 4 }))
      .map(([id, action]) => concatBytes(id, Uint8Array.of(0, 0, 0, action, 0, 0, 0, 7)));
    const datagram = fc.oneof(
      tail,
      fc.tuple(header, tail).map(([head, rest]) => concatBytes(head, rest)),
    );
    await fc.assert(
      fc.asyncProperty(datagram, async (bytes) => {
        const reply = await client.ask(bytes);
        expect(reply?.length ?? 0).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 1_000 },
    );
    expect(scene.tracker.stats()).toMatchObject({ torrents: 0, announces: { udp: 0 }, scrapes: { udp: 0 } });
  });

  it('with a good id and any fields are answered', async () => {
    const scene = await TrackerScene.open({ maxRequestsPerAddressPerMinute: 10_000 });
    const client = await scene.udp(address);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 82, maxLength: 200 }), async (fields) => {
        const id = await client.connect();
        const packet = concatBytes(announcePacket(id).subarray(0, 16), fields);
        const isPortValid = Buffer.from(packet).readUInt16BE(96) > 0;
        expect(outcomeOf(await client.ask(packet))).toBe(isPortValid ? 1 : 'the port is not 1 to 65535');
      }),
      { numRuns: 300 },
    );
  });
});
