import { existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Alert, defineTorrentExtension, pluginApiVersion } from '@peerloom/core';
import { runSwarm, type Swarm, type SwarmPeer, type SwarmPeerOptions } from '@peerloom/testing';
import { expect, it } from 'vitest';
import {
  fileStorage,
  isFileRight,
  runWithDisk,
  settleWithDisk,
  stopWithDisk,
  temporaryFolder,
} from '../fixtures/disk-swarm.js';

const torrent = { pieceLength: 32 * 1024, fileLengths: [20 * 32 * 1024 + 5] };

/** A peer that knows the infohash only, with its data in files. */
function addMagnet(swarm: Swarm, root: string, more: Partial<SwarmPeerOptions> = {}): Promise<SwarmPeer> {
  return swarm.addLeech({ isMagnet: true, wrapStorage: () => fileStorage(root), ...more });
}

/** Gives a torrent its metadata, as an extension does that has fetched it. */
function giver(swarm: Swarm, results: boolean[] = []) {
  return defineTorrentExtension({ name: 'giver', apiVersion: pluginApiVersion }, (context) => ({
    newConnection: () => {
      results.push(context.setMetadata(swarm.content.metainfo.info.raw));
      return undefined;
    },
  }));
}

function keptFile(root: string, { content }: Swarm): string {
  return join(root, '.peerloom', content.infoHash.hex, 'info');
}

function note(node: SwarmPeer): Alert[] {
  const told: Alert[] = [];
  const noteIt = (alert: Alert): void => {
    told.push(alert);
  };
  node.session.on('metadataReceived', noteIt);
  node.session.on('metadataRejected', noteIt);
  node.session.on('resumeSaveFailed', noteIt);
  return told;
}

it('is known at once to the next session of a magnet link, which goes on with the data', async () => {
  const root = temporaryFolder();
  await runSwarm({ seed: 41, torrent }, async (swarm) => {
    const seed = await swarm.addSeed();
    const first = await addMagnet(swarm, root, { connectTo: [seed], extensions: [giver(swarm)] });
    await runWithDisk(swarm, () => first.torrent.stats.piecesHave >= 5);
    expect(Buffer.compare(readFileSync(keptFile(root, swarm)), swarm.content.metainfo.info.raw)).toBe(0);
    await stopWithDisk(swarm, first);

    const next = await addMagnet(swarm, root);
    const told = note(next);
    expect(next.torrent.info).toBeUndefined();
    expect(await settleWithDisk(swarm, next.torrent.metadataLooked())).toBe(true);
    await settleWithDisk(swarm, next.torrent.checked());
    expect(told).toMatchObject([{ type: 'metadataReceived', isKept: true }]);
    expect(next.torrent.name).toBe(swarm.content.metainfo.info.name);
    expect(next.torrent.stats.piecesHave).toBeGreaterThanOrEqual(5);
    next.torrent.addPeer(seed.endpoint);
    await runWithDisk(swarm, () => next.torrent.state === 'seeding');
    expect(isFileRight(root, swarm.content, 0)).toBe(true);
    await stopWithDisk(swarm, next);
  });
});

it.each([
  ['another content', (path: string) => writeFileSync(path, 'd4:name1:ae'), 'METAINFO_INFO_HASH'],
  ['its beginning only', (path: string) => truncateSync(path, 100), 'METAINFO_INFO_HASH'],
  [
    'more than metadata may have',
    (path: string) => truncateSync(path, 40 * 1024 * 1024),
    'STORAGE_TOO_LARGE',
  ],
])('is told of, fetched again and kept anew where the file has %s', async (_, damage, code) => {
  const root = temporaryFolder();
  await runSwarm({ seed: 42, torrent }, async (swarm) => {
    const seed = await swarm.addSeed();
    const first = await addMagnet(swarm, root, { connectTo: [seed], extensions: [giver(swarm)] });
    await runWithDisk(swarm, () => first.torrent.stats.piecesHave >= 2);
    await stopWithDisk(swarm, first);
    damage(keptFile(root, swarm));

    const next = await addMagnet(swarm, root, { extensions: [giver(swarm)] });
    const told = note(next);
    expect(await settleWithDisk(swarm, next.torrent.metadataLooked())).toBe(false);
    next.torrent.addPeer(seed.endpoint);
    await runWithDisk(swarm, () => next.torrent.state === 'seeding');
    expect(told).toMatchObject([
      { type: 'metadataRejected', error: { code } },
      { type: 'metadataReceived', isKept: false },
    ]);
    expect(statSync(keptFile(root, swarm)).size).toBe(swarm.content.metainfo.info.raw.length);
    await stopWithDisk(swarm, next);
  });
});

it('is not kept of a torrent file, nor where the storage keeps no state', async () => {
  const root = temporaryFolder();
  await runSwarm({ seed: 43, torrent }, async (swarm) => {
    const seed = await swarm.addSeed();
    const leech = await swarm.addLeech({ connectTo: [seed], wrapStorage: () => fileStorage(root) });
    await runWithDisk(swarm, () => leech.torrent.state === 'seeding');
    await stopWithDisk(swarm, leech);
    expect(existsSync(keptFile(root, swarm))).toBe(false);
    const memory = await swarm.addLeech({ isMagnet: true });
    expect(await memory.torrent.metadataLooked()).toBe(false);
  });
});

it('is forgotten with the rest of the state', async () => {
  const root = temporaryFolder();
  await runSwarm({ seed: 44, torrent }, async (swarm) => {
    const seed = await swarm.addSeed();
    const leech = await addMagnet(swarm, root, { connectTo: [seed], extensions: [giver(swarm)] });
    await runWithDisk(swarm, () => leech.torrent.stats.piecesHave >= 2);
    const { infoHash } = leech.torrent;
    await settleWithDisk(swarm, leech.session.removeTorrent(infoHash, { forgetState: true }));
    expect(readdirSync(root)).not.toContain('.peerloom');
    // Added again at once it is not found either.
    const again = leech.session.addTorrent({ torrent: swarm.content.magnet });
    expect(await settleWithDisk(swarm, again.metadataLooked())).toBe(false);
    await stopWithDisk(swarm, leech);
  });
});

it('does not stop a torrent where it can be neither read nor kept', async () => {
  const root = temporaryFolder();
  await runSwarm({ seed: 45, torrent }, async (swarm) => {
    const seed = await swarm.addSeed();
    const fails = (): Promise<never> => Promise.reject(new Error('out of order'));
    const leech = await swarm.addLeech({
      isMagnet: true,
      extensions: [giver(swarm)],
      wrapStorage: (storage) => ({
        open: (layout, slots) => storage.open(layout, slots),
        metadata: { load: fails, save: fails, remove: fails },
      }),
    });
    const told = note(leech);
    expect(await leech.torrent.metadataLooked()).toBe(false);
    leech.torrent.addPeer(seed.endpoint);
    await runWithDisk(swarm, () => leech.torrent.state === 'seeding');
    await settleWithDisk(swarm, leech.session.removeTorrent(leech.torrent.infoHash, { forgetState: true }));
    const error = { code: 'STORAGE_IO', message: expect.stringContaining('out of order') };
    expect(told).toMatchObject([
      { type: 'metadataRejected', error },
      { type: 'metadataReceived', isKept: false },
      { type: 'resumeSaveFailed', error },
      { type: 'resumeSaveFailed', error },
    ]);
  });
  expect(existsSync(join(root, '.peerloom'))).toBe(false);
});

it('ends with a torrent that leaves while it is looked for or made', async () => {
  const root = temporaryFolder();
  await runSwarm({ seed: 46, torrent }, async (swarm) => {
    const seed = await swarm.addSeed();
    const first = await addMagnet(swarm, root, { connectTo: [seed], extensions: [giver(swarm)] });
    await runWithDisk(swarm, () => first.torrent.stats.piecesHave >= 2);
    await stopWithDisk(swarm, first);
    const next = await addMagnet(swarm, root);
    const looked = next.torrent.metadataLooked();
    const left = next.session.removeTorrent(next.torrent.infoHash);
    const again = next.session.addTorrent({ torrent: swarm.content.magnet });
    await settleWithDisk(swarm, left);
    expect(await settleWithDisk(swarm, looked)).toBe(false);
    expect(await settleWithDisk(swarm, again.metadataLooked())).toBe(true);
    await settleWithDisk(swarm, again.checked());
    await stopWithDisk(swarm, next);
  });
});
