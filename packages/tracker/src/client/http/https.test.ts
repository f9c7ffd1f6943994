import type { TLSSocket } from 'node:tls';
import { type Alert, endpoint } from '@peerloom/core/plugin';
import { runSwarm } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';
import { TrackerClient, trackerKey } from '../../index.js';
import { bencoded, ScriptedHttpTracker } from '../scripted-tracker.fake.js';
import {
  HttpsScene,
  passTime,
  TlsServer,
  type TlsServerOptions,
  trackerAddress,
} from './https-scene.fake.js';
import { expiredCertificate } from './test-certificates.fake.js';
import { TlsClient } from './tls-client.js';

const url = 'https://tracker.example.org/announce';
const ok = bencoded({ interval: 600, peers: 'abcdef' });

/** A tracker that answers as it should. */
async function listen(scene: HttpsScene, options?: TlsServerOptions): Promise<TlsServer> {
  const server = new TlsServer(options);
  server.answer = (socket) => socket.end(ok);
  await server.listen(scene.remote);
  return server;
}

describe('a tracker over HTTPS', () => {
  it('is announced to, over TLS 1.3 and 1.2', async () => {
    for (const maxVersion of ['TLSv1.3', 'TLSv1.2'] as const) {
      const scene = new HttpsScene();
      const server = await listen(scene, { maxVersion });
      const protocols: (string | null | false)[] = [];
      server.answer = (socket) => {
        protocols.push(socket.getProtocol(), socket.alpnProtocol);
        socket.end(ok);
      };
      const { intervalMs, peers } = await scene.announce(url);
      expect([intervalMs, peers]).toEqual([600_000, [{ family: 4, address: '97.98.99.100', port: 0x6566 }]]);
      expect(server.requests[0]).toMatch(/^GET \/announce\?info_hash=/);
      expect(server.requests[0]).toContain('Host: tracker.example.org\r\n');
      expect(protocols).toEqual([maxVersion, false]);
      expect(server.names).toEqual(['tracker.example.org']);
      await scene.settle();
      expect(scene.own.connections).toEqual([]);
    }
  });

  it('is found by address or a name with a dot at its end; only a name, without that, is sent in the clear', async () => {
    const scene = new HttpsScene();
    const server = await listen(scene);
    expect(await scene.outcome(`https://${trackerAddress}/announce`)).toBe('reply');
    expect(await scene.outcome('https://tracker.example.org./announce')).toBe('reply');
    expect(server.names).toEqual([false, 'tracker.example.org']);
  });

  it('may speak HTTP/1.1 among other protocols', async () => {
    const scene = new HttpsScene();
    await listen(scene, { ALPNProtocols: ['h2', 'http/1.1'] });
    expect(await scene.outcome(url)).toBe('reply');
  });

  it('may answer at length, and no longer than over HTTP', async () => {
    const scene = new HttpsScene();
    const server = await listen(scene);
    const head = 'HTTP/1.1 200 OK\r\n\r\n';
    server.answer = (socket) =>
      socket.end(`${head}d8:intervali600e5:peers0:1:x600000:${'x'.repeat(600_000)}e`);
    expect(await scene.outcome(url)).toBe('reply');
    server.answer = (socket) => socket.end(`${head}${'x'.repeat(1_048_577)}`);
    expect(await scene.outcome(url)).toBe('TRACKER_TOO_LARGE');
  });

  it.each<[string, TlsServerOptions]>([
    ['whose certificate has expired', { cert: expiredCertificate }],
    ['that speaks TLS 1.1', { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }],
    ['that speaks HTTP/2 only', { ALPNProtocols: ['h2'] }],
  ])('%s is told nothing', async (_who, options) => {
    const scene = new HttpsScene();
    const server = await listen(scene, options);
    expect(await scene.outcome(url)).toBe('TRACKER_TLS');
    expect(server.requests).toEqual([]);
    await scene.settle();
    expect(scene.own.connections).toEqual([]);
  });

  it('whose certificate is for another host is told nothing', async () => {
    const scene = new HttpsScene();
    const server = await listen(scene);
    for (const host of ['example.org', 'a.tracker.example.org', '198.51.100.10', '[2001:db8::1]']) {
      await expect(scene.announce(`https://${host}/announce`)).rejects.toMatchObject({
        code: 'TRACKER_TLS',
        message: expect.stringContaining("is not in the cert's"),
      });
    }
    expect(server.requests).toEqual([]);
  });

  it('whose certificate is from an authority that is not trusted is told nothing', async () => {
    const scene = new HttpsScene();
    const server = await listen(scene);
    await expect(scene.announce(url, new TlsClient())).rejects.toMatchObject({
      code: 'TRACKER_TLS',
      message: 'no secure connection: unable to verify the first certificate',
    });
    expect(server.requests).toEqual([]);
  });

  it.each([
    ['speaks HTTP without TLS', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['sends garbage', Buffer.alloc(2000, 0xff)],
    ['sends a record that is none', Buffer.from([22, 3, 3, 0xff, 0xff, ...Buffer.alloc(70_000)])],
    ['refuses by an alert', Buffer.from([21, 3, 3, 0, 2, 2, 40])],
  ])('that %s is an error', async (_what, bytes) => {
    const scene = new HttpsScene();
    await scene.listenPlain((connection) => void connection.write([bytes], () => undefined));
    expect(await scene.outcome(url)).toBe('TRACKER_TLS');
    await scene.settle();
    expect(scene.own.connections).toEqual([]);
  });

  it('that closes the connection in the handshake is an error', async () => {
    const scene = new HttpsScene();
    await scene.listenPlain((connection) => connection.end());
    expect(await scene.outcome(url)).toBe('TRACKER_TLS');
    await scene.settle();
    expect(scene.own.connections).toEqual([]);
  });

  it('that is not there, or breaks the connection, cannot be reached', async () => {
    const scene = new HttpsScene();
    expect(await scene.outcome(url)).toBe('TRACKER_CONNECT');
    await scene.listenPlain(() => scene.remote.crash());
    expect(await scene.outcome(url)).toBe('TRACKER_CONNECT');
    expect(scene.own.connections).toEqual([]);
  });

  it.each<[string, (socket: TLSSocket) => void]>([
    ['closes without an answer', (socket) => socket.end()],
    ['is cut in the middle', (socket) => socket.write(ok.subarray(0, 40), () => socket.destroy())],
  ])('that %s is an error', async (_what, answer) => {
    const scene = new HttpsScene();
    const server = await listen(scene);
    server.answer = answer;
    expect(await scene.outcome(url)).toBe('TRACKER_HTTP');
    await scene.settle();
    expect(scene.own.connections).toEqual([]);
  });

  it('that does not go on with the handshake is given up after half a minute', async () => {
    const scene = new HttpsScene();
    await scene.listenPlain(() => undefined);
    expect(await scene.outcome(url)).toBe('TRACKER_TIMEOUT');
    expect(scene.clock.now()).toBeGreaterThanOrEqual(30_000);
    expect(scene.clock.now()).toBeLessThan(31_000);
    await scene.settle();
    expect(scene.own.connections).toEqual([]);
  });

  it('that is no longer to be asked while it is dialled, or in the handshake, is left at once', async () => {
    const scene = new HttpsScene();
    await scene.listenPlain(() => undefined);
    for (const isReachable of [false, true]) {
      if (isReachable) scene.network.heal();
      else scene.network.partition(scene.own, scene.remote);
      const controller = new AbortController();
      const announce = scene.announce(url, undefined, controller);
      scene.clock.setTimeout(() => controller.abort(new Error('stopped')), 1000);
      await expect(announce).rejects.toThrow('stopped');
      await passTime(scene.clock);
      await passTime(scene.clock);
      expect(scene.own.connections).toEqual([]);
    }
  });

  it('that sends without an end in the handshake is given up', async () => {
    const scene = new HttpsScene();
    // Requests to begin anew, which a client passes over while it waits for the server to begin (RFC 5246 §7.4.1.1).
    const requests = Buffer.concat([Buffer.from([22, 3, 3, 0x40, 0]), Buffer.alloc(0x4000)]);
    const flood = Buffer.concat(Array.from({ length: 260 }, () => requests));
    await scene.listenPlain((connection) => void connection.write([flood], () => undefined));
    expect(await scene.outcome(url)).toBe('TRACKER_TOO_LARGE');
    await scene.settle();
    expect(scene.own.connections).toEqual([]);
  });
});

describe('a torrent whose tracker speaks no TLS', () => {
  it('goes on without: an alert, a pause, and another try', async () => {
    await runSwarm({}, async (swarm) => {
      let connections = 0;
      await swarm.host(trackerAddress).listen(endpoint(trackerAddress, 443), (connection) => {
        connections++;
        connection.setHandler({
          onConnect: () => undefined,
          onData: () => void connection.write([Buffer.from('HTTP/1.1 400 Bad\r\n\r\n')], () => undefined),
          onDrain: () => undefined,
          onEnd: () => connection.destroy(),
          onClose: () => undefined,
        });
      });
      const peer = await swarm.addPeer({ extensions: [new TrackerClient()], isStarted: false });
      const codes: unknown[] = [];
      peer.session.on('plugin', ({ event, data }: Extract<Alert, { type: 'plugin' }>) => {
        if (event === 'failure') codes.push({ ...data }.code);
      });
      peer.start();
      const trackers = peer.torrent.plugin(trackerKey);
      trackers?.replaceTrackers([[`https://${trackerAddress}/announce`]]);
      while (codes.length < 1) await passTime(swarm.clock);
      expect(trackers?.trackers()).toMatchObject([{ state: 'failed', error: { code: 'TRACKER_TLS' } }]);
      expect(trackers?.trackers()[0]?.retryInMs).toBeGreaterThan(14_000);
      await swarm.advance(14_000);
      expect(connections).toBe(1);
      while (codes.length < 2) await passTime(swarm.clock);
      expect([codes, connections]).toEqual([['TRACKER_TLS', 'TRACKER_TLS'], 2]);
      expect(peer.faults).toEqual([]);
    });
  });
});

describe('a redirect', () => {
  const to = (location: string): string => `HTTP/1.1 307 Temporary\r\nLocation: ${location}\r\n\r\n`;

  it('leads from HTTP to HTTPS', async () => {
    const scene = new HttpsScene();
    scene.network.setName('tracker.example.org', [trackerAddress]);
    const server = await listen(scene);
    const plain = await ScriptedHttpTracker.listen(scene.remote, trackerAddress);
    plain.answer = () => to(url);
    expect(await scene.outcome('http://tracker.example.org/announce')).toBe('reply');
    expect([plain.requests.length, server.requests.length]).toEqual([1, 1]);
  });

  it('leads from HTTPS to HTTPS, also where it names no scheme', async () => {
    const scene = new HttpsScene();
    scene.network.setName('tracker.example.org', [trackerAddress]);
    const server = await listen(scene);
    server.answer = (socket, request) => {
      socket.end(request.startsWith('GET /announce/there ') ? ok : to('/announce/there'));
    };
    expect(await scene.outcome(url)).toBe('reply');
    expect(server.requests).toHaveLength(2);
  });

  it('never leads from HTTPS to HTTP', async () => {
    const scene = new HttpsScene();
    scene.network.setName('tracker.example.org', [trackerAddress]);
    const server = await listen(scene);
    const plain = await ScriptedHttpTracker.listen(scene.remote, trackerAddress);
    server.answer = (socket) => socket.end(to('http://tracker.example.org/announce'));
    await expect(scene.announce(url)).rejects.toMatchObject({
      code: 'TRACKER_REDIRECT',
      message: 'redirected from HTTPS to HTTP',
    });
    expect(plain.requests).toEqual([]);
  });

  it('leads to no local address over HTTPS either', async () => {
    const scene = new HttpsScene();
    scene.network.setName('tracker.example.org', [trackerAddress]);
    scene.network.setName('inside.example.org', ['10.1.2.3']);
    const server = await listen(scene);
    const inside = await ScriptedHttpTracker.listen(scene.network.host('10.1.2.3'), '10.1.2.3', 443);
    server.answer = (socket) => socket.end(to('https://inside.example.org/announce'));
    expect(await scene.outcome(url)).toBe('TRACKER_LOCAL');
    expect(inside.requests).toEqual([]);
  });
});
