import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { get, request as httpRequest, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createTorrent,
  type Endpoint,
  FileStorage,
  MemoryStorage,
  type Metainfo,
  parseMetainfo,
  Session,
  type TorrentHandle,
} from '@peerloom/core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { writeGeneratedFile } from '../swarm/generated-data.js';
import { StreamServer } from './stream-server.js';
import { torrentReaderKey } from './torrent-reader.js';

const sizeBytes = 32 * 1024 * 1024 + 77;
const never = new AbortController().signal;
const folder = mkdtempSync(join(tmpdir(), 'peerloom-test-'));
const seedStorage = new FileStorage({ root: folder });
const seed = new Session({ storage: seedStorage });
let metainfo: Metainfo;
let sha1: string;
let seeding: TorrentHandle;
let seedEndpoint: Endpoint;

beforeAll(async () => {
  const path = join(folder, 'a film & more.webm');
  sha1 = await writeGeneratedFile(path, { sizeBytes, seed: 'film', signal: never });
  metainfo = parseMetainfo(await createTorrent(path));
  seeding = seed.addTorrent({ torrent: metainfo });
  await seeding.checked();
  seedEndpoint = await seed.listen('127.0.0.1:0');
});

afterAll(async () => {
  await seed.stop();
  await seedStorage.close();
  rmSync(folder, { recursive: true, force: true });
});

async function withServer(test: (server: StreamServer) => Promise<void>): Promise<void> {
  const server = await StreamServer.listen(seeding);
  try {
    await test(server);
  } finally {
    await server.close();
  }
}

/** A session that has nothing yet and knows nobody. */
async function withLeech(
  test: (server: StreamServer, leeching: TorrentHandle, session: Session) => Promise<void>,
): Promise<void> {
  const session = new Session({ storage: new MemoryStorage() });
  const leeching = session.addTorrent({ torrent: metainfo });
  const server = await StreamServer.listen(leeching);
  try {
    await test(server, leeching, session);
  } finally {
    await server.close();
    await session.stop();
  }
}

async function sha1Of(response: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha1');
  for await (const chunk of response) hash.update(chunk);
  return hash.digest('hex');
}

function getResponse(url: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(url, { headers, agent: false }, resolve).once('error', reject);
  });
}

describe('of a file that is there', () => {
  it('answers GET with all of it', () =>
    withServer(async ({ url }) => {
      const response = await getResponse(url);
      expect(response.statusCode).toBe(200);
      expect(response.headers).toMatchObject({
        'accept-ranges': 'bytes',
        'content-length': String(sizeBytes),
        'content-type': 'video/webm',
        'x-content-type-options': 'nosniff',
      });
      expect(await sha1Of(response)).toBe(sha1);
    }));

  it('answers HEAD with the same headers and nothing else, whatever range is asked for', () =>
    withServer(async ({ url }) => {
      const response = await fetch(url, { method: 'HEAD', headers: { range: 'bytes=5-6' } });
      expect(response.status).toBe(200);
      expect(response.headers.get('content-length')).toBe(String(sizeBytes));
      expect(response.headers.get('accept-ranges')).toBe('bytes');
      expect((await response.arrayBuffer()).byteLength).toBe(0);
    }));

  it('answers a range with 206 and these bytes', () =>
    withServer(async ({ url }) => {
      const response = await fetch(url, { headers: { range: 'bytes=-77' } });
      expect(response.status).toBe(206);
      expect(response.headers.get('content-range')).toBe(
        `bytes ${sizeBytes - 77}-${sizeBytes - 1}/${sizeBytes}`,
      );
      expect(response.headers.get('content-length')).toBe('77');
      const whole = Buffer.from(await (await fetch(url)).arrayBuffer());
      expect(Buffer.from(await response.arrayBuffer())).toEqual(whole.subarray(-77));
    }));

  it('answers a range outside of the file with 416 and its size', () =>
    withServer(async ({ url }) => {
      const response = await fetch(url, { headers: { range: `bytes=${sizeBytes}-` } });
      expect(response.status).toBe(416);
      expect(response.headers.get('content-range')).toBe(`bytes */${sizeBytes}`);
    }));

  it('answers several ranges with the whole', () =>
    withServer(async ({ url }) => {
      const response = await getResponse(url, { range: 'bytes=0-1,5-6' });
      expect(response.statusCode).toBe(200);
      expect(response.headers['content-length']).toBe(String(sizeBytes));
      response.destroy();
    }));

  it('answers a range of what the client has a part of, and the whole of what it has of another', () =>
    withServer(async ({ url }) => {
      const etag = (await fetch(url, { method: 'HEAD' })).headers.get('etag') ?? '';
      const status = async (condition: string): Promise<number | undefined> => {
        const response = await getResponse(url, { range: 'bytes=0-1', 'if-range': condition });
        response.destroy();
        return response.statusCode;
      };
      expect(await status(etag)).toBe(206);
      expect(await status('"another"')).toBe(200);
      expect(await status(`W/${etag}`)).toBe(200);
      expect(await status('Wed, 21 Oct 2015 07:28:00 GMT')).toBe(200);
    }));

  it('answers with 304 who has it', () =>
    withServer(async ({ url }) => {
      const etag = (await fetch(url, { method: 'HEAD' })).headers.get('etag') ?? '';
      expect((await fetch(url, { headers: { 'if-none-match': `"x", ${etag}` } })).status).toBe(304);
    }));

  it('has nothing else', () =>
    withServer(async ({ url }) => {
      const root = await fetch(new URL('/', url), { redirect: 'manual' });
      expect([root.status, root.headers.get('location')]).toEqual([302, new URL(url).pathname]);
      expect((await fetch(new URL('/..%2fother', url))).status).toBe(404);
      expect((await fetch(url, { method: 'POST', body: 'x' })).status).toBe(405);
    }));

  it('reads no faster than the client takes it', () =>
    withServer(async ({ url }) => {
      const reader = seeding.plugin(torrentReaderKey);
      if (reader === undefined) throw new Error('no reader');
      const read = reader.read.bind(reader);
      let readBytes = 0;
      const spy = vi.spyOn(reader, 'read').mockImplementation(async function* (...args) {
        for await (const chunk of read(...args)) {
          readBytes += chunk.length;
          yield chunk;
        }
      });
      try {
        const response = await getResponse(url);
        for (let before = -1; before !== readBytes; ) {
          before = readBytes;
          for (let turns = 0; turns < 20; turns++) await fetch(url, { method: 'HEAD' });
        }
        expect(readBytes).toBeLessThan(sizeBytes / 2);
        expect(await sha1Of(response)).toBe(sha1);
      } finally {
        spy.mockRestore();
      }
    }));
});

describe('of a file that is not there yet', () => {
  it('says how long it is at once, and sends it when it comes', () =>
    withLeech(async ({ url }, leeching) => {
      const response = await getResponse(url);
      expect(response.headers['content-length']).toBe(String(sizeBytes));
      expect(leeching.stats.piecesHave).toBe(0);
      leeching.addPeer(seedEndpoint);
      expect(await sha1Of(response)).toBe(sha1);
    }));

  it('goes on for others where one that waits goes away', () =>
    withLeech(async ({ url }, leeching) => {
      const gone = httpRequest(url, { headers: { range: 'bytes=0-' }, agent: false }).end();
      await new Promise((resolve) => gone.once('response', resolve));
      gone.on('error', () => {}).destroy();
      const response = await getResponse(url, { range: 'bytes=1000-' });
      leeching.addPeer(seedEndpoint);
      let length = 0;
      for await (const chunk of response) length += chunk.length;
      expect(length).toBe(sizeBytes - 1000);
    }));

  it('cuts off answers that wait when it is closed, and when the torrent is removed', async () => {
    const isCutOff = async (url: string, end: () => unknown): Promise<boolean> => {
      const response = await getResponse(url);
      const ended = new Promise<boolean>((resolve) => {
        response.once('error', () => resolve(true)).once('end', () => resolve(false));
        response.resume();
      });
      end();
      return ended;
    };
    await withLeech(async (server) => {
      expect(await isCutOff(server.url, () => server.close())).toBe(true);
    });
    await withLeech(async (server, leeching, session) => {
      expect(await isCutOff(server.url, () => session.removeTorrent(leeching.infoHash))).toBe(true);
    });
  });

  it('needs the metadata and a file', async () => {
    const session = new Session({ storage: new MemoryStorage() });
    const { infoHash } = metainfo.info;
    const magnet = session.addTorrent({ torrent: { infoHash, trackers: [], peers: [] } });
    await expect(StreamServer.listen(magnet)).rejects.toMatchObject({ code: 'SESSION_NO_METADATA' });
    await expect(StreamServer.listen(seeding, { file: 1 })).rejects.toMatchObject({
      code: 'SESSION_OUT_OF_RANGE',
    });
    await session.stop();
  });
});
