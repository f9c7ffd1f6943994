import { asDict, asText, decode } from '@peerloom/core/plugin';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  announceTarget,
  compactPeers,
  infoHashOf,
  latin1,
  percentEncode,
  TrackerScene,
} from '../tracker-scene.fake.js';

const client = '203.0.113.1';
const get = (target: string, ...fields: readonly string[]) =>
  [`GET ${target} HTTP/1.1`, 'Host: tracker', ...fields, '', ''].join('\r\n');
const ok = get(announceTarget());
const failure = (body: Uint8Array) => {
  return asText(asDict(decode(body))?.['failure reason']);
};
const bytesOf = (value: unknown) => (value instanceof Uint8Array ? value : new Uint8Array(0));

/** A client that has asked for more than is sent to who reads nothing, five seconds ago. */
async function askMuchAndReadNothing() {
  const scene = await TrackerScene.open({
    maxRequestsPerAddressPerMinute: 1_000_000,
    maxConnectionsPerAddress: 500,
  });
  for (let i = 1; i <= 200; i++) await scene.announce(`192.0.2.${i}`);
  const remote = await scene.client(client);
  remote.connection.pause();
  remote.send(get(announceTarget({ numwant: 200, compact: 0 })).repeat(99));
  await scene.clock.advance(5_000);
  return { scene, remote };
}

describe('GET /announce', () => {
  it('tells of peers in compact form, with counts and intervals', async () => {
    const scene = await TrackerScene.open({ intervalMs: 600_000, minIntervalMs: 30_500 });
    await scene.announce('192.0.2.1', { port: 258, left: 0, event: 'completed' });
    const reply = await scene.announce(client, { event: 'started' });
    expect(Object.keys(reply).sort()).toEqual(
      ['complete', 'downloaded', 'incomplete', 'interval', 'min interval', 'peers'].sort(),
    );
    expect(reply).toMatchObject({
      complete: 1,
      downloaded: 1,
      incomplete: 1,
      interval: 600,
      'min interval': 31,
    });
    expect(compactPeers(bytesOf(reply.peers))).toEqual(['192.0.2.1:258']);
  });

  it('tells of IPv6 peers beside (BEP 7)', async () => {
    const scene = await TrackerScene.open();
    await scene.announce('2001:db8::5', { port: 1 });
    await scene.announce('192.0.2.1', { port: 2 });
    for (const asker of [client, '2001:db8::6']) {
      const reply = await scene.announce(asker, { event: 'started', left: 0 });
      expect(compactPeers(bytesOf(reply.peers))).toEqual(['192.0.2.1:2']);
      expect(Buffer.from(bytesOf(reply.peers6)).toString('hex')).toBe(`20010db8${'00'.repeat(11)}050001`);
    }
  });

  it('tells of peers as dictionaries, with their ids unless they are not wanted', async () => {
    const scene = await TrackerScene.open();
    const peerId = Uint8Array.from({ length: 20 }, (_, i) => 250 - i);
    await scene.announce('2001:db8::5', { port: 258, peerId });
    const withIds = await scene.announce(client, { compact: 0 });
    expect(withIds.peers).toEqual([{ ip: latin1('2001:db8::5'), 'peer id': peerId, port: 258 }]);
    const without = await scene.announce(client, { compact: 0, extra: 'no_peer_id=1' });
    expect(without.peers).toEqual([{ ip: latin1('2001:db8::5'), port: 258 }]);
  });

  it('tells of as many as are asked for, 50 where none says, and never more than the limit', async () => {
    const scene = await TrackerScene.open({ maxPeersPerReply: 60 });
    for (let i = 1; i <= 80; i++) await scene.announce(`192.0.2.${i}`);
    const toldOf = async (fields: { numwant?: number }) => {
      const { peers } = await scene.announce(client, fields);
      return bytesOf(peers).length / 6;
    };
    expect(await toldOf({ numwant: 7 })).toBe(7);
    expect(await toldOf({ numwant: 0 })).toBe(0);
    expect(await toldOf({})).toBe(50);
    expect(await toldOf({ numwant: -1 })).toBe(50);
    expect(await toldOf({ numwant: 2_000_000_000 })).toBe(60);
  });

  it('warns who is not listed', async () => {
    const scene = await TrackerScene.open({ maxPeersPerTorrent: 1 });
    await scene.announce('192.0.2.1');
    const reply = await scene.announce(client);
    expect(asText(reply['warning message'])).toBe('not listed: the torrent has too many peers');
    expect(compactPeers(bytesOf(reply.peers))).toHaveLength(1);
    expect(scene.tracker.stats()).toMatchObject({
      peers: 1,
      unlisted: { torrent: 1 },
      announces: { http: 2 },
    });
  });

  it('refuses what makes no sense with a failure reason, and counts it', async () => {
    const scene = await TrackerScene.open();
    expect(failure(await scene.get(client, '/announce'))).toBe("'info_hash' is not 20 bytes");
    expect(failure(await scene.get(client, announceTarget({ port: 0 })))).toBe("'port' is not 1 to 65535");
    expect(scene.tracker.stats()).toMatchObject({
      torrents: 0,
      refused: { malformed: 2 },
      announces: { http: 0 },
    });
  });

  it('refuses who asks too often, and lets him in again a minute later', async () => {
    const scene = await TrackerScene.open({ maxRequestsPerAddressPerMinute: 2 });
    for (let i = 0; i < 2; i++) expect(failure(await scene.get(client, announceTarget()))).toBeUndefined();
    expect(failure(await scene.get(client, announceTarget()))).toBe('too many requests from your address');
    expect(failure(await scene.get('192.0.2.1', announceTarget()))).toBeUndefined();
    await scene.clock.advance(60_000);
    expect(failure(await scene.get(client, announceTarget()))).toBeUndefined();
    expect(scene.tracker.stats().refused.rate).toBe(1);
  });
});

describe('GET /scrape', () => {
  it('tells the counts of the torrents that are named, in order of their infohashes', async () => {
    const scene = await TrackerScene.open({ minIntervalMs: 5_000 });
    await scene.announce('192.0.2.1', { infoHash: infoHashOf(200), left: 0, event: 'completed' });
    await scene.announce('192.0.2.2', { infoHash: infoHashOf(200) });
    const named = [200, 3].map((n) => `info_hash=${percentEncode(infoHashOf(n).toBytes())}`).join('&');
    const body = Buffer.from(await scene.get(client, `/scrape?${named}`)).toString('latin1');
    const file = (n: number, complete: number, downloaded: number, incomplete: number) =>
      `20:${Buffer.from(infoHashOf(n).toBytes()).toString('latin1')}` +
      `d8:completei${complete}e10:downloadedi${downloaded}e10:incompletei${incomplete}ee`;
    expect(body).toBe(
      `d5:filesd${file(3, 0, 0, 0)}${file(200, 1, 1, 1)}e5:flagsd20:min_request_intervali5eee`,
    );
  });

  it('does not tell of torrents that are not named, nor of more than the limit', async () => {
    const scene = await TrackerScene.open({ maxTorrentsPerScrape: 1 });
    expect(failure(await scene.get(client, '/scrape'))).toBe('only torrents that are named are told of');
    const named = `info_hash=${'%01'.repeat(20)}`;
    expect(failure(await scene.get(client, `/scrape?${named}&${named}`))).toBe('more than 1 torrents');
    expect(scene.tracker.stats()).toMatchObject({ refused: { malformed: 2 }, scrapes: { http: 0 } });
  });

  it('leaves out torrents that are not served', async () => {
    const scene = await TrackerScene.open({ whitelist: [infoHashOf(1)] });
    const named = [1, 2].map((n) => `info_hash=${percentEncode(infoHashOf(n).toBytes())}`).join('&');
    const body = Buffer.from(await scene.get(client, `/scrape?${named}`)).toString('latin1');
    expect(body.match(/20:/g)).toHaveLength(2);
    expect(body.startsWith('d5:filesd20:\x01')).toBe(true);
  });
});

describe('HTTP', () => {
  it('answers requests of one connection in order, also when they come at once', async () => {
    const scene = await TrackerScene.open();
    const remote = await scene.client(client);
    remote.send(ok);
    await scene.clock.advance(100);
    expect(remote.statuses).toEqual([200]);
    remote.send(`${ok}${get('/nothing')}${ok}`);
    await scene.clock.advance(100);
    expect(remote.statuses).toEqual([200, 200, 404, 200]);
    expect(remote.isClosed).toBe(false);
  });

  it.each([
    ['HTTP/1.0', `GET ${announceTarget()} HTTP/1.0\r\n\r\n`],
    ['Connection: close', get(announceTarget(), 'Connection: close')],
  ])('closes after the answer: %s', async (_, request) => {
    const scene = await TrackerScene.open();
    const remote = await scene.request(client, request + ok);
    expect(remote.statuses).toEqual([200]);
    expect(remote.text).toContain('Connection: close\r\n');
  });

  it('closes after 100 requests', async () => {
    const scene = await TrackerScene.open();
    const remote = await scene.request(client, get('/nothing').repeat(101));
    expect(remote.statuses).toHaveLength(100);
  });

  it.each([
    [`HEAD ${announceTarget()} HTTP/1.1\r\nHost: t\r\n\r\n`, 200],
    ['HEAD /scrape HTTP/1.1\r\nHost: t\r\n\r\n', 200],
    ['HEAD /nothing HTTP/1.1\r\nHost: t\r\n\r\n', 404],
    ['POST /announce HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\nabc', 405],
    ['DELETE /announce HTTP/1.1\r\nHost: t\r\n\r\n', 405],
    ['OPTIONS / HTTP/1.1\r\nHost: t\r\n\r\n', 405],
    ['GET /announce HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\nabc', 400],
    ['GET /announce/ HTTP/1.1\r\nHost: t\r\n\r\n', 404],
    ['GET / HTTP/1.1\r\nHost: t\r\n\r\n', 404],
    ['GET /announce HTTP/1.1\r\n\r\n', 400],
    ['GET /announce HTTP/3.0\r\nHost: t\r\n\r\n', 505],
    ['\r\n\r\nGET / HTTP/1.1\r\nHost: t\r\n\r\n', 404],
    [`GET /${'a'.repeat(9_000)} HTTP/1.1\r\nHost: t\r\n\r\n`, 414],
    [`GET / HTTP/1.1\r\nHost: t\r\nX: ${'a'.repeat(17_000)}`, 431],
    [`GET / HTTP/1.1\r\nHost: t\r\n${'X: y\r\n'.repeat(64)}\r\n`, 431],
    ['\x16\x03\x01\x02\x00\x01\x00\r\n\r\n', 400],
  ])('answers %j with %i, and announces nothing', async (request, status) => {
    const scene = await TrackerScene.open();
    const remote = await scene.client(client);
    remote.send(request);
    await scene.clock.advance(100);
    expect(remote.statuses).toEqual([status]);
    expect(remote.text.includes('Allow: GET, HEAD\r\n')).toBe(status === 405);
    expect(scene.tracker.stats().torrents).toBe(0);
  });

  it('gives the same answer wherever the request is cut', async () => {
    const scene = await TrackerScene.open({ maxConnectionsPerAddress: 1_000 });
    const request = get(announceTarget({ numwant: 0 }), 'Connection: close');
    for (let cut = 1; cut < request.length; cut++) {
      const remote = await scene.client(client);
      remote.send(request.slice(0, cut));
      await scene.clock.advance(100);
      expect(remote.statuses).toEqual([]);
      remote.send(request.slice(cut));
      await scene.clock.advance(100);
      expect(remote.statuses).toEqual([200]);
    }
  });

  it('gives a request ten seconds, however it trickles in', async () => {
    const scene = await TrackerScene.open();
    const [silent, slow] = [await scene.client(client), await scene.client(client)];
    for (const letter of ok.slice(0, 30)) {
      slow.send(letter);
      await scene.clock.advance(320);
    }
    expect([silent.isClosed, slow.isClosed]).toEqual([false, false]);
    await scene.clock.advance(1_000);
    expect([silent.isClosed, slow.isClosed]).toEqual([true, true]);
    expect([silent.statuses, slow.statuses]).toEqual([[], [408]]);
    expect(scene.tracker.stats()).toMatchObject({ connections: 0, refused: { timeout: 2 } });
  });

  it('gives each of several requests ten seconds of its own', async () => {
    const scene = await TrackerScene.open();
    const remote = await scene.client(client);
    for (let i = 0; i < 4; i++) {
      remote.send(ok.slice(0, 20));
      await scene.clock.advance(6_000);
      remote.send(ok.slice(20));
      await scene.clock.advance(6_000);
    }
    expect(remote.statuses).toEqual([200, 200, 200, 200]);
  });

  it('closes a connection that has been idle for half a minute, without counting it as a fault', async () => {
    const scene = await TrackerScene.open();
    const remote = await scene.client(client);
    remote.send(ok);
    await scene.clock.advance(29_000);
    expect(remote.isClosed).toBe(false);
    await scene.clock.advance(2_000);
    expect([remote.isClosed, scene.tracker.stats().refused.timeout]).toEqual([true, 0]);
  });

  it('reads no further requests from who reads no answers, and then gives up', async () => {
    const { scene } = await askMuchAndReadNothing();
    const { announces } = scene.tracker.stats();
    expect(announces.http).toBeLessThan(240);
    await scene.clock.advance(15_000);
    expect(scene.tracker.stats()).toMatchObject({ announces, connections: 0, refused: { timeout: 1 } });
  });

  it('answers the rest where a slow reader reads on', async () => {
    const { scene, remote } = await askMuchAndReadNothing();
    remote.connection.resume();
    await scene.clock.advance(5_000);
    expect(remote.statuses).toHaveLength(99);
    expect(scene.tracker.stats()).toMatchObject({ connections: 1, refused: { timeout: 0 } });
  });

  it('answers who ends his side at once', async () => {
    const scene = await TrackerScene.open();
    const remote = await scene.client(client);
    remote.send(ok);
    remote.connection.end();
    await scene.clock.advance(1_000);
    expect(scene.tracker.stats()).toMatchObject({ connections: 0, announces: { http: 1 } });
  });

  it('has so many connections of one address, and in all', async () => {
    const scene = await TrackerScene.open({ maxConnections: 3, maxConnectionsPerAddress: 2 });
    const own = [await scene.client(client), await scene.client(client), await scene.client(client)];
    expect(own.map(({ isClosed }) => isClosed)).toEqual([false, false, true]);
    const third = await scene.client('192.0.2.1');
    const fourth = await scene.client('192.0.2.2');
    expect([third.isClosed, fourth.isClosed]).toEqual([false, true]);
    expect(scene.tracker.stats()).toMatchObject({ connections: 3, refused: { connections: 2 } });
    for (const remote of own) remote.connection.destroy();
    await scene.clock.advance(100);
    const again = [await scene.client(client), await scene.client(client)];
    expect(again.map(({ isClosed }) => isClosed)).toEqual([false, false]);
  });

  it('lets the one go that has been idle for longest where there is no room', async () => {
    const scene = await TrackerScene.open({ maxConnections: 2 });
    const [one, two] = [await scene.client('192.0.2.1'), await scene.client('192.0.2.2')];
    two.send(ok);
    await scene.clock.advance(100);
    one.send(ok);
    await scene.clock.advance(100);
    expect((await scene.client('192.0.2.3')).isClosed).toBe(false);
    expect([one.isClosed, two.isClosed]).toEqual([false, true]);
    expect(scene.tracker.stats()).toMatchObject({ connections: 2, refused: { connections: 0 } });
  });

  it('lets the slowest go where there is no room and nobody is idle', async () => {
    const scene = await TrackerScene.open({ maxConnections: 3 });
    const silent = await scene.client('192.0.2.1');
    const slow = await scene.client('192.0.2.2');
    const refused = await scene.client('192.0.2.3');
    refused.endsToo = false;
    refused.send('nonsense\r\n\r\n');
    slow.send(ok.slice(0, 5));
    await scene.clock.advance(1_000);
    expect((await scene.client('192.0.2.4')).isClosed).toBe(true);
    await scene.clock.advance(2_000);
    for (const timeout of [1, 2, 3]) {
      const remote = await scene.client('192.0.2.5');
      remote.send(ok);
      await scene.clock.advance(100);
      expect(remote.statuses).toEqual([200]);
      expect(scene.tracker.stats()).toMatchObject({ connections: 3, refused: { connections: 1, timeout } });
      expect([silent.isClosed, slow.isClosed]).toEqual([true, timeout > 1]);
      remote.send('GET');
      await scene.clock.advance(100);
    }
  });

  it('lets none go that has begun its next request', async () => {
    const scene = await TrackerScene.open({ maxConnections: 1 });
    const remote = await scene.client('192.0.2.1');
    remote.send(ok + ok.slice(0, 9));
    await scene.clock.advance(100);
    remote.send(ok.slice(9));
    await scene.clock.advance(100);
    remote.send(ok.slice(0, 9));
    await scene.clock.advance(100);
    expect((await scene.client('192.0.2.2')).isClosed).toBe(true);
    expect([remote.isClosed, remote.statuses]).toEqual([false, [200, 200]]);
  });

  it('gives an answer or closes, whatever bytes come, and goes on with others', async () => {
    const words = fc.constantFrom(
      'GET ',
      'HEAD ',
      '/announce?',
      'info_hash=',
      ' HTTP/1.1',
      '\r\n',
      '\r\n\r\n',
      'Host: t',
      '%',
      '\x00',
    );
    const input = fc.oneof(
      fc.array(words, { maxLength: 30 }).map((list) => list.join('')),
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
    );
    await fc.assert(
      fc.asyncProperty(input, async (text) => {
        const scene = await TrackerScene.open();
        const remote = await scene.client(client);
        remote.send(text);
        await scene.clock.advance(60_000);
        expect(remote.isClosed).toBe(true);
        expect(scene.tracker.stats()).toMatchObject({ connections: 0, torrents: 0 });
        const reply = await scene.announce('192.0.2.9');
        expect(reply.incomplete).toBe(1);
      }),
      { numRuns: 150 },
    );
  });
});
