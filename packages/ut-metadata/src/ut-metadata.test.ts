import { createHash } from 'node:crypto';
import {
  asDict,
  asInteger,
  blockLength,
  decodePrefix,
  encode,
  InfoHash,
  type Network,
} from '@peerloom/core/plugin';
import { createSwarm, type FakePeer, runSwarm, type Swarm, type SwarmPeer } from '@peerloom/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import fromCommandLine, { utMetadata } from './index.js';
import { manyFiles } from './many-files.fake.js';

const name = 'ut_metadata';
/** Its metadata has several blocks. */
const torrent = manyFiles(600);
const small = { lengthBytes: 100_000 };
const extensions = () => [utMetadata()];

interface Said {
  readonly type: number;
  readonly block: number;
  readonly totalBytes: number | undefined;
  readonly bytes: Uint8Array;
}

function read(payload: Uint8Array): Said {
  const { value, end } = decodePrefix(payload);
  const dict = asDict(value) ?? {};
  const at = (key: string): number => asInteger(dict[key]) ?? -1;
  const totalBytes = asInteger(dict.total_size);
  return { type: at('msg_type'), block: at('piece'), totalBytes, bytes: payload.subarray(end) };
}

/** What a fake peer has been sent, oldest first. */
function heard(fake: FakePeer, ourId: number): readonly Said[] {
  return fake
    .receivedOf('extended')
    .filter(({ id }) => id === ourId)
    .map(({ payload }) => read(payload));
}

function message(type: number, piece: number, extra: Record<string, number> = {}): Uint8Array {
  return encode({ msg_type: type, piece, ...extra });
}

function alerts(peer: SwarmPeer): unknown[] {
  const seen: unknown[] = [];
  peer.session.on('plugin', ({ event, data }) => seen.push({ event, ...data }));
  return seen;
}

/** Bytes of a message, whatever they are. */
function joined(head: Uint8Array, bytes: Uint8Array): Uint8Array {
  return new Uint8Array(Buffer.concat([head, bytes]));
}

const known = (peer: SwarmPeer) => () => peer.torrent.info !== undefined;

describe('a magnet link', () => {
  it.each([1, 2, 3])('becomes a torrent, and its data comes (seed %d)', async (seed) => {
    await runSwarm({ seed, torrent: small, extensions }, async (swarm) => {
      const seeds = [await swarm.addSeed(), await swarm.addSeed()];
      const leech = await swarm.addLeech({ isMagnet: true, connectTo: seeds });
      const received: string[] = [];
      leech.session.on('metadataReceived', (alert) => received.push(alert.name));
      await swarm.runUntilComplete();
      expect(received).toEqual(['content']);
      expect(leech.torrent.info?.raw).toEqual(swarm.content.metainfo.info.raw);
    });
  });

  it('of a private torrent does as well (BEP 27)', async () => {
    await runSwarm({ torrent: { ...small, isPrivate: true }, extensions }, async (swarm) => {
      const leech = await swarm.addLeech({ isMagnet: true, connectTo: [await swarm.addSeed()] });
      await swarm.runUntilComplete();
      expect(leech.torrent.info?.isPrivate).toBe(true);
    });
  });

  it('passes along a chain of peers that all began with it, without waiting', async () => {
    await runSwarm({ torrent: small, extensions }, async (swarm) => {
      const last = await swarm.addLeech({ isMagnet: true });
      const middle = await swarm.addLeech({ isMagnet: true, connectTo: [last] });
      await swarm.advance(20_000);
      const seed = await swarm.addSeed();
      swarm.connect(middle, seed);
      await swarm.clock.runUntil(known(last), { timeoutMs: 10_000, what: 'the metadata at the end' });
      await swarm.runUntilComplete();
    });
  });

  it('is followed when the extension comes late, and when it leaves and comes back in the middle', async () => {
    await runSwarm({ torrent }, async (swarm) => {
      const host = { uploadBytesPerSecond: 20_000 };
      const seed = await swarm.addSeed({ extensions: extensions(), host });
      const leech = await swarm.addLeech({ isMagnet: true, connectTo: [seed] });
      await swarm.advance(5000);
      const first = leech.session.addExtension(utMetadata());
      await swarm.advance(2000);
      expect(leech.torrent.info).toBeUndefined();
      await first.remove();
      await swarm.advance(2000);
      leech.session.addExtension(utMetadata());
      await swarm.clock.runUntil(known(leech), { timeoutMs: 60_000, what: 'the metadata' });
    });
  });

  it('starts anew where the torrent is removed in the middle and added again', async () => {
    await runSwarm({ torrent, extensions }, async (swarm) => {
      const seed = await swarm.addSeed({ host: { uploadBytesPerSecond: 20_000 } });
      const leech = await swarm.addLeech({ isMagnet: true, connectTo: [seed] });
      await swarm.advance(2000);
      const removed = leech.session.removeTorrent(swarm.content.infoHash);
      await swarm.advance(1000);
      await removed;
      leech.start();
      await swarm.clock.runUntil(known(leech), { timeoutMs: 60_000, what: 'the metadata' });
    });
  });

  it('has metadata of 100 000 files, 10 MiB, from one peer and passes it to another', async () => {
    const content = manyFiles(100_000);
    expect(content.metainfo.info.raw.length).toBeGreaterThan(10 * 1024 * 1024);
    await runSwarm({ torrent: content, extensions }, async (swarm) => {
      // Whether the data is there is of no matter.
      const seed = await swarm.addPeer({ name: 'seed' });
      const middle = await swarm.addPeer({ name: 'middle', isMagnet: true, connectTo: [seed] });
      const last = await swarm.addPeer({ name: 'last', isMagnet: true, connectTo: [middle] });
      await swarm.clock.runUntil(known(last), { timeoutMs: 600_000, what: 'the metadata' });
      expect(last.torrent.info?.layout.files.length).toBe(100_000);
    });
  });
});

describe('peers that ask', () => {
  async function seedAndFake(swarm: Swarm): Promise<{ seed: SwarmPeer; fake: FakePeer }> {
    const seed = await swarm.addSeed();
    const fake = swarm.addFakePeer(seed);
    await fake.greet({ ut_metadata: 7 });
    return { seed, fake };
  }

  it('are told the size, and get each block as it hashes', async () => {
    await runSwarm({ torrent, extensions }, async (swarm) => {
      const seed = await swarm.addSeed();
      const fake = swarm.addFakePeer(seed);
      await fake.handshake();
      fake.sendExtensionHandshake({ ut_metadata: 7 });
      const { raw } = swarm.content.metainfo.info;
      const { dict } = await fake.expectExtensionHandshake();
      expect(dict.metadata_size).toBe(raw.length);
      const count = Math.ceil(raw.length / blockLength);
      for (let block = 0; block < count; block++) fake.sendExtended('ut_metadata', message(0, block));
      await swarm.advance(2000);
      const data = heard(fake, 7);
      expect(data.map(({ type, block, totalBytes }) => [type, block, totalBytes])).toEqual(
        Array.from({ length: count }, (_, block) => [1, block, raw.length]),
      );
      expect(Buffer.compare(Buffer.concat(data.map(({ bytes }) => bytes)), raw)).toBe(0);
    });
  });

  it('for a block that is not there are refused, and stay connected', async () => {
    await runSwarm({ torrent: small, extensions }, async (swarm) => {
      const { fake } = await seedAndFake(swarm);
      const wrong = [-1, 1, 2 ** 31, 2 ** 40, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];
      for (const block of wrong) fake.sendExtended('ut_metadata', message(0, block));
      fake.sendExtended('ut_metadata', message(9, 0));
      fake.sendExtended('ut_metadata', message(0, 0));
      await swarm.advance(1000);
      expect(heard(fake, 7).map(({ type, block }) => [type, block])).toEqual([
        ...wrong.map((block) => [2, block]),
        [1, 0],
      ]);
      expect(fake.isClosed).toBe(false);
    });
  });

  it('are refused while the metadata is not known', async () => {
    await runSwarm({ torrent: small, extensions }, async (swarm) => {
      const leech = await swarm.addLeech({ isMagnet: true });
      const fake = swarm.addFakePeer(leech);
      await fake.greet({ ut_metadata: 7 });
      fake.sendExtended('ut_metadata', message(0, 0));
      await swarm.advance(1000);
      expect(heard(fake, 7)).toContainEqual(expect.objectContaining({ type: 2, block: 0 }));
    });
  });

  it('for more than they take wait; past 1 024 nothing is kept', async () => {
    await runSwarm({ torrent: manyFiles(100_000), extensions }, async (swarm) => {
      const seed = await swarm.addPeer({ host: { uploadBytesPerSecond: 200_000 } });
      const fake = swarm.addFakePeer(seed, { timeoutMs: 600_000 });
      await fake.greet({ ut_metadata: 7 });
      for (let i = 0; i < 1500; i++) fake.sendExtended('ut_metadata', message(0, i % 3));
      await swarm.advance(1000);
      const early = heard(fake, 7).filter(({ type }) => type === 1).length;
      expect(early).toBeLessThan(40);
      const isServed = () => fake.receivedBytes >= 1024 * (blockLength + 40);
      await swarm.clock.runUntil(isServed, { timeoutMs: 300_000, what: 'all that was kept to be served' });
      await swarm.advance(1000);
      const answers = heard(fake, 7);
      const served = answers.filter(({ type }) => type === 1).map(({ block }) => block);
      expect(served.length).toBeGreaterThanOrEqual(1024);
      expect(served.slice(0, 1024)).toEqual(Array.from({ length: 1024 }, (_, i) => i % 3));
      expect(answers.length).toBeLessThanOrEqual(1500);
      expect(fake.isClosed).toBe(false);
    });
  });

  it('for all of it again and again get it twice, and then once more in ten minutes', async () => {
    await runSwarm({ torrent, extensions }, async (swarm) => {
      const { fake } = await seedAndFake(swarm);
      const { length } = swarm.content.metainfo.info.raw;
      const blockCount = Math.ceil(length / blockLength);
      let asked = 0;
      const ask = (): void => {
        asked++;
        fake.sendExtended('ut_metadata', message(0, 0));
      };
      fake.observe((received) => {
        if (received.type === 'extended' && received.id === 7 && read(received.payload).type === 1) ask();
      });
      const servedCount = (): number => heard(fake, 7).filter(({ type }) => type === 1).length;
      for (let i = 0; i < 20; i++) ask();
      await swarm.advance(10_000);
      expect(servedCount()).toBe(2 * blockCount);
      expect(heard(fake, 7)).toHaveLength(asked);
      for (let second = 0; second < 600; second++) {
        await swarm.advance(1000);
        if (!fake.isClosed) ask();
      }
      await swarm.advance(1000);
      expect(servedCount()).toBeGreaterThanOrEqual(3 * blockCount - 1);
      expect(servedCount()).toBeLessThanOrEqual(3 * blockCount + 1);
      expect(heard(fake, 7)).toHaveLength(asked);
      expect(fake.isClosed).toBe(false);
    });
  });

  it('get no more than some times the whole by connecting again and again', async () => {
    await runSwarm({ torrent, extensions }, async (swarm) => {
      const seed = await swarm.addSeed();
      const blockCount = Math.ceil(swarm.content.metainfo.info.raw.length / blockLength);
      const visit = async (network: Network): Promise<number> => {
        const fake = swarm.addFakePeer(seed, { network });
        await fake.greet({ ut_metadata: 7 });
        for (let i = 0; i < 3 * blockCount; i++) {
          fake.sendExtended('ut_metadata', message(0, i % blockCount));
        }
        await swarm.advance(1000);
        const answers = heard(fake, 7);
        expect(answers).toHaveLength(3 * blockCount);
        fake.end();
        return answers.filter(({ type }) => type === 1).length;
      };
      const greedy = swarm.host();
      let served = 0;
      for (let i = 0; i < 12; i++) served += await visit(greedy);
      expect(served).toBeGreaterThanOrEqual(16 * blockCount);
      expect(served).toBeLessThanOrEqual(17 * blockCount);
      expect(await visit(swarm.host())).toBe(2 * blockCount);
    });
  });

  it('without a name for the message get no answer, and do no harm', async () => {
    await runSwarm({ torrent: small, extensions }, async (swarm) => {
      const seed = await swarm.addSeed();
      const fake = swarm.addFakePeer(seed);
      await fake.greet({});
      for (let i = 0; i < 3000; i++) fake.sendExtended('ut_metadata', message(0, 0));
      await fake.expectNone('extended', 5000);
      expect(fake.isClosed).toBe(false);
    });
  });
});

describe('peers that lie', () => {
  const { raw } = torrent.metainfo.info;
  const blockAt = (block: number): Uint8Array => raw.subarray(block * blockLength, (block + 1) * blockLength);
  const size = { metadata_size: raw.length };
  const data = (block: number, bytes: Uint8Array, totalBytes = raw.length): Uint8Array =>
    joined(message(1, block, { total_size: totalBytes }), bytes);

  /** What each kind says to a request, and the size it claims. */
  const kinds: Readonly<
    Record<string, { claim: number; answer: (block: number) => Uint8Array | undefined }>
  > = {
    'says another size': {
      claim: raw.length + 1000,
      answer: (block) => data(block, new Uint8Array(blockLength), raw.length + 1000),
    },
    'says the largest size': {
      claim: 30 * 1024 * 1024,
      answer: (block) => data(block, new Uint8Array(blockLength), 30 * 1024 * 1024),
    },
    'says a size past the limit': { claim: 2 ** 40, answer: () => undefined },
    'sends short blocks': { claim: raw.length, answer: (block) => data(block, blockAt(block).subarray(1)) },
    'sends other blocks than those asked for': {
      claim: raw.length,
      answer: (block) => data((block + 1) % 3, blockAt((block + 1) % 3)),
    },
    'sends wrong blocks': {
      claim: raw.length,
      answer: (block) => data(block, new Uint8Array(blockAt(block).length)),
    },
    'sends one wrong block': {
      claim: raw.length,
      answer: (block) => data(block, block === 1 ? new Uint8Array(blockLength) : blockAt(block)),
    },
    'is silent': { claim: raw.length, answer: () => undefined },
    refuses: { claim: raw.length, answer: (block) => message(2, block) },
    'sends nonsense': { claim: raw.length, answer: () => new TextEncoder().encode('nonsense') },
    'sends unasked blocks': { claim: 0, answer: (block) => data(block + 1, blockAt(0)) },
  };

  async function addLiar(
    swarm: Swarm,
    leech: SwarmPeer,
    kind: string,
    network = swarm.host(),
  ): Promise<FakePeer> {
    const liar = swarm.addFakePeer(leech, { network });
    const { claim, answer } = kinds[kind] ?? { claim: 0, answer: () => undefined };
    liar.observe((received) => {
      if (received.type !== 'extended' || received.id !== 7 || liar.isClosed) return;
      const { type, block } = read(received.payload);
      const payload = type === 0 ? answer(block) : undefined;
      if (payload !== undefined) liar.sendExtended('ut_metadata', payload);
    });
    await liar.greet({ ut_metadata: 7 }, { metadata_size: claim });
    return liar;
  }

  it.each(Object.keys(kinds))('one that %s does not keep an honest one from delivering', async (kind) => {
    await runSwarm({ torrent, extensions }, async (swarm) => {
      const leech = await swarm.addLeech({ isMagnet: true });
      await addLiar(swarm, leech, kind);
      await swarm.advance(500);
      swarm.connect(leech, await swarm.addSeed());
      await swarm.clock.runUntil(known(leech), { timeoutMs: 60_000, what: 'the metadata' });
    });
  });

  it.each([1, 2, 3, 4, 5])('all of them together, twice, do not either (seed %d)', async (seed) => {
    await runSwarm({ seed, torrent, extensions, network: { latencyMs: 20, jitterMs: 30 } }, async (swarm) => {
      const leech = await swarm.addLeech({ isMagnet: true });
      const names = [...Object.keys(kinds), ...Object.keys(kinds)];
      for (let i = names.length - 1; i > 0; i--) {
        const j = swarm.random.integer(i + 1);
        [names[i], names[j]] = [names[j] ?? '', names[i] ?? ''];
      }
      for (const kind of names) await addLiar(swarm, leech, kind);
      swarm.connect(leech, await swarm.addSeed());
      await swarm.clock.runUntil(known(leech), { timeoutMs: 120_000, what: 'the metadata' });
      expect(leech.session.stats().counters[`${name}.faults`]).toBeGreaterThan(0);
    });
  });

  it.each([1, 2, 3])('who connect again each time cannot keep out an honest one (seed %d)', async (seed) => {
    await runSwarm({ seed, torrent, extensions, network: { latencyMs: 20, jitterMs: 30 } }, async (swarm) => {
      const leech = await swarm.addLeech({ isMagnet: true });
      const homes = Array.from({ length: 16 }, () => swarm.host());
      const dial = (network: (typeof homes)[number]): Promise<FakePeer> =>
        addLiar(swarm, leech, 'sends wrong blocks', network);
      const present = await Promise.all(
        homes.map(async (network) => ({ network, liar: await dial(network) })),
      );
      swarm.connect(leech, await swarm.addSeed());
      let again = 0;
      for (let second = 0; second < 60 && !known(leech)(); second++) {
        await swarm.advance(1000);
        for (const one of present) {
          if (!one.liar.isClosed || known(leech)()) continue;
          again++;
          one.liar = await dial(one.network);
        }
      }
      expect(known(leech)()).toBe(true);
      expect(again).toBeGreaterThan(0);
    });
  });

  it('who sent all of it wrong is disconnected, and no new start when it comes back', async () => {
    await runSwarm({ torrent, extensions }, async (swarm) => {
      const leech = await swarm.addLeech({ isMagnet: true });
      const network = swarm.host();
      const first = await addLiar(swarm, leech, 'sends wrong blocks', network);
      await first.expectClosed();
      const second = await addLiar(swarm, leech, 'sends wrong blocks', network);
      await swarm.advance(8000);
      expect(heard(second, 7)).toEqual([]);
      await swarm.advance(4000);
      expect(heard(second, 7).length).toBeGreaterThan(0);
      await second.expectClosed();
      const third = await addLiar(swarm, leech, 'sends wrong blocks', network);
      await swarm.advance(18_000);
      expect(heard(third, 7)).toEqual([]);
    });
  });

  it('who goes on sending what makes no sense is disconnected', async () => {
    await runSwarm({ torrent, extensions }, async (swarm) => {
      const leech = await swarm.addLeech({ isMagnet: true });
      const seen = alerts(leech);
      const liar = swarm.addFakePeer(leech);
      await liar.greet({ ut_metadata: 7 }, size);
      for (let i = 0; i < 50; i++) liar.sendExtended('ut_metadata', data(2, blockAt(2)));
      await liar.expectClosed();
      expect(seen.length).toBeLessThanOrEqual(8);
      expect(seen[0]).toEqual({ event: 'fault', fault: 'unasked' });
    });
  });

  it('what hashes right and is no torrent is asked for no more', async () => {
    const bytes = encode({ name: 'x' });
    const swarm = createSwarm({ torrent: small });
    const host = swarm.host();
    const leech = await swarm.addLeech({ extensions: extensions(), isStarted: false });
    const infoHash = InfoHash.fromBytes(createHash('sha1').update(bytes).digest());
    leech.session.addTorrent({ torrent: { infoHash, trackers: [], peers: [] } });
    const seen = alerts(leech);
    const failures: unknown[] = [];
    leech.session.on('metadataFailed', ({ error }) => failures.push(error));
    const fake = swarm.addFakePeer(leech, { network: host, infoHash });
    await fake.greet({ ut_metadata: 7 }, { metadata_size: bytes.length });
    fake.sendExtended('ut_metadata', data(0, bytes, bytes.length));
    await swarm.advance(120_000);
    expect(seen).toContainEqual({ event: 'unusable', lengthBytes: bytes.length });
    expect(failures).toHaveLength(1);
    expect(heard(fake, 7)).toHaveLength(1);
    await swarm.stop();
  });

  it('no message does more than close its connection, whatever its fields hold', async () => {
    const field = fc.oneof(
      fc.integer({ min: -2, max: 5 }),
      fc.maxSafeInteger(),
      fc.constant(raw.length),
      fc.string({ maxLength: 5 }),
      fc.constant([]),
      fc.constant({}),
    );
    const some = fc.option(field, { nil: undefined });
    const one = fc.record({
      head: fc.record({ msg_type: some, piece: some, total_size: some, extra: some }),
      lengthBytes: fc.constantFrom(0, 1, 100, blockLength - 1, blockLength, blockLength + 1),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(one, { maxLength: 30 }),
        field,
        fc.boolean(),
        async (said, claim, isMagnet) => {
          await runSwarm({ torrent, extensions }, async (swarm) => {
            const leech = await swarm.addLeech({ isMagnet });
            const fake = swarm.addFakePeer(leech);
            await fake.greet({ ut_metadata: 7 }, { metadata_size: claim });
            for (const { head, lengthBytes } of said) {
              if (fake.isClosed) break;
              fake.sendExtended('ut_metadata', joined(encode(head), new Uint8Array(lengthBytes)));
            }
            await swarm.advance(3000);
          });
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('metadata that is known already', () => {
  it('is not asked for', async () => {
    await runSwarm({ torrent: small, extensions }, async (swarm) => {
      const leech = await swarm.addLeech();
      const fake = swarm.addFakePeer(leech);
      await fake.greet({ ut_metadata: 7 }, { metadata_size: 100 });
      await fake.expectNone('extended', 120_000);
    });
  });
});

describe('the command line', () => {
  it('makes the extension, and knows no options', () => {
    expect(fromCommandLine({}).name).toBe(name);
    expect(() => fromCommandLine({ level: '3' })).toThrow(RangeError);
  });
});
