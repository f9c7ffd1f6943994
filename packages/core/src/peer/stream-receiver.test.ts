import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReceiveTransform } from '../plugin/hold.js';
import { FrameParser } from '../wire/frame-parser.js';
import { encodeHandshake, HandshakeParser } from '../wire/handshake.js';
import { RecordingHandler } from '../wire/recording-handler.js';
import { type ReceiverOwner, StreamReceiver } from './stream-receiver.js';

const handshake = encodeHandshake({
  reserved: new Uint8Array(8),
  infoHash: new Uint8Array(20).fill(7),
  peerId: new Uint8Array(20).fill(9),
});
const have = (piece: number): number[] => [0, 0, 0, 5, 4, 0, 0, 0, piece];
const interested = [0, 0, 0, 1, 2];

class Rig implements ReceiverOwner {
  isClosed = false;
  handshakes = 0;
  readonly handler = new RecordingHandler();
  readonly receiver: StreamReceiver;

  constructor() {
    const limits = { maxMessageBytes: 2 ** 20, maxBitfieldBytes: 100, maxExtendedBytes: () => 0 };
    this.receiver = new StreamReceiver(this, new HandshakeParser(), new FrameParser(this.handler, limits));
  }

  handshakeReceived(): void {
    this.handshakes++;
  }

  decrypt(transform: ReceiveTransform, bytes: Uint8Array): readonly Uint8Array[] | undefined {
    const result = transform(bytes);
    const plain = result instanceof Uint8Array ? [result] : result;
    if (plain[0]?.[0] === 0xff) {
      this.isClosed = true;
      return undefined;
    }
    return plain;
  }

  receive(...bytes: number[]): void {
    this.receiver.receive(new Uint8Array(bytes));
  }
}

const invert = (bytes: readonly number[]): number[] => bytes.map((byte) => 255 - byte);

/** Decrypts what {@link invert} made. */
const decrypt: ReceiveTransform = (wire) => new Uint8Array(invert([...wire]));

describe('bytes of a remote', () => {
  it('are a handshake and then messages, cut anywhere', () => {
    const bytes = [...handshake, ...interested, ...have(1), ...have(2)];
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (sizes) => {
        const rig = new Rig();
        for (let start = 0, i = 0; start < bytes.length; i++) {
          const end = start + (sizes[i % sizes.length] ?? 1);
          rig.receive(...bytes.slice(start, end));
          start = end;
        }
        expect(rig.handshakes).toBe(1);
        expect(rig.handler.calls).toEqual([['interested'], ['have', 1], ['have', 2]]);
      }),
      { numRuns: 50 },
    );
  });

  it('after the handshake are not looked at where it closed the connection', () => {
    const rig = new Rig();
    rig.handshakeReceived = () => {
      rig.isClosed = true;
    };
    rig.receive(...handshake, ...have(1));
    expect(rig.handler.calls).toEqual([]);
  });

  it('after a message that closed the connection are not looked at once it has returned', () => {
    const rig = new Rig();
    rig.handler.afterCall = () => {
      rig.isClosed = true;
    };
    rig.receive(...handshake, ...have(1));
    rig.receive(...have(2));
    expect(rig.handler.calls).toEqual([['have', 1]]);
  });
});

describe('a stall', () => {
  it('keeps what comes meanwhile, in order, until `resume`', () => {
    const rig = new Rig();
    const block = [0, 0, 0, 11, 7, 0, 0, 0, 3, 0, 0, 0, 0, 42, 43];
    let isFull = true;
    rig.handler.target = () => {
      if (!isFull) return new Uint8Array(2);
      rig.receiver.stall();
      return 'stall';
    };
    rig.receive(...handshake, ...block);
    rig.receive(...have(1));
    rig.receive(...have(2));
    expect(rig.receiver.isStalled).toBe(true);
    expect(rig.handler.calls).toEqual([]);
    rig.receiver.resume();
    expect(rig.receiver.isStalled).toBe(true);
    isFull = false;
    rig.receiver.resume();
    rig.receiver.resume();
    expect(rig.receiver.isStalled).toBe(false);
    expect(rig.handler.calls).toEqual([
      ['piece', 3, 0, new Uint8Array([42, 43])],
      ['have', 1],
      ['have', 2],
    ]);
  });
});

describe('an upgrade', () => {
  it('takes effect at the byte after the message that asks for it', () => {
    const rig = new Rig();
    const parsing: boolean[] = [];
    rig.handler.afterCall = () => {
      parsing.push(rig.receiver.isParsing);
      if (rig.handler.calls.length === 1) rig.receiver.upgrade(decrypt);
    };
    rig.receive(...handshake, ...interested, ...invert(have(1)), ...invert(have(2).slice(0, 4)));
    rig.receive(...invert(have(2).slice(4)));
    expect(rig.handler.calls).toEqual([['interested'], ['have', 1], ['have', 2]]);
    expect(rig.receiver.isEncrypted).toBe(true);
    expect([parsing, rig.receiver.isParsing]).toEqual([[true, true, true], false]);
  });

  it('may come with the last byte that is here', () => {
    const rig = new Rig();
    rig.handler.afterCall = () => {
      if (rig.handler.calls.length === 1) rig.receiver.upgrade(decrypt);
    };
    rig.receive(...handshake, ...interested);
    rig.receive(...invert(have(1)));
    expect(rig.handler.calls).toEqual([['interested'], ['have', 1]]);
  });

  it('may give the plain bytes in several pieces, cut anywhere, some of them empty', () => {
    const rig = new Rig();
    rig.handler.afterCall = () => {
      if (rig.handler.calls.length > 1) return;
      rig.receiver.upgrade((wire) => {
        const plain = new Uint8Array(invert([...wire]));
        return [plain.subarray(0, 3), new Uint8Array(0), plain.subarray(3)];
      });
    };
    rig.receive(...handshake, ...interested, ...invert(have(1)));
    rig.receive(...invert(have(2)));
    expect(rig.handler.calls).toEqual([['interested'], ['have', 1], ['have', 2]]);
  });

  it('is over, and the other pieces with it, where a message of one piece closes the connection', () => {
    const rig = new Rig();
    rig.handler.afterCall = () => {
      if (rig.handler.calls.length === 1) {
        rig.receiver.upgrade((wire) => {
          const plain = new Uint8Array(invert([...wire]));
          return [plain.subarray(0, 9), plain.subarray(9)];
        });
      } else rig.isClosed = true;
    };
    rig.receive(...handshake, ...interested);
    rig.receive(...invert([...have(1), ...have(2)]));
    expect(rig.handler.calls).toEqual([['interested'], ['have', 1]]);
  });

  it('decrypts while stalled, so that no byte is decrypted twice or out of order', () => {
    const rig = new Rig();
    const seen: number[] = [];
    let isFull = true;
    rig.handler.target = () => {
      if (!isFull) return new Uint8Array(1);
      rig.receiver.stall();
      return 'stall';
    };
    rig.handler.afterCall = () => {
      if (rig.handler.calls.length > 1) return;
      rig.receiver.upgrade((wire) => {
        seen.push(wire.length);
        const plain = new Uint8Array(invert([...wire]));
        return [plain.subarray(0, 9), plain.subarray(9)];
      });
    };
    rig.receive(...handshake, ...interested);
    const block = [0, 0, 0, 10, 7, 0, 0, 0, 3, 0, 0, 0, 0, 42];
    rig.receive(...invert(block));
    rig.receive(...invert(have(1)));
    isFull = false;
    rig.receiver.resume();
    expect(seen).toEqual([14, 9]);
    expect(rig.handler.calls.slice(1)).toEqual([
      ['piece', 3, 0, new Uint8Array([42])],
      ['have', 1],
    ]);
  });

  it('whose transform fails ends it', () => {
    const rig = new Rig();
    rig.handler.afterCall = () => rig.receiver.upgrade(() => new Uint8Array([0xff]));
    rig.receive(...handshake, ...interested, 1, 2, 3);
    expect(rig.isClosed).toBe(true);
    expect(rig.handler.calls).toEqual([['interested']]);
  });
});
