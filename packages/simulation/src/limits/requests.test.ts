import type { FakePeer } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';
import { Arena } from '../fixtures/arena.js';

const block = 16 * 1024;

/** A leech of a large torrent, and a remote that has all of it. */
async function download(reqq: number | undefined, bytesPerSecond: number): Promise<[Arena, FakePeer]> {
  const arena = await Arena.create({
    pieceLength: 256 * 1024,
    pieceCount: 128,
    settings: { diskPoolBytes: 64 * 1024 * 1024 },
  });
  const network = arena.network.host('10.3.0.1', { uploadBytesPerSecond: bytesPerSecond });
  const remote = await arena.open({ network, until: 'handshake' });
  remote.sendExtensionHandshake({}, reqq === undefined ? {} : { reqq });
  return [arena, remote];
}

/** The most requests that were outstanding at one time until the torrent was complete. */
async function mostOutstanding(arena: Arena, remote: FakePeer): Promise<number> {
  let most = 0;
  remote.serve(arena.content);
  await arena.runUntil(() => {
    most = Math.max(most, arena.peer.stats.outstandingRequests);
    return arena.torrent.state === 'seeding';
  }, 'the download');
  return most;
}

describe('our requests', () => {
  it('under way with a fast peer are 500 at most, though it would take more', async () => {
    const [arena, remote] = await download(2_000, 20_000_000);
    expect(await mostOutstanding(arena, remote)).toBe(500);
    await arena.end();
  });

  it('are as many as the peer says where that is fewer', async () => {
    const [arena, remote] = await download(37, 20_000_000);
    expect(await mostOutstanding(arena, remote)).toBe(37);
    await arena.end();
  });

  it('are 250 at most with a peer that does not say', async () => {
    const [arena, remote] = await download(undefined, 20_000_000);
    expect(await mostOutstanding(arena, remote)).toBe(250);
    await arena.end();
  });

  it('are what a slow peer sends in three seconds, and a few for one that sends next to nothing', async () => {
    const [arena, remote] = await download(2_000, 30 * block);
    remote.serve(arena.content);
    await arena.advance(30_000);
    const { outstandingRequests } = arena.peer.stats;
    expect(outstandingRequests).toBeGreaterThan(60);
    expect(outstandingRequests).toBeLessThan(120);
    await arena.end();
  });

  it('wait 60 s for a peer that has sent nothing yet; then it is snubbing, and others are asked', async () => {
    const arena = await Arena.create({ pieceCount: 2 });
    const silent = await arena.open();
    silent.send({ type: 'haveAll' }, { type: 'unchoke' });
    const keepAlive = async (ms: number): Promise<void> => {
      for (let waited = 0; waited < ms; waited += 10_000) {
        silent.send({ type: 'keepAlive' });
        await arena.advance(Math.min(10_000, ms - waited));
      }
    };
    await arena.roundTrip();
    expect(silent.receivedOf('request')).toHaveLength(4);
    await keepAlive(59_000);
    expect(arena.node.alertsOf('peerSnubbed')).toHaveLength(0);
    await keepAlive(2_000);
    expect(arena.node.alertsOf('peerSnubbed')).toHaveLength(1);
    const helper = await arena.open();
    helper.serve(arena.content);
    await arena.runUntil(() => arena.torrent.state === 'seeding', 'the download');
    await arena.end();
  });

  it('wait less for a peer that has shown what it can do', async () => {
    const arena = await Arena.create({ pieceCount: 16 });
    const remote = await arena.open();
    let answers = 0;
    remote.serve(arena.content, { answer: (_request, bytes) => (++answers > 12 ? 'silence' : bytes) });
    await arena.advance(9_000);
    expect(arena.node.alertsOf('peerSnubbed')).toHaveLength(0);
    await arena.advance(30_000);
    expect(arena.node.alertsOf('peerSnubbed')).toHaveLength(1);
    await arena.end();
  });

  it('for the last blocks go to several peers, and those that come second are cancelled', async () => {
    const arena = await Arena.create({ pieceCount: 2 });
    const slow = await arena.open();
    slow.serve(arena.content, { answer: () => 'silence' });
    await arena.runUntil(() => slow.receivedOf('request').length === 4, 'requests');
    const fast = await arena.open();
    fast.serve(arena.content);
    await arena.runUntil(() => arena.torrent.state === 'seeding', 'the download', 20_000);
    await arena.roundTrip();
    const asked = slow.receivedOf('request').map(({ piece, begin }) => `${piece} ${begin}`);
    const cancelled = slow.receivedOf('cancel').map(({ piece, begin }) => `${piece} ${begin}`);
    expect(cancelled.sort()).toEqual(asked.sort());
    await arena.end();
  });
});

describe('requests of a remote', () => {
  it('of 128 KiB are served, and longer ones are invalid', async () => {
    const arena = await Arena.create({ subject: 'seed', pieceLength: 512 * 1024, pieceCount: 2 });
    const remote = await arena.open();
    remote.send({ type: 'interested' });
    await arena.roundTrip();
    remote.send({ type: 'request', piece: 0, begin: 0, length: 131_072 });
    await arena.roundTrip();
    expect(remote.receivedOf('piece').map(({ bytes }) => bytes.length)).toEqual([131_072]);
    remote.send({ type: 'request', piece: 0, begin: 0, length: 131_073 });
    await arena.roundTrip();
    expect(remote.receivedOf('reject')).toHaveLength(1);
    expect(arena.node.alertsOf('invalidRequest')).toHaveLength(1);
    await arena.end();
  });

  it('that are invalid are rejected 300 times, and then it goes', async () => {
    const arena = await Arena.create({ subject: 'seed' });
    const remote = await arena.open();
    remote.flood({ type: 'request', piece: 0, begin: 0, length: 131_073 }, 300);
    await arena.roundTrip();
    expect(remote.receivedOf('reject')).toHaveLength(300);
    expect(remote.isClosed).toBe(false);
    remote.flood({ type: 'request', piece: 0, begin: 0, length: 131_073 }, 1);
    await arena.roundTrip();
    expect(arena.disconnects).toEqual(['protocol PEER_INVALID_REQUESTS']);
    await arena.end();
  });

  it.each([true, false])(
    'wait 2 000 at a time; more are rejected or dropped (fast extension: %s)',
    async (fast) => {
      // The remote takes nothing, so nothing leaves the queue but what fits into the send buffers.
      const arena = await Arena.create({ subject: 'seed', network: { windowBytes: 64 * 1024 } });
      const remote = await arena.open({ reserved: { extensionProtocol: true, fast } });
      remote.send({ type: 'interested' });
      await arena.roundTrip();
      remote.connection.pause();
      remote.flood({ type: 'request', piece: 0, begin: 0, length: block }, 2_600);
      await arena.advance(5_000);
      remote.connection.resume();
      await arena.advance(60_000);
      const served = remote.receivedOf('piece').length;
      const rejected = remote.receivedOf('reject').length;
      expect(remote.isClosed).toBe(false);
      expect(served).toBeGreaterThanOrEqual(2_000);
      expect(served).toBeLessThan(2_200);
      expect(rejected).toBe(fast ? 2_600 - served : 0);
      await arena.end();
    },
  );
});
