import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { Agent, get, type IncomingMessage, request } from 'node:http';
import { NodeNetwork, SystemClock, SystemSecureRandom } from '@peerloom/core';
import { decode } from '@peerloom/core/plugin';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TrackerServer } from './index.js';
import { announcePacket, announceTarget, compactPeers, connectPacket } from './tracker-scene.fake.js';

// The system's network, and clients that are not ours.
describe('on loopback', () => {
  let tracker: TrackerServer;

  beforeEach(() => {
    const clock = new SystemClock();
    const network = new NodeNetwork(clock);
    tracker = new TrackerServer({ clock, network, secureRandom: new SystemSecureRandom() });
  });
  afterEach(() => tracker.close({ deadlineMs: 100 }));

  async function bodyOf(response: IncomingMessage): Promise<Uint8Array> {
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk);
    return new Uint8Array(Buffer.concat(chunks));
  }

  it.each(['127.0.0.1', '[::1]'])("node's HTTP client announces at %s, over one connection", async (host) => {
    const { local } = await tracker.listenHttp(`${host}:0`);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const answers = [1, 2].map(async (port) => {
      const [response] = await once(
        get({ host: local.address, port: local.port, path: announceTarget({ port }), agent }),
        'response',
      );
      return [response.statusCode, decode(await bodyOf(response))] as const;
    });
    const [first, second] = await Promise.all(answers);
    expect(first).toMatchObject([200, { incomplete: 1 }]);
    expect(second).toMatchObject([200, { incomplete: 2 }]);
    expect(tracker.stats()).toMatchObject({ connections: 1, peers: 2, announces: { http: 2 } });
    agent.destroy();
  });

  it("node's HTTP client is told what is not done", async () => {
    const { local } = await tracker.listenHttp('127.0.0.1:0');
    const ask = async (method: string) => {
      const [response] = await once(
        request({ host: local.address, port: local.port, path: '/announce', method }).end('body'),
        'response',
      );
      return [response.statusCode, (await bodyOf(response)).length > 0, response.headers.allow];
    };
    expect(await ask('POST')).toEqual([405, true, 'GET, HEAD']);
    const [response] = await once(
      request({ host: local.address, port: local.port, path: '/scrape', method: 'HEAD' }).end(),
      'response',
    );
    expect([response.statusCode, (await bodyOf(response)).length]).toEqual([200, 0]);
  });

  it.each([
    ['127.0.0.1:0', 'udp4'],
    ['[::1]:0', 'udp6'],
  ] as const)('a socket announces at %s', async (address, type) => {
    const { local, announceUrl } = await tracker.listenUdp(address);
    expect(announceUrl).toBe(`udp://${address.slice(0, -1)}${local.port}/announce`);
    const socket = createSocket(type);
    const ask = async (packet: Uint8Array): Promise<Buffer> => {
      socket.send(packet, local.port, local.address);
      const [reply] = await once(socket, 'message');
      return reply;
    };
    const id = new Uint8Array((await ask(connectPacket())).subarray(8));
    await ask(announcePacket(id, { port: 258, left: 0 }));
    const reply = await ask(announcePacket(id, { port: 259 }));
    socket.close();
    const peers = compactPeers(new Uint8Array(reply.subarray(20)), type === 'udp4' ? 4 : 16);
    const loopback = type === 'udp4' ? '127.0.0.1' : `${'0.'.repeat(15)}1`;
    expect(peers).toEqual([`${loopback}:258`]);
  });
});
