import { gzipSync } from 'node:zlib';
import { type Alert, type BencodeInput, encode, endpoint } from '@peerloom/core/plugin';
import { runSwarm, type Swarm, type SwarmPeer } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';
import { TrackerClient, trackerKey } from '../index.js';
import { bencoded, type ScriptedAnswer, ScriptedHttpTracker } from './scripted-tracker.fake.js';

const address = '198.51.100.9';
const url = `http://${address}/announce`;
const ok = bencoded({ interval: 600, peers: '' });

interface Told {
  readonly event: string;
  readonly code?: string;
  readonly message?: string;
}

/** A session that announces to trackers, and what it posts. */
async function join(swarm: Swarm, urls: readonly string[]): Promise<{ peer: SwarmPeer; told: Told[] }> {
  const peer = await swarm.addPeer({ extensions: [new TrackerClient()], isStarted: false });
  const told: Told[] = [];
  peer.session.on('plugin', ({ event, data }: Extract<Alert, { type: 'plugin' }>) => {
    told.push({ ...data, event });
  });
  peer.start();
  peer.torrent.plugin(trackerKey)?.replaceTrackers([urls]);
  return { peer, told };
}

const failuresOf = (told: readonly Told[]): readonly (string | undefined)[] =>
  told.filter(({ event }) => event === 'failure').map(({ code }) => code);

/** What becomes of an announce that is answered so: `reply`, or the code of the failure. */
async function outcomeOf(answer: ScriptedAnswer): Promise<string | undefined> {
  let outcome: string | undefined;
  await runSwarm({ network: { maxChunkBytes: 700 } }, async (swarm) => {
    const tracker = await ScriptedHttpTracker.listen(swarm.host(address), address);
    tracker.answer = () => answer;
    const { peer, told } = await join(swarm, [url]);
    await swarm.advance(10_000);
    outcome = failuresOf(told)[0] ?? told.find(({ event }) => event === 'reply')?.event;
    // Nothing but an alert and a pause, and the next good answer makes it forgotten.
    const before = tracker.requests.length;
    expect(before).toBe(1);
    tracker.answer = () => ok;
    await swarm.advance(40_000);
    expect(peer.torrent.plugin(trackerKey)?.trackers()[0]?.state).toBe('working');
    expect(peer.faults).toEqual([]);
  });
  return outcome;
}

const head = 'HTTP/1.1 200 OK\r\n';
const body = Buffer.from(encode({ interval: 600, peers: '' })).toString('latin1');

describe('an HTTP reply', () => {
  it.each([
    ['with a length', `${head}Content-Length: ${body.length}\r\n\r\n${body}`],
    ['up to the end of the connection', `HTTP/1.0 200 OK\r\n\r\n${body}`],
    [
      'in chunks',
      `${head}Transfer-Encoding: chunked\r\n\r\n4\r\n${body.slice(0, 4)}\r\n${(body.length - 4).toString(16)};a=b\r\n${body.slice(4)}\r\n0\r\n\r\n`,
    ],
    ['with bare line ends', `HTTP/1.1 200\n\n${body}`],
    ['after something provisional', `HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${head}\r\n${body}`],
    ['compressed', Buffer.concat([Buffer.from(`${head}Content-Encoding: gzip\r\n\r\n`), gzipSync(body)])],
    ['with a line end behind it', `${head}\r\n${body}\r\n`],
  ])('is read %s', async (_form, answer) => {
    expect(await outcomeOf(answer)).toBe('reply');
  });

  it.each([
    ['is HTML', `${head}\r\n<!DOCTYPE html><p>hello`, 'TRACKER_REPLY'],
    ['is empty', `${head}\r\n`, 'TRACKER_REPLY'],
    ['is cut short', `${head}Content-Length: 500\r\n\r\n${body}`, 'TRACKER_HTTP'],
    ['is a cut chunk', `${head}Transfer-Encoding: chunked\r\n\r\nff\r\n${body}`, 'TRACKER_HTTP'],
    [
      'is a chunk that is longer than it says',
      `${head}Transfer-Encoding: chunked\r\n\r\n3\r\n${body}\r\n0\r\n\r\n`,
      'TRACKER_HTTP',
    ],
    ['has a chunk without a length', `${head}Transfer-Encoding: chunked\r\n\r\nxyz\r\n`, 'TRACKER_HTTP'],
    ['is coded in an unknown way', `${head}Content-Encoding: br\r\n\r\n${body}`, 'TRACKER_HTTP'],
    ['is framed in an unknown way', `${head}Transfer-Encoding: gzip\r\n\r\n${body}`, 'TRACKER_HTTP'],
    ['is no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n', 'TRACKER_HTTP'],
    ['has two lengths', `${head}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc`, 'TRACKER_HTTP'],
    ['has a negative length', `${head}Content-Length: -1\r\n\r\n${body}`, 'TRACKER_HTTP'],
    ['has a header without a name', `${head}: x\r\n\r\n${body}`, 'TRACKER_HTTP'],
    ['says that it is huge', `${head}Content-Length: 1048577\r\n\r\n`, 'TRACKER_TOO_LARGE'],
    ['is huge', `${head}\r\n${'x'.repeat(1_048_577)}`, 'TRACKER_TOO_LARGE'],
    ['has a huge head', `${head}${'X: y\r\n'.repeat(3000)}\r\n${body}`, 'TRACKER_TOO_LARGE'],
    ['has an endless header', `${head}X: ${'y'.repeat(17_000)}`, 'TRACKER_TOO_LARGE'],
    [
      'inflates to more than it may',
      Buffer.concat([
        Buffer.from(`${head}Content-Encoding: gzip\r\n\r\n`),
        gzipSync(Buffer.alloc(1_048_577)),
      ]),
      'TRACKER_HTTP',
    ],
    ['is an error', 'HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n', 'TRACKER_STATUS'],
    ['is an error that says why', bencoded({ 'failure reason': 'no' }, '400 Bad Request'), 'TRACKER_REFUSED'],
    ['redirects to nowhere', 'HTTP/1.1 302 Found\r\nLocation: gopher://x/\r\n\r\n', 'TRACKER_REDIRECT'],
    ['redirects to UDP', 'HTTP/1.1 302 Found\r\nLocation: udp://198.51.100.9:1/\r\n\r\n', 'TRACKER_REDIRECT'],
    ['redirects in a circle', `HTTP/1.1 301 Moved\r\nLocation: ${url}\r\n\r\n`, 'TRACKER_REDIRECT'],
  ] as const)('that %s is an alert and a pause', async (what, answer, code) => {
    if (what === 'redirects in a circle') {
      await runSwarm({}, async (swarm) => {
        const tracker = await ScriptedHttpTracker.listen(swarm.host(address), address);
        tracker.answer = () => answer;
        const { told } = await join(swarm, [url]);
        await swarm.advance(10_000);
        expect(failuresOf(told)).toEqual([code]);
        expect(tracker.requests).toHaveLength(4);
      });
      return;
    }
    expect(await outcomeOf(answer)).toBe(code);
  });

  it('that never ends is given up after half a minute', async () => {
    await runSwarm({}, async (swarm) => {
      const host = swarm.host(address);
      await host.listen(endpoint(address, 80), (connection) => {
        const drip = swarm.clock.setInterval(() => {
          connection.write([Buffer.from('X')], () => undefined);
        }, 1000);
        connection.setHandler({
          onConnect: () => undefined,
          onData: () => undefined,
          onDrain: () => undefined,
          onEnd: () => connection.destroy(),
          onClose: () => swarm.clock.clear(drip),
        });
      });
      const { told } = await join(swarm, [url]);
      await swarm.advance(31_500);
      expect(failuresOf(told)).toEqual(['TRACKER_TIMEOUT']);
      await swarm.advance(5_000);
      expect(host.connections).toEqual([]);
    });
  });
});

describe('a bencoded reply', () => {
  const wrong: readonly BencodeInput[] = [-1, 'text', [], {}, ['x'], [{ ip: 'x' }], [{ ip: 1, port: 1 }]];
  const fields = ['interval', 'min interval', 'complete', 'incomplete', 'downloaded', 'peers', 'peers6'];
  const texts = ['failure reason', 'warning message', 'tracker id', 'retry in'];

  it.each([...fields, ...texts])('with anything for %s is taken, or an alert and a pause', async (field) => {
    for (const value of wrong) {
      const outcome = await outcomeOf(bencoded({ interval: 600, peers: '', [field]: value }));
      expect(['reply', 'TRACKER_REPLY', 'TRACKER_REFUSED']).toContain(outcome);
      const isOfAnotherKind = Array.isArray(value) ? !field.startsWith('peers') : typeof value === 'object';
      if (isOfAnotherKind && field !== 'retry in') expect(outcome).toBe('TRACKER_REPLY');
    }
  });

  it.each(['le', 'i1e', '4:text', 'd', 'd5:peers', 'l'.repeat(20), `d5:peers${'le'.repeat(60)}`])(
    'that is %j is an alert and a pause',
    async (text) => {
      expect(await outcomeOf(`${head}\r\n${text}`)).toBe('TRACKER_REPLY');
    },
  );

  it('that is deep or has a great many parts is an alert and a pause', async () => {
    expect(await outcomeOf(`${head}\r\n${'l'.repeat(60_000)}`)).toBe('TRACKER_REPLY');
    expect(await outcomeOf(`${head}\r\nd5:peersl${'le'.repeat(60_000)}ee`)).toBe('TRACKER_REPLY');
  });

  it('may say when to ask again, or never (BEP 31)', async () => {
    await runSwarm({}, async (swarm) => {
      const tracker = await ScriptedHttpTracker.listen(swarm.host(address), address);
      tracker.answer = () => bencoded({ 'failure reason': 'busy', 'retry in': '5' });
      await join(swarm, [url]);
      await swarm.advance(290_000);
      expect(tracker.requests).toHaveLength(1);
      tracker.answer = () => bencoded({ 'failure reason': 'not a tracker', 'retry in': 'never' });
      await swarm.advance(100_000_000);
      expect(tracker.requests).toHaveLength(2);
    });
  });

  it.each([-1, 0, '', 'soon', '1e999', [], {}])(
    'says why the tracker refuses although it is to be asked again in %j',
    async (when) => {
      const answer = bencoded({ 'failure reason': 'busy', 'retry in': when });
      expect(await outcomeOf(answer)).toBe('TRACKER_REFUSED');
    },
  );

  it('may carry a text that is no good to show', async () => {
    await runSwarm({}, async (swarm) => {
      const tracker = await ScriptedHttpTracker.listen(swarm.host(address), address);
      tracker.answer = () => bencoded({ 'failure reason': `\u001b[2J\n${'x'.repeat(100_000)}` });
      const { told } = await join(swarm, [url]);
      await swarm.advance(5_000);
      expect(told.find(({ event }) => event === 'failure')?.message).toMatch(
        /^\[2Jx{1,297}$|^\[2J x{1,296}$/,
      );
    });
  });
});

describe('a host name', () => {
  it.each(['127.0.0.1', '10.1.2.3', '169.254.169.254', '::1'])(
    'of somebody never leads to %s',
    async (local) => {
      await runSwarm({}, async (swarm) => {
        swarm.network.setName('tracker.example.org', [local]);
        const host = swarm.host('10.1.2.3');
        const inside = await ScriptedHttpTracker.listen(host, '10.1.2.3');
        const { told } = await join(swarm, [
          'http://tracker.example.org/announce',
          'udp://tracker.example.org:80',
        ]);
        await swarm.advance(10_000);
        expect(failuresOf(told)).toEqual(['TRACKER_LOCAL', 'TRACKER_LOCAL']);
        expect(inside.requests).toEqual([]);
      });
    },
  );

  it('is looked up once, and what was checked is dialled', async () => {
    await runSwarm({}, async (swarm) => {
      swarm.network.setName('tracker.example.org', ['10.1.2.3', address]);
      const inside = await ScriptedHttpTracker.listen(swarm.host('10.1.2.3'), '10.1.2.3');
      const outside = await ScriptedHttpTracker.listen(swarm.host(address), address);
      await join(swarm, ['http://tracker.example.org/announce']);
      await swarm.advance(10_000);
      expect([inside.requests.length, outside.requests.length]).toEqual([0, 1]);
      expect(outside.requests[0]?.headers).toContain('Host: tracker.example.org\r\n');
    });
  });

  it('of a local network may lead there, and so may an address, to what looks like a tracker', async () => {
    for (const host of ['opentracker', 'tracker.default.svc.cluster.local', '10.1.2.3']) {
      await runSwarm({}, async (swarm) => {
        swarm.network.setName(host, ['10.1.2.3']);
        const inside = await ScriptedHttpTracker.listen(swarm.host('10.1.2.3'), '10.1.2.3');
        const { told } = await join(swarm, [`http://${host}/announce`, `http://${host}/admin/reboot`]);
        await swarm.advance(10_000);
        expect(inside.requests.map(({ path }) => path)).toEqual(['/announce']);
        expect(failuresOf(told).every((code) => code === 'TRACKER_LOCAL')).toBe(true);
      });
    }
  });

  it.each(['/announce/..%2fadmin', '/announce/..%5Cadmin', '/announce%2f..%2fadmin'])(
    'of a local network is not asked for %s, which servers there may read as another path',
    async (path) => {
      await runSwarm({}, async (swarm) => {
        const inside = await ScriptedHttpTracker.listen(swarm.host('10.1.2.3'), '10.1.2.3');
        const { told } = await join(swarm, [`http://10.1.2.3${path}`]);
        await swarm.advance(10_000);
        expect(inside.requests).toEqual([]);
        expect(failuresOf(told)).toEqual(['TRACKER_LOCAL']);
      });
    },
  );

  it('that has no address, or is nobody, is an alert and a pause', async () => {
    await runSwarm({}, async (swarm) => {
      const { told } = await join(swarm, [
        'http://no.example.org/announce',
        'http://255.255.255.255/announce',
      ]);
      await swarm.advance(14_000);
      expect(failuresOf(told)).toEqual(['TRACKER_RESOLVE', 'TRACKER_RESOLVE']);
    });
  });
});

describe('a redirect', () => {
  const to = (location: string): string => `HTTP/1.1 307 Temporary\r\nLocation: ${location}\r\n\r\n`;

  it('is followed three times, to relative URLs too', async () => {
    await runSwarm({}, async (swarm) => {
      const tracker = await ScriptedHttpTracker.listen(swarm.host(address), address);
      tracker.answer = ({ path, query }) => {
        const hops = path.split('/').length;
        return hops < 5 ? to(`${path}/announce?${query}`) : ok;
      };
      const { told } = await join(swarm, [url]);
      await swarm.advance(10_000);
      expect(told.map(({ event }) => event)).toEqual(['announce', 'reply']);
      expect(tracker.requests).toHaveLength(4);
    });
  });

  it.each(['http://10.1.2.3/announce', 'http://inside/announce', 'http://rebound.example.org/announce'])(
    'from elsewhere never leads to %s',
    async (location) => {
      await runSwarm({}, async (swarm) => {
        swarm.network.setName('inside', ['10.1.2.3']);
        swarm.network.setName('rebound.example.org', ['10.1.2.3']);
        const inside = await ScriptedHttpTracker.listen(swarm.host('10.1.2.3'), '10.1.2.3');
        const tracker = await ScriptedHttpTracker.listen(swarm.host(address), address);
        tracker.answer = () => to(location);
        const { told } = await join(swarm, [url]);
        await swarm.advance(10_000);
        expect(failuresOf(told)).toEqual(['TRACKER_LOCAL']);
        expect(inside.requests).toEqual([]);
      });
    },
  );
});
