import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { NodeNetwork, SystemClock } from '@peerloom/core';
import { endpoint } from '@peerloom/core/plugin';
import { describe, expect, it } from 'vitest';
import { bencoded } from '../scripted-tracker.fake.js';
import { parseTrackerUrl } from '../tracker-url.js';
import { httpGet } from './http-get.js';
import { testAuthority, testCertificate, testCertificateKey } from './test-certificates.fake.js';
import { TlsClient } from './tls-client.js';

// The system's network, and a server that is not ours.
describe('on loopback', () => {
  it.each(['localhost', '127.0.0.1'])("node's HTTPS server is asked at %s", async (host) => {
    const reply = bencoded({ interval: 600, peers: 'x'.repeat(600_000) });
    const body = reply.subarray(Buffer.from(reply).indexOf('\r\n\r\n') + 4);
    const urls: (string | undefined)[] = [];
    const server = createServer({ key: testCertificateKey, cert: testCertificate }, (request, response) => {
      urls.push(request.url);
      response.end(body);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const url = parseTrackerUrl(`https://${host}:${port}/announce?x=1`);
    if (url === undefined) throw new Error('no URL of a tracker');

    const clock = new SystemClock();
    const environment = { network: new NodeNetwork(clock), clock, userAgent: 'test' };
    const route = { url, remote: endpoint('127.0.0.1', port), localAddress: undefined };
    const { signal } = new AbortController();
    const response = await httpGet({ ...environment, tls: new TlsClient(testAuthority) }, route, signal);
    expect(response.status).toBe(200);
    expect(Buffer.from(response.body).equals(body)).toBe(true);
    const untrusted = httpGet({ ...environment, tls: new TlsClient() }, route, signal);
    await expect(untrusted).rejects.toMatchObject({ code: 'TRACKER_TLS' });
    expect(urls).toEqual(['/announce?x=1']);
    server.close();
    await once(server, 'close');
  });
});
