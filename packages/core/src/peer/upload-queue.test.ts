import { beforeEach, describe, expect, it } from 'vitest';
import { AlertHub } from '../alerts/alert-hub.js';
import { Bandwidth } from '../bandwidth/bandwidth.js';
import { StorageError } from '../common/errors.js';
import { InfoHash } from '../common/info-hash.js';
import { SharedSlotPool } from '../disk/slot-pool.js';
import { DiskBufferLedger } from '../dispatch/disk-buffers.js';
import { HookHost } from '../dispatch/hook-host.js';
import { ManualClock } from '../dispatch/manual-clock.fake.js';
import { MessageIds } from '../dispatch/message-ids.js';
import { fakeScope } from '../dispatch/plugin-scope.fake.js';
import { TorrentLayout } from '../metainfo/layout.js';
import type { PeerPlugin } from '../plugin/peer-plugin.js';
import { FakeConnection } from '../ports/connection.fake.js';
import { defaultSettings, type Settings } from '../settings/settings-table.js';
import { FrameParser } from '../wire/frame-parser.js';
import { RecordingHandler } from '../wire/recording-handler.js';
import { FastGrants } from './fast-grants.js';
import { MessageSender } from './message-sender.js';
import { fakePeerState } from './peer-state.fake.js';
import { SendBufferPool } from './send-buffer-pool.js';
import { SendQueue } from './send-queue.js';
import { UploadQueue } from './upload-queue.js';

const block = 16_384;
const layout = new TorrentLayout(4 * block, [{ path: ['a'], lengthBytes: 8 * block, isPad: false }]);

/** A send buffer in which nothing has to wait. */
const roomy: Partial<Settings> = { sendBufferLowBytes: 512 * 1024 };

/** An upload queue on a connection to nowhere, that reads when it is told to. */
class Rig {
  readonly clock = new ManualClock();
  readonly state = fakePeerState();
  readonly hooks = new HookHost<PeerPlugin>(['onRequest', 'onCancel', 'canUnchoke']);
  readonly connection = new FakeConnection();
  readonly sent: SendQueue;
  readonly grants: FastGrants;
  readonly uploads: UploadQueue;
  readonly failures: string[] = [];
  readonly reads: {
    readonly begin: number;
    readonly done: (error?: StorageError) => void;
  }[] = [];
  released = 0;
  isServing = true;
  layout: TorrentLayout | undefined = layout;
  readonly infoHash = InfoHash.fromBytes(new Uint8Array(20));

  constructor(settings: Partial<Settings> = {}) {
    const sendBuffers = new SendBufferPool();
    this.sent = new SendQueue(sendBuffers, () => this.uploads.pump());
    this.state.isChoked = false;
    this.state.supportsFast = true;
    const environment = {
      clock: this.clock,
      settings: { ...defaultSettings, ...roomy, ...settings },
      alerts: new AlertHub(),
      slots: new SharedSlotPool(block),
      messageIds: new MessageIds(),
      diskBuffers: new DiskBufferLedger(),
      sendBuffers,
      listenPort: () => undefined,
      scheduleFlush: () => {},
    };
    const sender = new MessageSender(this.state, this.hooks, this.sent, () => {});
    const parts = { environment, state: this.state, hooks: this.hooks, sender, owner: this };
    this.grants = new FastGrants(parts);
    this.uploads = new UploadQueue({
      ...parts,
      grants: this.grants,
      upload: new Bandwidth(this.clock).group(),
      fail: (code) => {
        this.failures.push(code);
        this.state.phase = 'closed';
      },
      sendBufferBytes: () => this.sent.queuedBytes,
    });
  }

  hasPiece(piece: number): boolean {
    return piece === 0;
  }

  readForUpload(
    _piece: number,
    begin: number,
    length: number,
    done: (error: StorageError | undefined, chunks: readonly Uint8Array[], release: () => void) => void,
  ): void {
    const release = (): void => {
      this.released++;
    };
    this.reads.push({
      begin,
      done: (error) => done(error, error ? [] : [new Uint8Array(length)], release),
    });
  }

  /** What went to the remote since the last time: name and begin of each message. */
  messages(): [name: unknown, begin: unknown][] {
    this.sent.flush(this.connection);
    this.connection.written();
    const handler = new RecordingHandler();
    const limits = { maxMessageBytes: 2 ** 20, maxBitfieldBytes: 2 ** 20, maxExtendedBytes: () => 0 };
    const parser = new FrameParser(handler, limits);
    for (const bytes of this.connection.writes.splice(0)) parser.push(bytes);
    return handler.calls.map((call) => {
      const [name, , begin] = call as unknown[];
      return [name, begin];
    });
  }

  plugin(plugin: PeerPlugin) {
    const scope = fakeScope('uploader');
    this.hooks.add({ scope, plugin });
    return scope;
  }
}

/** Requests that differ from each other, as many as one likes. */
function requestMany(rig: Rig, count: number, from = 0): void {
  for (let i = from; i < from + count; i++) rig.uploads.onRequest(0, i, 1);
}

describe('requests of a peer', () => {
  let rig: Rig;
  beforeEach(() => {
    rig = new Rig();
  });

  it('are answered in order, and what was read is given back once it was sent', () => {
    for (const begin of [0, block, 2 * block]) rig.uploads.onRequest(0, begin, block);
    expect(rig.uploads.size).toBe(3);
    for (const read of rig.reads.splice(0)) read.done();
    expect(rig.released).toBe(0);
    expect(rig.messages()).toEqual([
      ['piece', 0],
      ['piece', block],
      ['piece', 2 * block],
    ]);
    expect(rig.released).toBe(3);
    expect(rig.uploads.size).toBe(0);
    expect(rig.state.uploaded.total).toBe(3 * block);
  });

  it('are read sixteen at a time, and as far as the send buffer has room', () => {
    requestMany(rig, 40);
    expect(rig.reads).toHaveLength(16);
    rig.reads.shift()?.done();
    expect(rig.reads).toHaveLength(16);
    const small = new Rig({ sendBufferHighBytes: 2 * block, sendBufferLowBytes: 2 * block });
    for (const begin of [0, block, 2 * block, 3 * block]) small.uploads.onRequest(0, begin, block);
    expect(small.reads).toHaveLength(2);
    for (const read of small.reads.splice(0)) read.done();
    expect(small.reads).toHaveLength(0);
    small.messages();
    expect(small.reads.map(({ begin }) => begin)).toEqual([2 * block, 3 * block]);
  });

  it('are read two at first, and more the faster the peer takes them', () => {
    const rig = new Rig({ sendBufferLowBytes: 2 * block });
    for (let i = 0; i < 100; i++) rig.uploads.onRequest(0, (i % 4) * block, block);
    const counts: number[] = [];
    for (let round = 0; round < 5; round++) {
      counts.push(rig.reads.length);
      for (const read of rig.reads.splice(0)) read.done();
      rig.messages();
    }
    expect(counts).toEqual([2, 4, 8, 16, 16]);
  });

  it('wait for the peer to take what was sent: of a slow one only two blocks can no longer be refused', () => {
    const rig = new Rig({ sendBufferLowBytes: 2 * block });
    for (let i = 0; i < 20; i++) rig.uploads.onRequest(0, (i % 4) * block, block);
    for (const read of rig.reads.splice(0)) read.done();
    rig.clock.advance(5_000);
    rig.messages();
    expect(rig.reads).toHaveLength(2);
    rig.state.isChoked = true;
    rig.uploads.onChoked();
    expect(rig.messages().filter(([name]) => name === 'reject')).toHaveLength(16);
  });

  it('are kept up to 2 000; the next is rejected and the connection stays', () => {
    requestMany(rig, 2_000);
    expect(rig.uploads.size).toBe(2_000);
    expect(rig.messages()).toEqual([]);
    rig.uploads.onRequest(0, 5_000, 1);
    expect(rig.messages()).toEqual([['reject', 5_000]]);
    expect(rig.uploads.size).toBe(2_000);
    expect(rig.failures).toEqual([]);
    rig.reads.shift()?.done();
    rig.uploads.onRequest(0, 5_001, 1);
    expect(rig.messages()).toEqual([['piece', 0]]);
  });

  it('past the limit are dropped where the peer does not have the fast extension', () => {
    rig.state.supportsFast = false;
    requestMany(rig, 2_001);
    expect(rig.uploads.size).toBe(2_000);
    expect(rig.messages()).toEqual([]);
  });

  it('that are invalid are rejected 300 times, and then it goes', () => {
    for (let i = 0; i < 300; i++) rig.uploads.onRequest(i % 2 === 0 ? 1 : 77, 0, block);
    expect(rig.failures).toEqual([]);
    expect(rig.messages()).toHaveLength(300);
    rig.uploads.onRequest(0, 3 * block + 1, block);
    expect(rig.failures).toEqual(['PEER_INVALID_REQUESTS']);
    expect(rig.messages()).toEqual([]);
  });

  it('are rejected while the peer is choked or nobody is served', () => {
    rig.state.isChoked = true;
    rig.uploads.onRequest(0, 0, block);
    rig.state.isChoked = false;
    rig.isServing = false;
    rig.uploads.onRequest(0, block, block);
    expect(rig.messages()).toEqual([
      ['reject', 0],
      ['reject', block],
    ]);
    expect(rig.reads).toEqual([]);
  });

  it('before metadata is known break the protocol', () => {
    rig.layout = undefined;
    rig.uploads.onRequest(0, 0, block);
    expect(rig.failures).toEqual(['WIRE_STATE']);
  });

  it('that wait are rejected when we choke; a read under way is still sent', () => {
    requestMany(rig, 18);
    rig.state.isChoked = true;
    rig.uploads.onChoked();
    expect(rig.messages()).toEqual([
      ['reject', 16],
      ['reject', 17],
    ]);
    rig.reads[0]?.done();
    expect(rig.messages()).toEqual([['piece', 0]]);
    expect(rig.reads).toHaveLength(16);
  });

  it('whose read fails are rejected', () => {
    rig.uploads.onRequest(0, 0, block);
    rig.reads[0]?.done(new StorageError('STORAGE_IO', 'broken', ''));
    expect(rig.messages()).toEqual([['reject', 0]]);
    expect(rig.released).toBe(1);
  });

  it('whose read ends after the connection send nothing and give back', () => {
    rig.uploads.onRequest(0, 0, block);
    rig.state.phase = 'closed';
    rig.uploads.close();
    rig.reads[0]?.done();
    expect(rig.messages()).toEqual([]);
    expect(rig.released).toBe(1);
  });
});

describe('a cancel', () => {
  it('takes a waiting request out, answered by a reject where there is the fast extension (BEP 6)', () => {
    for (const supportsFast of [true, false]) {
      const rig = new Rig();
      rig.state.supportsFast = supportsFast;
      requestMany(rig, 18);
      rig.uploads.onCancel(0, 17, 1);
      rig.uploads.onCancel(0, 17, 1);
      expect(rig.messages()).toEqual(supportsFast ? [['reject', 17]] : []);
      expect(rig.uploads.size).toBe(17);
    }
  });

  it('of what is being read, or was never asked, does nothing', () => {
    const rig = new Rig();
    requestMany(rig, 1);
    rig.uploads.onCancel(0, 0, 1);
    rig.uploads.onCancel(0, 9, 1);
    rig.reads[0]?.done();
    expect(rig.messages()).toEqual([['piece', 0]]);
  });

  it('that a plugin handles leaves the request where it is', () => {
    const rig = new Rig();
    rig.plugin({ onCancel: () => true });
    requestMany(rig, 17);
    rig.uploads.onCancel(0, 16, 1);
    expect(rig.messages()).toEqual([]);
    expect(rig.uploads.size).toBe(17);
  });
});

describe('a request that a plugin takes', () => {
  it('is answered once: by it, or by a reject after 60 seconds', () => {
    const rig = new Rig();
    rig.plugin({ onRequest: () => true });
    requestMany(rig, 2);
    expect(rig.reads).toEqual([]);
    expect(rig.uploads.answer(0, 0, 1)).toBe(true);
    expect(rig.uploads.answer(0, 0, 1)).toBe(false);
    rig.clock.advance(59_999);
    rig.uploads.tick(rig.clock.now());
    expect(rig.messages()).toEqual([]);
    rig.clock.advance(1);
    rig.uploads.tick(rig.clock.now());
    expect(rig.messages()).toEqual([['reject', 1]]);
    expect(rig.uploads.size).toBe(0);
  });

  it('is rejected when the plugin leaves, and when we choke, and only once', () => {
    for (const first of ['leave', 'choke'] as const) {
      const rig = new Rig();
      const scope = rig.plugin({ onRequest: () => true });
      requestMany(rig, 1);
      if (first === 'leave') scope.close();
      else rig.uploads.onChoked();
      expect(rig.messages()).toEqual([['reject', 0]]);
      rig.uploads.onChoked();
      scope.close();
      rig.clock.advance(60_000);
      rig.uploads.tick(rig.clock.now());
      expect(rig.messages()).toEqual([]);
    }
  });

  it('may be answered from inside the hook', () => {
    const rig = new Rig();
    rig.plugin({ onRequest: ({ piece, begin, length }) => rig.uploads.answer(piece, begin, length) });
    requestMany(rig, 1);
    expect(rig.uploads.size).toBe(0);
    rig.clock.advance(60_000);
    rig.uploads.tick(rig.clock.now());
    expect(rig.messages()).toEqual([]);
  });

  it('is refused where the hook chokes the peer', () => {
    const rig = new Rig();
    rig.plugin({
      onRequest: () => {
        rig.state.isChoked = true;
        return false;
      },
    });
    requestMany(rig, 1);
    expect(rig.messages()).toEqual([['reject', 0]]);
    expect(rig.reads).toEqual([]);
  });
});

describe('pieces granted to a choked peer', () => {
  /** A choked peer that is granted piece 0, of four blocks. */
  function granted(): Rig {
    const rig = new Rig();
    rig.state.isChoked = true;
    rig.grants.grant(0);
    rig.messages();
    return rig;
  }

  it('are served, each byte of them once', () => {
    const rig = granted();
    for (let index = 0; index < 5; index++) rig.uploads.onRequest(0, (index % 4) * block, block);
    expect(rig.reads.map(({ begin }) => begin)).toEqual([0, block, 2 * block, 3 * block]);
    expect(rig.messages()).toEqual([['reject', 0]]);
  });

  it('are all that is: others are rejected', () => {
    const rig = new Rig();
    rig.state.isChoked = true;
    rig.uploads.onRequest(0, 0, block);
    expect(rig.reads).toHaveLength(0);
    expect(rig.messages()).toEqual([['reject', 0]]);
  });

  it('are what stays queued when the peer is choked', () => {
    const rig = new Rig();
    for (let index = 0; index < 20; index++) rig.uploads.onRequest(0, (index % 4) * block, block);
    expect(rig.reads).toHaveLength(16);
    rig.grants.grant(0);
    rig.state.isChoked = true;
    expect(rig.grants.take(0, block)).toBe(true);
    rig.messages();
    rig.uploads.onChoked();
    // Of the four that had no read yet three are within what is left of the grant.
    expect(rig.messages()).toEqual([['reject', 3 * block]]);
    expect(rig.uploads.size).toBe(19);
  });

  it('are charged once, also where the peer is unchoked and choked again meanwhile', () => {
    const rig = new Rig({ sendBufferHighBytes: 2 * block, sendBufferLowBytes: 2 * block });
    rig.state.isChoked = true;
    rig.grants.grant(0);
    rig.messages();
    for (let index = 0; index < 4; index++) rig.uploads.onRequest(0, index * block, block);
    expect(rig.reads).toHaveLength(2);
    for (let turn = 0; turn < 2; turn++) {
      rig.state.isChoked = false;
      rig.state.isChoked = true;
      rig.uploads.onChoked();
    }
    expect(rig.messages()).toEqual([]);
    expect(rig.uploads.size).toBe(4);
  });

  it('are refused at a choke where an extension no longer lets the peer be served', () => {
    const rig = new Rig({ sendBufferHighBytes: 2 * block, sendBufferLowBytes: 2 * block });
    rig.state.isChoked = true;
    rig.grants.grant(0);
    rig.messages();
    for (let index = 0; index < 4; index++) rig.uploads.onRequest(0, index * block, block);
    rig.plugin({ canUnchoke: () => false });
    rig.uploads.onChoked();
    expect(rig.messages()).toEqual([
      ['reject', 2 * block],
      ['reject', 3 * block],
    ]);
  });

  it('are none where an extension does not let the peer be served', () => {
    const rig = granted();
    rig.plugin({ canUnchoke: () => false });
    rig.uploads.onRequest(0, 0, block);
    expect(rig.reads).toHaveLength(0);
  });
});
