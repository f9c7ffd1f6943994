import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  ClosedNetwork,
  type ClosedNetworkOptions,
  createAuthority,
  describeFile,
  issueMember,
} from '@peerloom/closed-network';
import { type Endpoint, hexToBytes, type Settings, SystemSecureRandom } from '@peerloom/core';
import { utMetadata } from '@peerloom/ut-metadata';
import { utPex } from '@peerloom/ut-pex';
import { expect } from 'vitest';
import { type Arena, test } from './arena/arena.js';
import { ByteSearch, runLength } from './arena/byte-search.js';
import type { PayloadSpec } from './arena/payload.js';
import type { Peerloom } from './arena/peerloom.js';

const random = new SystemSecureRandom();
const secretBytes = Buffer.from(random.bytes(32));
const secret = secretBytes.toString('base64');
const authority = createAuthority(random);

const papers: PayloadSpec = {
  name: 'Geheime Akten 2031',
  pieceLength: 16 * 1024,
  files: { 'Vertraulich/Haushaltsplan.ods': 90_001, 'Namen der Zeugen.txt': 60_007 },
};
const memberNames = ['Ada Lovelace', 'Grace Hopper', 'Emmy Noether'] as const;
type MemberName = (typeof memberNames)[number];

function issue(name: string): string {
  const permissions = ['download', 'upload'] as const;
  return issueMember(authority, { name, permissions, notBefore: 0, notAfter: 4e9 }, random);
}

const members = Object.fromEntries(memberNames.map((name) => [name, issue(name)])) as Record<
  MemberName,
  string
>;

const modes: readonly (readonly [string, (name: MemberName) => ClosedNetworkOptions])[] = [
  ['a secret', () => ({ secret })],
  ['members', (name) => ({ member: members[name] })],
  ['members and a secret', (name) => ({ secret, member: members[name] })],
];

/** What must not be seen, by what it is: any 16 bytes in a row of it. */
function runsOf(metainfo: { readonly info: { readonly raw: Uint8Array } }): ReadonlyMap<string, Uint8Array> {
  const runs = new Map<string, Uint8Array>([
    ['the secret', secretBytes],
    ['the metadata', metainfo.info.raw],
  ]);
  for (const [name, text] of Object.entries(members)) {
    for (const line of text.trim().split('\n').slice(1)) {
      const [field, hex = ''] = line.split(' ');
      runs.set(`${field} of ${name}`, hexToBytes(hex) ?? new Uint8Array(0));
    }
    const description = describeFile(text);
    if (description.kind !== 'member') throw new TypeError('not a member');
    runs.set(`network id of ${name}`, description.networkId);
    runs.set(`serial number of ${name}`, description.certificate.serial);
    runs.set(`public key of ${name}`, description.certificate.key);
  }
  return runs;
}

const texts: readonly string[] = [
  papers.name,
  ...Object.keys(papers.files).flatMap((path) => path.split('/')),
  ...memberNames,
  secret,
  secretBytes.toString('hex'),
  // What members say of themselves, and of each other.
  'Peerloom',
  'ut_metadata',
  'ut_pex',
  'metadata_size',
  'added',
];

interface Capture {
  /** All bytes, each way. */
  readonly searches: readonly ByteSearch[];
  readonly byteCount: number;
  /** Of the content. */
  readonly files: readonly Uint8Array[];
  readonly runs: ReadonlyMap<string, Uint8Array>;
  /** Where another member listens, of whom the seed has told. */
  readonly told: Endpoint;
}

/** All that is said between a seed and a leech that begins with a magnet link and learns of another leech. */
async function capture(
  arena: Arena,
  optionsOf: (name: MemberName) => ClosedNetworkOptions,
): Promise<Capture> {
  const payload = await arena.payload(papers);
  const member = (name: MemberName, settings: Partial<Settings>, folder?: string): Peerloom =>
    arena.peerloom({
      ...(folder !== undefined && { folder }),
      settings,
      extensions: [new ClosedNetwork(optionsOf(name)), utMetadata(), utPex()],
    });
  // Slow at first: peers that have everything leave each other before they are told of.
  const seed = member('Ada Lovelace', { uploadLimitBytesPerSecond: 1000 }, payload.folder);
  await seed.add(payload.metainfo);
  const listening = await seed.session.listen('127.0.0.1:0');
  const other = member('Grace Hopper', {});
  await other.add(payload.metainfo);
  const told = await other.session.listen('127.0.0.1:0');
  other.connect(listening);

  const relay = await arena.relay(listening);
  // All comes over the one connection that is recorded.
  const leech = member('Emmy Noether', { maxConnectionsPerTorrent: 1 });
  leech.addMagnet({ infoHash: payload.metainfo.info.infoHash, peers: [], trackers: [] });
  leech.connect(relay.endpoint);
  await expect
    .poll(() => leech.torrent.knownPeers().map(({ source }) => source), { timeout: 30_000 })
    .toContain('pex');
  seed.session.applySettings({ uploadLimitBytesPerSecond: 0 });
  await leech.finished();
  await arena.expectSame(payload, leech.folder);
  await expect.poll(() => leech.torrent.peers(), { timeout: 30_000 }).toEqual([]);

  const wires = relay.connections().flatMap(({ fromDialler, fromTarget }) => [fromDialler, fromTarget]);
  const paths = Object.keys(papers.files);
  return {
    searches: wires.map((wire) => new ByteSearch(wire)),
    byteCount: wires.reduce((sum, { length }) => sum + length, 0),
    files: await Promise.all(paths.map((path) => readFile(join(payload.path, path)))),
    runs: runsOf(payload.metainfo),
    told,
  };
}

test.for(modes)(
  'who records all of a session with %s finds nothing in it',
  async ([, optionsOf], { arena }) => {
    const { searches, byteCount, files, runs, told } = await capture(arena, optionsOf);
    const contentLength = files.reduce((sum, { length }) => sum + length, 0);
    expect(byteCount, 'all of it has passed').toBeGreaterThan(contentLength);
    const port = Buffer.from([127, 0, 0, 1, told.port >> 8, told.port & 0xff]);
    for (const search of searches) {
      for (const [index, file] of files.entries()) {
        expect(search.findRunOf(file), `${runLength} bytes of file ${index}`).toBe(-1);
      }
      for (const [what, run] of runs) expect(search.findRunOf(run), what).toBe(-1);
      for (const text of texts) expect(search.has(Buffer.from(text)), text).toBe(false);
      expect(search.has(port), 'the address of another member').toBe(false);
    }
  },
);

test.for(modes)(
  'with %s and without encryption the content, and more, is found',
  async ([, optionsOf], { arena }) => {
    const { searches, files, runs, told } = await capture(arena, (name) => ({
      ...optionsOf(name),
      encryption: 'none',
    }));
    for (const file of files) expect(searches.some((search) => search.findRunOf(file) >= 0)).toBe(true);
    const found = [...runs].filter(([, run]) => searches.some((search) => search.findRunOf(run) >= 0));
    // Who they are is told inside of the authentication, which is always encrypted.
    expect(found.map(([what]) => what)).toEqual(['the metadata']);
    for (const text of [papers.name, 'Haushaltsplan.ods', 'Peerloom', 'ut_pex', 'added']) {
      expect(
        searches.some((search) => search.has(Buffer.from(text))),
        text,
      ).toBe(true);
    }
    const port = Buffer.from([127, 0, 0, 1, told.port >> 8, told.port & 0xff]);
    expect(searches.some((search) => search.has(port))).toBe(true);
  },
);
