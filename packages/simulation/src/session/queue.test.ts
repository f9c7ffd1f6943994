import type { TorrentHandle } from '@peerloom/core';
import { SeededRandom } from '@peerloom/core';
import type { AddTorrentParams, TorrentPluginFactory } from '@peerloom/core/plugin';
import { MemoryNetwork, makeTestTorrent, type TestTorrent, VirtualClock } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';
import { Node, type NodeOptions } from '../fixtures/node.js';

function contentOf(name: string): TestTorrent {
  return makeTestTorrent({ seed: name, name, lengthBytes: 64 * 1024, pieceLength: 16 * 1024 });
}

/** A session that is given torrents by name. */
class Scene {
  readonly clock = new VirtualClock();
  readonly network = new MemoryNetwork({ clock: this.clock, random: new SeededRandom('queue') });
  readonly node: Node;
  readonly torrents = new Map<string, TorrentHandle>();

  constructor(settings: NodeOptions['settings'] = {}) {
    this.node = new Node(this.clock, this.network, { address: '10.0.0.1', settings });
  }

  add(name: string, params: Partial<AddTorrentParams> = {}): TorrentHandle {
    const torrent = this.node.session.addTorrent({ torrent: contentOf(name).metainfo, ...params });
    this.torrents.set(name, torrent);
    return torrent;
  }

  /** Adds downloads, and lets them be checked. */
  async addAll(names: string, params: Partial<AddTorrentParams> = {}): Promise<void> {
    for (const name of names) this.add(name, params);
    await this.clock.advance(1);
  }

  get(name: string): TorrentHandle {
    return this.torrents.get(name) as TorrentHandle;
  }

  /** Names of the torrents that are neither paused nor queued. */
  get active(): string {
    const active = [...this.torrents].filter(([, { isPaused, isQueued }]) => !isPaused && !isQueued);
    return active.map(([name]) => name).join('');
  }

  /** Names in order of the queue. */
  get order(): string {
    const sorted = [...this.torrents].sort(([, a], [, b]) => a.queuePosition - b.queuePosition);
    return sorted.map(([name]) => name).join('');
  }

  settle(): Promise<void> {
    return this.clock.advance(1);
  }
}

describe('the queue of torrents', () => {
  it('starts as many downloads as the setting says, in the order in which they were added', async () => {
    const scene = new Scene({ maxActiveDownloads: 2 });
    await scene.addAll('abcd');
    expect(scene.active).toBe('ab');
    expect(scene.get('c').state).toBe('downloading');
    expect(scene.get('c').isPaused).toBe(false);
    await scene.node.session.removeTorrent(scene.get('a').infoHash);
    scene.torrents.delete('a');
    await scene.settle();
    expect(scene.active).toBe('bc');
  });

  it('counts seeds by themselves, and all together', async () => {
    const scene = new Scene({ maxActiveDownloads: 1, maxActiveSeeds: 2, maxActiveTorrents: 4 });
    await scene.addAll('pqr', { assumeComplete: true });
    await scene.addAll('ab');
    expect(scene.active).toBe('pqa');
    const small = new Scene({ maxActiveDownloads: 3, maxActiveSeeds: 3, maxActiveTorrents: 3 });
    await small.addAll('pq', { assumeComplete: true });
    await small.addAll('ab');
    expect(small.active).toBe('pab');
  });

  it('gives a place on when a download is done', async () => {
    const scene = new Scene({ maxActiveDownloads: 1 });
    const seed = new Node(scene.clock, scene.network, { address: '10.0.0.2' });
    seed.putContent(contentOf('a'));
    await seed.session.listen(seed.endpoint);
    seed.session.addTorrent({ torrent: contentOf('a').metainfo, assumeComplete: true });
    await scene.addAll('abc', { peers: [seed.endpoint] });
    expect(scene.active).toBe('a');
    await scene.clock.runUntil(() => scene.get('a').state === 'seeding', { timeoutMs: 60_000, what: 'a' });
    await scene.settle();
    expect(scene.active).toBe('ab');
  });

  it('never starts what the user has paused, and lets a resumed one wait for its place', async () => {
    const scene = new Scene({ maxActiveDownloads: 1 });
    scene.add('a', { isPaused: true });
    await scene.addAll('bc');
    expect(scene.active).toBe('b');
    scene.get('b').pause();
    await scene.settle();
    expect(scene.active).toBe('c');
    scene.get('c').pause();
    await scene.clock.advance(200_000);
    expect(scene.active).toBe('');
    scene.get('c').resume();
    scene.get('b').resume();
    expect(scene.active).toBe('c');
    expect(scene.get('b').isQueued).toBe(true);
    await scene.settle();
    expect(scene.active).toBe('b');
  });

  it('follows the order, which can be changed', async () => {
    const scene = new Scene({ maxActiveDownloads: 1 });
    await scene.addAll('abcd');
    expect(scene.get('c').queuePosition).toBe(2);
    scene.get('c').moveToTop();
    await scene.settle();
    expect([scene.order, scene.active]).toEqual(['cabd', 'c']);
    scene.get('c').moveDown();
    await scene.settle();
    expect([scene.order, scene.active]).toEqual(['acbd', 'a']);
    scene.get('a').moveToBottom();
    scene.get('b').moveUp();
    await scene.settle();
    expect([scene.order, scene.active]).toEqual(['bcda', 'b']);
    scene.get('b').moveUp();
    scene.get('a').moveDown();
    scene.get('d').moveTo(1);
    expect(scene.order).toBe('bdca');
    await scene.node.session.removeTorrent(scene.get('b').infoHash);
    expect(scene.get('b').queuePosition).toBe(-1);
    expect(scene.get('d').queuePosition).toBe(0);
  });

  it('disconnects and refuses peers of a torrent that it stops, and dials again when it starts it', async () => {
    const scene = new Scene({ maxActiveDownloads: 1 });
    const other = new Node(scene.clock, scene.network, { address: '10.0.0.2' });
    await other.session.listen(other.endpoint);
    other.session.addTorrent({ torrent: contentOf('a').metainfo });
    await scene.addAll('ab', { peers: [other.endpoint] });
    await scene.clock.advance(1_000);
    expect(scene.get('a').peers()).toHaveLength(1);
    scene.get('b').moveToTop();
    await scene.clock.advance(1_000);
    expect(scene.get('a').peers()).toHaveLength(0);
    const [disconnected] = scene.node.alertsOf('peerDisconnected');
    expect(disconnected?.reason.code).toBe('TORRENT_QUEUED');
    scene.get('a').moveToTop();
    await scene.clock.advance(120_000);
    expect(scene.get('a').peers()).toHaveLength(1);
  });

  it('does not count a torrent that has moved next to nothing for a minute', async () => {
    const scene = new Scene({ maxActiveDownloads: 1, maxActiveTorrents: 2 });
    await scene.addAll('abc');
    await scene.clock.advance(55_000);
    expect(scene.active).toBe('a');
    await scene.clock.advance(10_000);
    expect(scene.active).toBe('ab');
    await scene.clock.advance(200_000);
    expect(scene.active, 'slow ones count among all').toBe('ab');
  });

  it('leaves alone what it does not manage, from the start or later', async () => {
    const scene = new Scene({ maxActiveDownloads: 1 });
    await scene.addAll('ab');
    await scene.addAll('c', { isAutoManaged: false });
    expect(scene.active).toBe('ac');
    scene.get('b').setAutoManaged(false);
    expect(scene.active).toBe('abc');
    scene.get('b').setAutoManaged(true);
    await scene.settle();
    expect(scene.active).toBe('ac');
    scene.get('b').pause();
    scene.get('b').setAutoManaged(false);
    await scene.settle();
    expect(scene.active).toBe('ac');
    scene.get('b').resume();
    expect(scene.active).toBe('abc');
  });

  it('tells plugins as of a pause and a resume, each time once, and heeds what they say', async () => {
    const calls: string[] = [];
    let mayStop = true;
    const factory = (torrent: { readonly name: string; readonly isQueued: boolean }) => ({
      onPause: () => {
        calls.push(`pause ${torrent.name} ${torrent.isQueued}`);
        return !mayStop;
      },
      onResume: () => {
        calls.push(`resume ${torrent.name}`);
        return false;
      },
    });
    const plugin: TorrentPluginFactory = Object.assign(factory, { apiVersion: 1 });
    Object.defineProperty(plugin, 'name', { value: 'witness' });
    const scene = new Scene({ maxActiveDownloads: 1 });
    await scene.addAll('ab', { extensions: [plugin] });
    expect(calls).toEqual([]);
    scene.get('b').moveToTop();
    await scene.settle();
    expect(calls).toEqual(['pause a false', 'resume b']);
    calls.length = 0;
    mayStop = false;
    scene.get('a').moveToTop();
    await scene.settle();
    expect(calls).toEqual(['pause b false', 'resume a']);
    expect(scene.active).toBe('ab');
  });

  it('says when a torrent has to wait and when it goes on', async () => {
    const scene = new Scene({ maxActiveDownloads: 1 });
    await scene.addAll('ab');
    const b = scene.get('b').infoHash;
    const told = (): string[] =>
      scene.node.alerts
        .filter((alert) => alert.type === 'torrentQueued' || alert.type === 'torrentUnqueued')
        .filter((alert) => 'infoHash' in alert && alert.infoHash?.equals(b) === true)
        .map(({ type }) => type);
    expect(told()).toEqual(['torrentQueued']);
    scene.get('a').pause();
    await scene.settle();
    expect(told()).toEqual(['torrentQueued', 'torrentUnqueued']);
  });
});

describe('checks of files', () => {
  it('run one at a time, first those that come first in the queue', async () => {
    const scene = new Scene({ maxActiveDownloads: 10 });
    for (const name of 'abc') scene.node.putContent(contentOf(name));
    await scene.addAll('abc');
    const checked = scene.node.alertsOf('torrentChecked');
    expect(checked).toHaveLength(3);
    const orderOf = (alerts: readonly { readonly infoHash: { readonly hex: string } }[]): string =>
      alerts
        .map(({ infoHash }) => [...scene.torrents].find(([, t]) => t.infoHash.hex === infoHash.hex)?.[0])
        .join('');
    expect(orderOf(checked)).toBe('abc');
    scene.get('c').moveToTop();
    for (const name of 'abc') void scene.get(name).recheck();
    expect(['a', 'b', 'c'].map((name) => scene.get(name).state)).toEqual(Array(3).fill('checkingFiles'));
    await scene.clock.advance(1);
    expect(orderOf(scene.node.alertsOf('torrentChecked').slice(3))).toBe('acb');
  });

  it('that wait are given up with their torrent', async () => {
    const scene = new Scene();
    for (const name of 'ab') scene.node.putContent(contentOf(name));
    scene.add('a');
    scene.add('b');
    await scene.node.session.removeTorrent(scene.get('b').infoHash);
    await scene.clock.advance(1);
    expect(scene.node.alertsOf('torrentChecked').map(({ infoHash }) => infoHash.hex)).toEqual([
      scene.get('a').infoHash.hex,
    ]);
  });
});
