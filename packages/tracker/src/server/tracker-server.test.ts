import { SeededRandom } from '@peerloom/core';
import { endpoint } from '@peerloom/core/plugin';
import { DeterministicSecureRandom, MemoryNetwork, VirtualClock } from '@peerloom/testing';
import { describe, expect, it, vi } from 'vitest';
import {
  announcePacket,
  announceTarget,
  infoHashOf,
  TrackerScene,
  trackerAddress,
} from './tracker-scene.fake.js';
import { TrackerServer } from './tracker-server.js';
import type { TrackerServerOptions } from './tracker-server-options.js';

const client = '203.0.113.1';
const request = `GET ${announceTarget()} HTTP/1.1\r\nHost: tracker\r\n\r\n`;

function make(options: Partial<TrackerServerOptions> = {}): TrackerServer {
  const clock = new VirtualClock();
  const network = new MemoryNetwork({ clock, random: new SeededRandom(1) });
  const secureRandom = new DeterministicSecureRandom(1);
  return new TrackerServer({ clock, network: network.host('192.0.2.1'), secureRandom, ...options });
}

describe('listening', () => {
  it('tells what to put into torrents', async () => {
    const tracker = make();
    expect(await tracker.listenHttp('192.0.2.1:80')).toEqual({
      local: endpoint('192.0.2.1', 80),
      announceUrl: 'http://192.0.2.1:80/announce',
    });
    expect((await tracker.listenUdp('[::1]:81')).announceUrl).toBe('udp://[::1]:81/announce');
  });

  it('rejects what is no endpoint, or in use', async () => {
    const tracker = make();
    await expect(tracker.listenHttp('tracker')).rejects.toMatchObject({ code: 'ENDPOINT_SYNTAX' });
    await tracker.listenHttp('192.0.2.1:80');
    await expect(tracker.listenHttp('192.0.2.1:80')).rejects.toMatchObject({
      code: 'NETWORK_ADDRESS_IN_USE',
    });
  });

  it('rejects once it is closed, also where that happens meanwhile', async () => {
    const tracker = make();
    const closed = { code: 'TRACKER_SERVER_CLOSED' };
    const listenings = [tracker.listenHttp('192.0.2.1:80'), tracker.listenUdp('192.0.2.1:80')];
    await Promise.all([
      tracker.close(),
      ...listenings.map((listening) => expect(listening).rejects.toMatchObject(closed)),
    ]);
    await expect(tracker.listenHttp('192.0.2.1:81')).rejects.toMatchObject(closed);
    await expect(tracker.listenUdp('192.0.2.1:81')).rejects.toMatchObject(closed);
  });
});

describe('options', () => {
  it.each([
    { intervalMs: 999 },
    { minIntervalMs: -1 },
    { maxPeersPerReply: 1_001 },
    { maxTorrents: 0 },
    { maxPeers: 1.5 },
    { maxPeersPerTorrent: Number.NaN },
    { maxPeersPerAddress: Number.POSITIVE_INFINITY },
    { maxTorrentsPerScrape: 0 },
    { maxConnections: 0 },
    { maxConnectionsPerAddress: 100_001 },
    { maxRequestsPerAddressPerMinute: 0 },
  ])('%j is out of range', (options) => {
    expect(() => make(options)).toThrow(expect.objectContaining({ code: 'TRACKER_SERVER_OPTION' }));
  });

  it('tells no longer minimum interval than the interval', async () => {
    const scene = await TrackerScene.open({ intervalMs: 5_000 });
    expect(await scene.announce(client)).toMatchObject({ interval: 5, 'min interval': 5 });
  });
});

describe('the whitelist', () => {
  const failure = { 'failure reason': Buffer.from('the torrent is not registered with this tracker') };

  it('is none as long as none is given', async () => {
    const { tracker } = await TrackerScene.open();
    expect([tracker.whitelist.isEnabled, tracker.whitelist.size]).toEqual([false, 0]);
    expect(tracker.whitelist.allows(infoHashOf(5))).toBe(true);
    tracker.whitelist.remove(infoHashOf(5));
    expect(tracker.whitelist.isEnabled).toBe(false);
  });

  it('takes effect at once, both ways', async () => {
    const scene = await TrackerScene.open({ whitelist: [infoHashOf(1)] });
    const { whitelist } = scene.tracker;
    const announce = (n: number) => scene.announce(client, { infoHash: infoHashOf(n) });
    expect(await announce(1)).toMatchObject({ incomplete: 1 });
    expect(await announce(2)).toEqual({ 'failure reason': new Uint8Array(failure['failure reason']) });
    whitelist.add(infoHashOf(2));
    expect(await announce(2)).toMatchObject({ incomplete: 1 });
    expect([whitelist.size, whitelist.allows(infoHashOf(2)), whitelist.allows(infoHashOf(3))]).toEqual([
      2,
      true,
      false,
    ]);
    whitelist.remove(infoHashOf(1));
    expect(await announce(1)).toHaveProperty('failure reason');
    expect(scene.tracker.stats()).toMatchObject({ torrents: 1, peers: 1, refused: { unregistered: 2 } });
    whitelist.replace([infoHashOf(3)]);
    expect(scene.tracker.stats()).toMatchObject({ torrents: 0, peers: 0 });
    expect(await announce(2)).toHaveProperty('failure reason');
    whitelist.replace(undefined);
    expect(await announce(2)).toMatchObject({ incomplete: 1 });
  });

  it('keeps counts of its torrents, also while nobody is there', async () => {
    const scene = await TrackerScene.open({ whitelist: [infoHashOf(1)] });
    await scene.announce(client, { left: 0, event: 'completed' });
    await scene.announce(client, { left: 0, event: 'stopped' });
    expect(await scene.announce('192.0.2.1')).toMatchObject({ complete: 0, incomplete: 1, downloaded: 1 });
    await scene.announce('192.0.2.1', { event: 'stopped' });
    scene.tracker.whitelist.replace(undefined);
    expect(scene.tracker.stats().torrents).toBe(0);
  });
});

describe('announces', () => {
  it('are told, also those that are refused', async () => {
    const scene = await TrackerScene.open({ maxTorrents: 1 });
    await scene.announce('192.0.2.1', { left: 0 });
    await scene.announce(client, { event: 'started' });
    await scene.announce(client, { infoHash: infoHashOf(2) });
    expect(scene.announces.slice(1)).toEqual([
      {
        protocol: 'http',
        infoHash: infoHashOf(1),
        peer: endpoint(client, 6881),
        peerId: new Uint8Array(20).fill(0x41),
        event: 'started',
        uploadedBytes: 0,
        downloadedBytes: 0,
        leftBytes: 100,
        counts: { complete: 1, incomplete: 1, downloaded: 0 },
        peersTold: 1,
        failure: undefined,
      },
      expect.objectContaining({
        infoHash: infoHashOf(2),
        counts: undefined,
        peersTold: 0,
        failure: 'the tracker has too many torrents',
      }),
    ]);
    expect(scene.tracker.stats().refused.torrents).toBe(1);
  });

  it('are answered also where the application throws, which it hears of', async () => {
    const thrown: unknown[] = [];
    const onUncaught = (error: unknown) => thrown.push(error);
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException').on('uncaughtException', onUncaught);
    try {
      const fault = new Error('of the application');
      const scene = await TrackerScene.open({
        onAnnounce: () => {
          throw fault;
        },
      });
      expect(await scene.announce(client)).toMatchObject({ incomplete: 1 });
      const udp = await scene.udp(client);
      expect((await udp.ask(announcePacket(await udp.connect())))?.readUInt32BE(0)).toBe(1);
      expect(thrown).toEqual([fault, fault]);
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const listener of others) process.on('uncaughtException', listener);
    }
  });

  it('may close the tracker, or change its whitelist', async () => {
    for (const act of [
      (tracker: TrackerServer) => void tracker.close(),
      (tracker: TrackerServer) => tracker.whitelist.replace([]),
    ]) {
      const onAnnounce = vi.fn(() => act(scene.tracker));
      const scene = await TrackerScene.open({ onAnnounce });
      const [remote, udp] = [await scene.client(client), await scene.udp(client)];
      udp.socket.send(announcePacket(await udp.connect()), endpoint(trackerAddress[4], 6969));
      remote.send(request.repeat(3));
      await scene.clock.advance(60_000);
      expect(onAnnounce).toHaveBeenCalled();
      expect(scene.tracker.stats()).toMatchObject({ peers: 0, torrents: 0, connections: 0 });
    }
  });
});

describe('closing', () => {
  it('sends answers that are under way, closes all, and leaves nothing behind', async () => {
    const scene = await TrackerScene.open();
    const [idle, fresh, busy] = [
      await scene.client(client),
      await scene.client(client),
      await scene.client(client),
    ];
    idle.send(request);
    await scene.clock.advance(100);
    busy.send(request);
    // The request arrives, and its answer is on its way.
    await scene.clock.advance(11);
    const closing = scene.tracker.close();
    expect(scene.tracker.close()).toBe(closing);
    await scene.clock.advance(1_000);
    await closing;
    expect([idle.isClosed, fresh.isClosed, busy.isClosed]).toEqual([true, true, true]);
    expect(busy.statuses).toEqual([200]);
    expect(scene.tracker.stats()).toMatchObject({ torrents: 0, peers: 0, connections: 0 });
    expect(scene.clock.pendingTimers).toBe(0);
    const late = await scene.client(client);
    expect(late.isClosed).toBe(true);
    const udp = await scene.udp(client);
    await expect(udp.connect()).rejects.toThrow('no connection id');
  });

  it('has a deadline for those that do not end', async () => {
    const scene = await TrackerScene.open();
    const remote = await scene.client(client);
    remote.endsToo = false;
    remote.connection.pause();
    let isClosed = false;
    const closing = scene.tracker.close({ deadlineMs: 500 }).then(() => {
      isClosed = true;
    });
    await scene.clock.advance(499);
    expect(isClosed).toBe(false);
    await scene.clock.advance(100);
    expect(isClosed).toBe(true);
    await closing;
  });
});
