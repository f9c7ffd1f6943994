import { mkdtempSync, statfsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Endpoint, InfoHash, TorrentHandle } from '@peerloom/core';
import { test as base, expect } from 'vitest';
import { Aria2, type Aria2Options } from '../engines/aria2.js';
import { Browser } from '../engines/browser.js';
import type { Child } from '../engines/child.js';
import { requireEngine } from '../engines/engine-name.js';
import { Libtorrent, type LibtorrentSettings } from '../engines/libtorrent.js';
import { startOpentracker } from '../engines/opentracker.js';
import { Transmission } from '../engines/transmission.js';
import { Webtorrent, type WebtorrentOptions } from '../engines/webtorrent.js';
import {
  gibibyte,
  makePayload,
  type Payload,
  type PayloadName,
  type PayloadOptions,
  type PayloadSpec,
  payloads,
} from './payload.js';
import { Peerloom, type PeerloomOptions } from './peerloom.js';
import { RecordingRelay } from './recording-relay.js';
import { type DifferenceOptions, findDifferences } from './same-files.js';
import { Tracker } from './tracker.js';
import { TrackerUnderTest, type TrackerUnderTestOptions } from './tracker-under-test.js';
import { WatchedStream } from './watched-stream.js';
import { WebPage } from './web-page.js';

interface Stoppable {
  stop(): Promise<unknown>;
  describe(): string;
}

const folderPrefix = 'peerloom-interop-';

/** A memory disk, on most machines. */
const memoryDisk = '/dev/shm';

/** What has to be free on a memory disk that large data is to go to. */
const largeBytes = 3 * 2 ** 30;

/** The memory disk where it has room for large data, else the usual place. */
function placeForLarge(): string {
  try {
    const { bavail, bsize } = statfsSync(memoryDisk);
    return bavail * bsize >= largeBytes ? memoryDisk : tmpdir();
  } catch {
    return tmpdir();
  }
}

/** Everything that one test starts: engines, sessions and folders, all ended with it. */
export class Arena {
  readonly #root: string;
  readonly #skip: (note: string) => void;
  readonly #engines: Stoppable[] = [];
  readonly #sessions: Peerloom[] = [];
  #folderCount = 0;
  #largeRoot: string | undefined;

  private constructor(root: string, skip: (note: string) => void) {
    this.#root = root;
    this.#skip = skip;
  }

  static async open(skip: (note: string) => void): Promise<Arena> {
    return new Arena(await mkdtemp(join(tmpdir(), folderPrefix)), skip);
  }

  /** A folder that does not exist yet and goes with the test. */
  folder(): string {
    return join(this.#root, `${++this.#folderCount}`);
  }

  /** As {@link folder}, in a place for large data. */
  largeFolder(): string {
    this.#largeRoot ??= mkdtempSync(join(placeForLarge(), folderPrefix));
    return join(this.#largeRoot, `${++this.#folderCount}`);
  }

  /** A path for a file that goes with the test. */
  file(name: string): string {
    return join(this.#root, name);
  }

  /** Data on disk, and its torrent. */
  payload(which: PayloadName | PayloadSpec, options?: PayloadOptions): Promise<Payload> {
    const spec = typeof which === 'string' ? payloads[which] : which;
    return makePayload(this.folder(), spec, options);
  }

  /** 1 GiB of data. */
  gibibyte(): Promise<Payload> {
    return makePayload(this.largeFolder(), gibibyte);
  }

  /** A session under test; without `folder` in an empty one. */
  peerloom(options: PeerloomOptions & { readonly folder?: string } = {}): Peerloom {
    const session = new Peerloom(options.folder ?? this.folder(), options);
    this.#sessions.push(session);
    return session;
  }

  libtorrent(settings?: LibtorrentSettings): Libtorrent {
    requireEngine('libtorrent', this.#skip);
    return this.#started(new Libtorrent(settings));
  }

  webtorrent(options?: WebtorrentOptions): Webtorrent {
    requireEngine('webtorrent', this.#skip);
    return this.#started(new Webtorrent(options));
  }

  async transmission(): Promise<Transmission> {
    requireEngine('transmission', this.#skip);
    return this.#started(await Transmission.start(this.folder()));
  }

  /** aria2 with the torrent of the payload, or a magnet link, and what is in `folder` of its data. */
  async aria2(source: Payload | string, folder: string, options: Aria2Options = {}): Promise<Aria2> {
    requireEngine('aria2', this.#skip);
    const torrent = typeof source === 'string' ? source : source.torrentPath;
    return this.#started(await Aria2.start(torrent, folder, options));
  }

  /** A tracker that names these peers to whoever asks. */
  tracker(peers: readonly Endpoint[]): Tracker {
    return this.#started(new Tracker(peers));
  }

  /** opentracker on this port of 127.0.0.1, for these torrents. */
  async opentracker(port: number, torrents: readonly InfoHash[]): Promise<Child> {
    requireEngine('opentracker', this.#skip);
    return this.#started(await startOpentracker(this.folder(), port, torrents));
  }

  /** Stands between somebody and `target`, and keeps what they say. */
  async relay(target: Endpoint): Promise<RecordingRelay> {
    return this.#started(await RecordingRelay.open(target));
  }

  /** The tracker under test. */
  trackerServer(options?: TrackerUnderTestOptions): TrackerUnderTest {
    return this.#started(new TrackerUnderTest(options));
  }

  /** A browser that has no network but for 127.0.0.1. */
  async browser(): Promise<Browser> {
    requireEngine('chromium', this.#skip);
    return this.#started(await Browser.start());
  }

  /** A page on 127.0.0.1. */
  async webPage(html: string): Promise<WebPage> {
    return this.#started(await WebPage.listen(html));
  }

  /** Serves the largest file of a torrent while it is downloaded. */
  async stream(torrent: TorrentHandle): Promise<WatchedStream> {
    return this.#started(await WatchedStream.listen(torrent));
  }

  /** A process that ends with the test at the latest. */
  run(child: Child): Child {
    return this.#started(child);
  }

  #started<T extends Stoppable>(engine: T): T {
    this.#engines.push(engine);
    return engine;
  }

  /** Compares what was downloaded into `folder` with the payload, byte for byte. */
  async expectSame({ path, name }: Payload, folder: string, options: DifferenceOptions = {}): Promise<void> {
    expect(await findDifferences(path, join(folder, name), options)).toEqual([]);
  }

  /** What all that was started has to tell. */
  describe(): string {
    return [...this.#sessions, ...this.#engines].map((it) => it.describe()).join('\n');
  }

  /** Ends all. Resolves with what went wrong in sessions under test. */
  async close(): Promise<readonly string[]> {
    try {
      const faults = await Promise.all(this.#sessions.map((session) => session.stop()));
      return faults.flat();
    } finally {
      await Promise.all(this.#engines.map((engine) => engine.stop()));
      const roots = [this.#root, this.#largeRoot].filter((root) => root !== undefined);
      await Promise.all(roots.map((root) => rm(root, { recursive: true, force: true })));
    }
  }
}

/** Vitest's `test`, with an {@link Arena}; fails where a session under test has complained or leaked. */
export const test = base.extend<{ arena: Arena }>({
  arena: async ({ skip, onTestFailed }, use) => {
    const arena = await Arena.open(skip);
    onTestFailed(() => console.error(arena.describe()));
    let faults: readonly string[] = [];
    try {
      await use(arena);
    } finally {
      faults = await arena.close();
    }
    expect(faults).toEqual([]);
  },
});
