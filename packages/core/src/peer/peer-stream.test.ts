import { describe, expect, it } from 'vitest';
import { AlertHub } from '../alerts/alert-hub.js';
import { Bandwidth } from '../bandwidth/bandwidth.js';
import { SharedSlotPool } from '../disk/slot-pool.js';
import { DiskBufferLedger } from '../dispatch/disk-buffers.js';
import { ManualClock } from '../dispatch/manual-clock.fake.js';
import { MessageIds } from '../dispatch/message-ids.js';
import { FakeConnection } from '../ports/connection.fake.js';
import { defaultSettings } from '../settings/settings-table.js';
import { FrameParser } from '../wire/frame-parser.js';
import { encodeHandshake, HandshakeParser } from '../wire/handshake.js';
import { RecordingHandler } from '../wire/recording-handler.js';
import { fakePeerState } from './peer-state.fake.js';
import { PeerStream } from './peer-stream.js';
import { SendBufferPool } from './send-buffer-pool.js';
import { SendQueue } from './send-queue.js';

const requestLength = 17;

/** A stream whose turns end when the test says so, and that answers each message with some requests. */
function setUp(requestsPerMessage: number) {
  const state = fakePeerState();
  const connection = new FakeConnection();
  const sendBuffers = new SendBufferPool();
  const queue = new SendQueue(sendBuffers, () => {});
  const flushes: (() => void)[] = [];
  const handler = new RecordingHandler();
  const handshake = new HandshakeParser();
  handshake.push(
    encodeHandshake({
      reserved: new Uint8Array(8),
      infoHash: new Uint8Array(20),
      peerId: new Uint8Array(20),
    }),
  );
  const stream = new PeerStream({
    environment: {
      clock: new ManualClock(),
      settings: defaultSettings,
      alerts: new AlertHub(),
      slots: new SharedSlotPool(16_384),
      messageIds: new MessageIds(),
      diskBuffers: new DiskBufferLedger(),
      sendBuffers,
      listenPort: () => undefined,
      scheduleFlush: (flush) => flushes.push(flush),
    },
    state,
    owner: {
      streamConnected: () => {},
      handshakeReceived: () => {},
      close: () => {},
      fail: () => {},
      pluginFault: () => {},
      internalError: () => {},
    },
    queue,
    download: new Bandwidth(new ManualClock()).group(),
    handshake,
    frames: new FrameParser(handler, {
      maxMessageBytes: 1024,
      maxBitfieldBytes: 0,
      maxExtendedBytes: () => -1,
    }),
  });
  stream.attach(connection);
  handler.afterCall = () => {
    for (let i = 0; i < requestsPerMessage; i++) {
      queue.reserve(requestLength);
      queue.commit(queue.offset + requestLength);
    }
    stream.scheduleFlush();
  };
  const endTurn = (): void => {
    for (const flush of flushes.splice(0)) flush();
  };
  return { stream, connection, endTurn };
}

const unchoke = new Uint8Array([0, 0, 0, 1, 1]);

describe('what is queued while chunks are read', () => {
  it('leaves in one write at the end of the turn where it is little', () => {
    const { stream, connection, endTurn } = setUp(1);
    for (let i = 0; i < 10; i++) stream.onData(unchoke);
    expect(connection.writes).toHaveLength(0);
    endTurn();
    expect(connection.writes.map(({ length }) => length)).toEqual([10 * requestLength]);
  });

  it('leaves between chunks where it is much, so that the remote does not run dry in a long turn', () => {
    const { stream, connection, endTurn } = setUp(16);
    for (let i = 0; i < 4; i++) stream.onData(unchoke);
    expect(connection.writes.map(({ length }) => length)).toEqual([32 * requestLength, 32 * requestLength]);
    endTurn();
    expect(connection.writes).toHaveLength(2);
  });
});
