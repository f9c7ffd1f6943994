import { describe, expect, it } from 'vitest';
import { AlertHub } from '../alerts/alert-hub.js';
import { Bitfield } from '../common/bitfield.js';
import { InfoHash } from '../common/info-hash.js';
import { SharedSlotPool } from '../disk/slot-pool.js';
import { DiskBufferLedger } from '../dispatch/disk-buffers.js';
import { HookHost } from '../dispatch/hook-host.js';
import { ManualClock } from '../dispatch/manual-clock.fake.js';
import { MessageIds } from '../dispatch/message-ids.js';
import { TorrentLayout } from '../metainfo/layout.js';
import { SeededRandom } from '../network/system-random.js';
import { PiecePicker } from '../picker/piece-picker.js';
import type { PeerPlugin } from '../plugin/peer-plugin.js';
import { defaultSettings } from '../settings/settings-table.js';
import { MessageSender } from './message-sender.js';
import { fakePeerState } from './peer-state.fake.js';
import { RequestPipeline } from './request-pipeline.js';
import { SendBufferPool } from './send-buffer-pool.js';
import { SendQueue } from './send-queue.js';

const block = 16_384;

/** A pipeline to a peer with the fast extension that has one piece of two blocks, both asked for. */
function pipelineWithTwoRequests(): RequestPipeline {
  const state = fakePeerState();
  state.supportsFast = true;
  state.isChokingUs = false;
  state.weAreInterested = true;
  state.pieces = Bitfield.full(1);
  const picker = new PiecePicker({ pieceCount: 1, blocksIn: () => 2, random: new SeededRandom(1) });
  picker.addSeed();
  const hooks = new HookHost<PeerPlugin>([]);
  const sendBuffers = new SendBufferPool();
  const sender = new MessageSender(state, hooks, new SendQueue(sendBuffers, () => {}), () => {});
  const pipeline = new RequestPipeline({
    environment: {
      clock: new ManualClock(),
      settings: defaultSettings,
      alerts: new AlertHub(),
      slots: new SharedSlotPool(4 * block),
      messageIds: new MessageIds(),
      diskBuffers: new DiskBufferLedger(),
      sendBuffers,
      listenPort: () => undefined,
      scheduleFlush: () => {},
    },
    state,
    hooks,
    sender,
    owner: {
      infoHash: InfoHash.fromBytes(new Uint8Array(20)),
      layout: new TorrentLayout(2 * block, [{ path: ['a'], lengthBytes: 2 * block, isPad: false }]),
      picker,
      isDownloading: true,
      openableBlocks: () => 4,
      blockReceived: () => {},
      blockWithPlugin: () => {},
      countRedundant: () => {},
    },
  });
  pipeline.pump();
  expect(pipeline.outstandingCount).toBe(2);
  return pipeline;
}

describe('a request that was taken back', () => {
  it('ends in time though the peer never answers it, which does not make the peer snubbed', () => {
    const pipeline = pipelineWithTwoRequests();
    pipeline.cancel(0, 0);
    pipeline.cancel(0, 1);
    expect(pipeline.outstandingCount).toBe(2);
    expect(pipeline.tick(defaultSettings.requestTimeoutMs)).toBe(false);
    expect(pipeline.outstandingCount).toBe(0);
  });

  it('does not hide that another one is late', () => {
    const pipeline = pipelineWithTwoRequests();
    pipeline.cancel(0, 0);
    expect(pipeline.tick(defaultSettings.requestTimeoutMs)).toBe(true);
    expect(pipeline.outstandingCount).toBe(0);
  });
});
