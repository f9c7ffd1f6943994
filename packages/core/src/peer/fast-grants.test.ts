import { describe, expect, it } from 'vitest';
import { AlertHub } from '../alerts/alert-hub.js';
import { Bitfield } from '../common/bitfield.js';
import { endpoint } from '../common/endpoint.js';
import { InfoHash } from '../common/info-hash.js';
import { SharedSlotPool } from '../disk/slot-pool.js';
import { DiskBufferLedger } from '../dispatch/disk-buffers.js';
import { HookHost } from '../dispatch/hook-host.js';
import { ManualClock } from '../dispatch/manual-clock.fake.js';
import { MessageIds } from '../dispatch/message-ids.js';
import { fakeScope } from '../dispatch/plugin-scope.fake.js';
import { TorrentLayout } from '../metainfo/layout.js';
import type { PeerPlugin } from '../plugin/peer-plugin.js';
import { defaultSettings, type Settings } from '../settings/settings-table.js';
import { FastGrants } from './fast-grants.js';
import { MessageSender } from './message-sender.js';
import { PeerState } from './peer-state.js';
import { TransferMeters } from './rate-meter.js';
import { SendBufferPool } from './send-buffer-pool.js';
import { SendQueue } from './send-queue.js';

const pieceLength = 32_768;
/** The example of BEP 6: 1 313 pieces, an infohash of 20 times 0xaa, the address 80.4.4.200. */
const pieceCount = 1_313;
const bep6 = [1059, 431, 808, 1217, 287, 376, 1188, 353, 508];

function setUp(settings: Partial<Settings> = {}, pieces: readonly number[] = []) {
  const state = new PeerState({
    connectionId: 1,
    endpoint: endpoint('80.4.4.200', 6881),
    listenEndpoint: undefined,
    source: 'incoming',
    isOutgoing: false,
    localId: new Uint8Array(20),
    nowMs: 0,
    totals: new TransferMeters(),
  });
  state.phase = 'ready';
  state.supportsFast = true;
  state.isInterested = true;
  state.pieces = new Bitfield(pieceCount);
  for (const piece of pieces) state.pieces.add(piece);
  const sent: number[] = [];
  const hooks = new HookHost<PeerPlugin>(['sentAllowedFast', 'canUnchoke']);
  const plugin: PeerPlugin = { sentAllowedFast: (piece) => void sent.push(piece) };
  hooks.add({ scope: fakeScope('watcher'), plugin });
  const sendBuffers = new SendBufferPool();
  const owner = {
    infoHash: InfoHash.fromBytes(new Uint8Array(20).fill(0xaa)),
    layout: new TorrentLayout(pieceLength, [
      { path: ['a'], lengthBytes: pieceCount * pieceLength, isPad: false },
    ]),
    hasPiece: () => true,
    isServing: true,
    readForUpload: () => {},
  };
  const grants = new FastGrants({
    environment: {
      clock: new ManualClock(),
      settings: { ...defaultSettings, ...settings },
      alerts: new AlertHub(),
      slots: new SharedSlotPool(16_384),
      messageIds: new MessageIds(),
      diskBuffers: new DiskBufferLedger(),
      sendBuffers,
      listenPort: () => undefined,
      scheduleFlush: () => {},
    },
    state,
    hooks,
    sender: new MessageSender(state, hooks, new SendQueue(sendBuffers, () => {}), () => {}),
    owner,
  });
  return { grants, state, sent, hooks, owner };
}

describe('the allowed-fast set that we grant', () => {
  it.each([1, 5, 7, 9])('is the first %i of the set of BEP 6', (allowedFastSetSize) => {
    const { grants, sent } = setUp({ allowedFastSetSize });
    grants.offer();
    expect(sent).toEqual(bep6.slice(0, allowedFastSetSize));
  });

  it('is five pieces by default, and granted once', () => {
    const { grants, sent } = setUp();
    grants.offer();
    grants.offer();
    expect(sent).toEqual(bep6.slice(0, 5));
  });

  it('leaves out what the remote has', () => {
    const { grants, sent } = setUp({}, [431, 7]);
    grants.offer();
    expect(sent).toEqual([1059, 808, 1217, 287]);
  });

  it('is for those that have fewer pieces than it', () => {
    const few = setUp({}, [1, 2, 3, 4]);
    few.grants.offer();
    expect(few.sent).toHaveLength(5);
    const enough = setUp({}, [1, 2, 3, 4, 5]);
    enough.grants.offer();
    expect(enough.sent).toEqual([]);
  });

  it('is nothing where the setting says so, and to whom it would be of no use', () => {
    const off = setUp({ allowedFastSetSize: 0 });
    off.grants.offer();
    const unchoked = setUp();
    unchoked.state.isChoked = false;
    const slow = setUp();
    slow.state.supportsFast = false;
    const bored = setUp();
    bored.state.isInterested = false;
    const paused = setUp();
    paused.owner.isServing = false;
    const refused = setUp();
    refused.hooks.add({ scope: fakeScope('veto'), plugin: { canUnchoke: () => false } });
    for (const { grants, sent } of [unchoked, slow, bored, paused, refused, off]) {
      grants.offer();
      expect(sent).toEqual([]);
    }
  });

  it('gives the right to each byte of its pieces once', () => {
    const { grants } = setUp();
    expect(grants.take(1059, 16_384)).toBe(false);
    grants.offer();
    expect(grants.take(1059, 32_767)).toBe(true);
    expect(grants.take(1059, 2)).toBe(false);
    expect(grants.take(1059, 1)).toBe(true);
    expect(grants.take(1059, 1)).toBe(false);
    expect(grants.take(7, 1)).toBe(false);
  });
});
