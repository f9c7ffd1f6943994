import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../common/bytes.js';
import { WireError } from '../common/errors.js';
import * as encode from './encode.js';
import { type FrameLimits, FrameParser } from './frame-parser.js';
import { RecordingHandler } from './recording-handler.js';

const limits: FrameLimits = {
  maxMessageBytes: 4096,
  maxBitfieldBytes: 512,
  maxExtendedBytes: () => 4096,
};

function frame(size: number, write: (buffer: Uint8Array) => number): Uint8Array {
  const buffer = new Uint8Array(size);
  expect(write(buffer)).toBe(size);
  return buffer;
}

/** A message with any length prefix, id and payload. */
function raw(prefix: number, id: number, payload: Uint8Array = new Uint8Array(0)): Uint8Array {
  const header = new Uint8Array(5);
  new DataView(header.buffer).setUint32(0, prefix);
  header[4] = id;
  return concatBytes(header, payload);
}

function pieceMessage(piece: number, begin: number, data: Uint8Array): Uint8Array {
  const header = frame(13, (b) => encode.writePieceHeader(b, 0, piece, begin, data.length));
  return concatBytes(header, data);
}

function extendedMessage(id: number, payload: Uint8Array): Uint8Array {
  return concatBytes(
    frame(6, (b) => encode.writeExtendedHeader(b, 0, id, payload.length)),
    payload,
  );
}

interface Message {
  readonly bytes: Uint8Array;
  readonly call: readonly unknown[];
}

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const payload = fc.uint8Array({ maxLength: 300 });
const bare = (
  name: string,
  write: (buffer: Uint8Array, offset: number) => number,
  size = 5,
): fc.Arbitrary<Message> => fc.constant({ bytes: frame(size, (b) => write(b, 0)), call: [name] });
const indexed = (
  name: string,
  write: (buffer: Uint8Array, offset: number, piece: number) => number,
): fc.Arbitrary<Message> =>
  u32.map((piece) => ({ bytes: frame(9, (b) => write(b, 0, piece)), call: [name, piece] }));
const block = (
  name: string,
  write: (buffer: Uint8Array, offset: number, piece: number, begin: number, length: number) => number,
): fc.Arbitrary<Message> =>
  fc
    .tuple(u32, u32, u32)
    .map((fields) => ({ bytes: frame(17, (b) => write(b, 0, ...fields)), call: [name, ...fields] }));

const message: fc.Arbitrary<Message> = fc.oneof(
  bare('keepAlive', encode.writeKeepAlive, 4),
  bare('choke', encode.writeChoke),
  bare('unchoke', encode.writeUnchoke),
  bare('interested', encode.writeInterested),
  bare('notInterested', encode.writeNotInterested),
  bare('haveAll', encode.writeHaveAll),
  bare('haveNone', encode.writeHaveNone),
  indexed('have', encode.writeHave),
  indexed('suggest', encode.writeSuggest),
  indexed('allowedFast', encode.writeAllowedFast),
  block('request', encode.writeRequest),
  block('cancel', encode.writeCancel),
  block('reject', encode.writeReject),
  fc
    .integer({ min: 0, max: 65_535 })
    .map((port) => ({ bytes: frame(7, (b) => encode.writePort(b, 0, port)), call: ['port', port] })),
  payload.map((bits) => ({
    bytes: concatBytes(
      frame(5, (b) => encode.writeBitfieldHeader(b, 0, bits.length)),
      bits,
    ),
    call: ['bitfield', bits],
  })),
  fc.tuple(u32, u32, fc.uint8Array({ minLength: 1, maxLength: 300 })).map(([piece, begin, data]) => ({
    bytes: pieceMessage(piece, begin, data),
    call: ['piece', piece, begin, data],
  })),
  fc
    .tuple(fc.integer({ min: 0, max: 255 }), payload)
    .map(([id, data]) => ({ bytes: extendedMessage(id, data), call: ['extended', id, data] })),
  fc.tuple(fc.constantFrom(10, 11, 12, 18, 19, 21, 22, 23, 255), payload).map(([id, data]) => ({
    bytes: concatBytes(
      frame(5, (b) => encode.writeRawHeader(b, 0, id, data.length)),
      data,
    ),
    call: ['unknown', id, data],
  })),
);

const messages = fc.array(message, { maxLength: 30 });
const cuts = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 20 });

/** Pushes all bytes in chunks of the given sizes, over and over; what is not consumed is pushed again. */
function pushAll(parser: FrameParser, bytes: Uint8Array, sizes: readonly number[]): number {
  let offset = 0;
  let pushes = 0;
  for (let i = 0; offset < bytes.length; i++) {
    const chunk = bytes.slice(offset, offset + (sizes[i % sizes.length] ?? 1));
    offset += parser.push(chunk);
    // What the parser kept of the chunk must not be a view of it.
    chunk.fill(0xaa);
    pushes++;
  }
  return pushes;
}

describe('FrameParser', () => {
  it('gives the same calls for any sequence of messages in any chunking', () => {
    fc.assert(
      fc.property(messages, cuts, (sequence, sizes) => {
        const handler = new RecordingHandler();
        const parser = new FrameParser(handler, limits);
        pushAll(parser, concatBytes(...sequence.map(({ bytes }) => bytes)), sizes);
        expect(handler.calls).toEqual(sequence.map(({ call }) => call));
        expect(parser.partialPiece).toBeUndefined();
      }),
      { numRuns: 400 },
    );
  });

  it('gives the same calls in one chunk that is a view into a Buffer, and payloads that slice copies', () => {
    fc.assert(
      fc.property(messages, fc.integer({ min: 0, max: 9 }), (sequence, lead) => {
        const handler = new RecordingHandler();
        const bytes = concatBytes(...sequence.map((m) => m.bytes));
        const chunk = Buffer.from(concatBytes(new Uint8Array(lead), bytes)).subarray(lead);
        expect(new FrameParser(handler, limits).push(chunk)).toBe(bytes.length);
        chunk.fill(0xaa);
        expect(handler.calls).toEqual(sequence.map(({ call }) => call));
      }),
    );
  });

  it('gives the same calls when a handler stops after each frame, and consumes no byte of the next', () => {
    fc.assert(
      fc.property(messages, cuts, (sequence, sizes) => {
        const handler = new RecordingHandler();
        const parser = new FrameParser(handler, limits);
        handler.afterCall = () => parser.stop();
        let offset = 0;
        const bytes = concatBytes(...sequence.map((m) => m.bytes));
        const ends = sequence.map((_, i) =>
          sequence.slice(0, i + 1).reduce((sum, m) => sum + m.bytes.length, 0),
        );
        for (let i = 0; offset < bytes.length; i++) {
          const before = handler.calls.length;
          offset += parser.push(bytes.subarray(offset, offset + (sizes[i % sizes.length] ?? 1)));
          expect(handler.calls.length - before).toBeLessThanOrEqual(1);
          if (handler.calls.length > before) expect(offset).toBe(ends[before]);
        }
        expect(handler.calls).toEqual(sequence.map(({ call }) => call));
      }),
    );
  });

  it('gives the same calls when targets stall, losing and repeating nothing', () => {
    fc.assert(
      fc.property(
        messages,
        cuts,
        fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 8 }),
        (sequence, sizes, stalls) => {
          const handler = new RecordingHandler();
          const parser = new FrameParser(handler, limits);
          let left = stalls[0] ?? 0;
          let asked = 0;
          handler.target = (_piece, _begin, length) => {
            if (left-- > 0) return 'stall';
            left = stalls[++asked % stalls.length] ?? 0;
            return new Uint8Array(length + 7);
          };
          pushAll(parser, concatBytes(...sequence.map((m) => m.bytes)), sizes);
          expect(handler.calls).toEqual(sequence.map(({ call }) => call));
        },
      ),
    );
  });

  it('goes on without stopping after a stop was honoured', () => {
    const handler = new RecordingHandler();
    const parser = new FrameParser(handler, limits);
    handler.afterCall = () => handler.calls.length === 1 && parser.stop();
    const bytes = concatBytes(raw(1, 0), raw(1, 1), raw(1, 2));
    expect(parser.push(bytes)).toBe(5);
    expect(parser.push(bytes.subarray(5))).toBe(10);
    expect(handler.calls).toEqual([['choke'], ['unchoke'], ['interested']]);
  });

  it('throws only WireError on arbitrary bytes in arbitrary chunks, and stays blocked after it', () => {
    const bytes = fc.array(
      fc.oneof(
        fc.uint8Array({ maxLength: 40 }),
        message.map((m) => m.bytes),
        fc
          .tuple(fc.integer({ min: 0, max: 64 }), fc.integer({ min: 0, max: 32 }))
          .map(([n, id]) => raw(n, id)),
      ),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(bytes, cuts, (parts, sizes) => {
        const parser = new FrameParser(new RecordingHandler(), limits);
        try {
          pushAll(parser, concatBytes(...parts), sizes);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
          expect(() => parser.push(new Uint8Array(1))).toThrow(
            expect.objectContaining({ code: 'WIRE_PARSER_BLOCKED' }),
          );
        }
      }),
      { numRuns: 500 },
    );
  });

  it('tells a keep-alive from the message with id 0', () => {
    const handler = new RecordingHandler();
    new FrameParser(handler, limits).push(concatBytes(new Uint8Array(4), raw(1, 0), new Uint8Array(4)));
    expect(handler.calls).toEqual([['keepAlive'], ['choke'], ['keepAlive']]);
  });
});

describe('FrameParser: blocks', () => {
  const data = Uint8Array.from({ length: 100 }, (_, i) => i);

  it('asks for the target as soon as the header is there, once, and copies straight into it', () => {
    const handler = new RecordingHandler();
    const parser = new FrameParser(handler, limits);
    const target = new Uint8Array(new SharedArrayBuffer(128));
    let asked = 0;
    handler.target = () => {
      asked++;
      return target;
    };
    const bytes = pieceMessage(5, 16_384, data);
    expect(parser.push(bytes.subarray(0, 12))).toBe(12);
    expect(asked).toBe(0);
    expect(parser.push(bytes.subarray(12, 13))).toBe(1);
    expect(asked).toBe(1);
    expect(parser.partialPiece).toEqual({ piece: 5, begin: 16_384, length: 100, receivedBytes: 0 });
    expect(parser.push(bytes.subarray(13, 50))).toBe(37);
    expect(parser.partialPiece).toEqual({ piece: 5, begin: 16_384, length: 100, receivedBytes: 37 });
    expect(target.slice(0, 37)).toEqual(data.slice(0, 37));
    expect(parser.push(bytes.subarray(50))).toBe(63);
    expect(asked).toBe(1);
    expect(parser.partialPiece).toBeUndefined();
    expect(target.slice(0, 100)).toEqual(data);
    expect(handler.calls).toEqual([['piece', 5, 16_384, data]]);
  });

  it('stalls at the first byte of the payload and asks again before anything else', () => {
    const handler = new RecordingHandler();
    const parser = new FrameParser(handler, limits);
    const answers: ('stall' | Uint8Array)[] = ['stall', 'stall', new Uint8Array(100)];
    handler.target = () => answers.shift();
    const bytes = concatBytes(raw(1, 0), pieceMessage(1, 0, data), raw(1, 1));
    expect(parser.push(bytes)).toBe(5 + 13);
    expect(parser.push(new Uint8Array(0))).toBe(0);
    expect(handler.calls).toEqual([['choke']]);
    expect(parser.partialPiece).toEqual({ piece: 1, begin: 0, length: 100, receivedBytes: 0 });
    expect(parser.push(bytes.subarray(18))).toBe(105);
    expect(handler.calls).toEqual([['choke'], ['piece', 1, 0, data], ['unchoke']]);
  });

  it('parses past a payload without target and says so at its end', () => {
    const handler = new RecordingHandler();
    const parser = new FrameParser(handler, limits);
    handler.target = () => undefined;
    const bytes = concatBytes(pieceMessage(2, 3, data), raw(1, 1));
    parser.push(bytes.subarray(0, 60));
    expect(handler.calls).toEqual([]);
    parser.push(bytes.subarray(60));
    expect(handler.calls).toEqual([['discarded', 2, 3, 100], ['unchoke']]);
  });

  it('writes nothing more into a detached target', () => {
    const handler = new RecordingHandler();
    const parser = new FrameParser(handler, limits);
    const target = new Uint8Array(100);
    handler.target = () => target;
    const bytes = pieceMessage(2, 3, data.slice().fill(9));
    expect(parser.detachTarget()).toBe(false);
    parser.push(bytes.subarray(0, 23));
    expect(parser.detachTarget()).toBe(true);
    expect(parser.detachTarget()).toBe(false);
    parser.push(bytes.subarray(23));
    expect(handler.calls).toEqual([['discarded', 2, 3, 100]]);
    expect(target.slice(10)).toEqual(new Uint8Array(90));
  });

  it('no longer holds a target when the handler is told that it is complete', () => {
    const handler = new RecordingHandler();
    const parser = new FrameParser(handler, limits);
    const held: boolean[] = [];
    handler.afterCall = () => {
      held.push(parser.detachTarget());
      expect(parser.partialPiece).toBeUndefined();
    };
    parser.push(pieceMessage(0, 0, data));
    expect(held).toEqual([false]);
  });

  it('honours stop from pieceTarget at the end of that frame', () => {
    const handler = new RecordingHandler();
    const parser = new FrameParser(handler, limits);
    handler.target = () => {
      parser.stop();
      return undefined;
    };
    const bytes = concatBytes(pieceMessage(0, 0, data), raw(1, 1));
    expect(parser.push(bytes.subarray(0, 20))).toBe(20);
    expect(parser.push(bytes.subarray(20))).toBe(93);
    expect(handler.calls).toEqual([['discarded', 0, 0, 100]]);
  });

  it('refuses a target that is too small before it writes to it', () => {
    const handler = new RecordingHandler();
    const target = new Uint8Array(99);
    handler.target = () => target;
    const parser = new FrameParser(handler, limits);
    expect(() => parser.push(pieceMessage(0, 0, data.slice().fill(1)))).toThrow(RangeError);
    expect(target).toEqual(new Uint8Array(99));
  });
});

describe('FrameParser: faults of the caller', () => {
  it('lets an exception of a handler out and is blocked from then on', () => {
    const handler = new RecordingHandler();
    const parser = new FrameParser(handler, limits);
    handler.afterCall = () => {
      throw new Error('mine');
    };
    expect(() => parser.push(raw(1, 0))).toThrow('mine');
    expect(() => parser.push(raw(1, 0))).toThrow(expect.objectContaining({ code: 'WIRE_PARSER_BLOCKED' }));
  });

  it('refuses a push from inside a handler', () => {
    const handler = new RecordingHandler();
    const parser = new FrameParser(handler, limits);
    handler.afterCall = () => parser.push(raw(1, 1));
    expect(() => parser.push(raw(1, 0))).toThrow(expect.objectContaining({ code: 'WIRE_PARSER_BLOCKED' }));
  });
});

describe('FrameParser: limits', () => {
  function push(bytes: Uint8Array, over: Partial<FrameLimits> = {}, step?: number): RecordingHandler {
    const handler = new RecordingHandler();
    pushAll(new FrameParser(handler, { ...limits, ...over }), bytes, [step ?? bytes.length]);
    return handler;
  }
  const code = (value: string) => expect.objectContaining({ code: value });

  it.each([1, 1000])(
    'takes a message of maxMessageBytes and refuses one byte more (chunks of %i)',
    (step) => {
      expect(push(raw(4096, 99, new Uint8Array(4095)), {}, step).calls).toHaveLength(1);
      expect(push(extendedMessage(1, new Uint8Array(4094)), {}, step).calls).toHaveLength(1);
      expect(push(pieceMessage(0, 0, new Uint8Array(4087)), {}, step).calls).toHaveLength(1);
      expect(() => push(raw(4097, 99), {}, step)).toThrow(code('WIRE_MESSAGE_SIZE'));
      expect(() => push(raw(4097, 20), {}, step)).toThrow(code('WIRE_MESSAGE_SIZE'));
      expect(() => push(raw(4097, 7), {}, step)).toThrow(code('WIRE_MESSAGE_SIZE'));
    },
  );

  it('refuses a length past every limit by its prefix alone, as an unsigned number', () => {
    expect(() => push(raw(4097, 0).subarray(0, 4))).toThrow(code('WIRE_MESSAGE_SIZE'));
    expect(() => push(raw(0xffff_ffff, 0).subarray(0, 4))).toThrow(code('WIRE_MESSAGE_SIZE'));
    expect(() => push(raw(0x8000_0000, 5).subarray(0, 4))).toThrow(code('WIRE_MESSAGE_SIZE'));
  });

  it.each([1, 1000])(
    'takes a bitfield of maxBitfieldBytes and refuses one byte more (chunks of %i)',
    (step) => {
      expect(push(raw(513, 5, new Uint8Array(512)), {}, step).calls).toEqual([
        ['bitfield', new Uint8Array(512)],
      ]);
      expect(() => push(raw(514, 5), {}, step)).toThrow(code('WIRE_MESSAGE_SIZE'));
    },
  );

  it('takes a bitfield larger than any other message once the limit was raised', () => {
    const handler = new RecordingHandler();
    const parser = new FrameParser(handler, limits);
    parser.maxBitfieldBytes = 5000;
    expect(parser.push(raw(5001, 5, new Uint8Array(5000)))).toBe(5005);
    expect(handler.calls).toEqual([['bitfield', new Uint8Array(5000)]]);
    expect(() => parser.push(raw(5001, 99))).toThrow(code('WIRE_MESSAGE_SIZE'));
  });

  it.each([1, 1000])(
    'takes an extension message of its own limit and refuses one byte more (chunks of %i)',
    (step) => {
      const maxExtendedBytes = (id: number) => (id === 3 ? 100 : -1);
      expect(push(extendedMessage(3, new Uint8Array(100)), { maxExtendedBytes }, step).calls).toHaveLength(1);
      expect(() => push(raw(103, 20, Uint8Array.of(3)), { maxExtendedBytes }, step)).toThrow(
        code('WIRE_EXTENDED_SIZE'),
      );
      expect(() => push(extendedMessage(4, new Uint8Array(0)), { maxExtendedBytes }, step)).toThrow(
        code('WIRE_EXTENDED_SIZE'),
      );
    },
  );

  it.each([1, 3, 6, 7, 300])('asks for the limit of an extension message once (chunks of %i)', (step) => {
    const asked: number[] = [];
    const maxExtendedBytes = (id: number) => asked.push(id) * 1000;
    push(extendedMessage(9, new Uint8Array(200)), { maxExtendedBytes }, step);
    expect(asked).toEqual([9]);
  });

  const fixed: [number, number][] = [
    [0, 1],
    [1, 1],
    [2, 1],
    [3, 1],
    [4, 5],
    [6, 13],
    [8, 13],
    [9, 3],
    [13, 5],
    [14, 1],
    [15, 1],
    [16, 13],
    [17, 5],
  ];
  it.each(fixed)('refuses message %i unless its length is %i', (id, length) => {
    expect(push(raw(length, id, new Uint8Array(length - 1))).calls).toHaveLength(1);
    expect(() => push(raw(length + 1, id))).toThrow(code('WIRE_MESSAGE_LENGTH'));
    if (length > 1) expect(() => push(raw(length - 1, id))).toThrow(code('WIRE_MESSAGE_LENGTH'));
    expect(() => push(raw(length + 1, id), {}, 1)).toThrow(code('WIRE_MESSAGE_LENGTH'));
  });

  it('refuses a piece message without payload and an extension message without id', () => {
    expect(push(pieceMessage(0, 0, new Uint8Array(1))).calls).toHaveLength(1);
    for (const length of [1, 8, 9]) {
      expect(() => push(raw(length, 7, new Uint8Array(8)))).toThrow(code('WIRE_MESSAGE_LENGTH'));
    }
    expect(push(raw(2, 20, Uint8Array.of(0))).calls).toEqual([['extended', 0, new Uint8Array(0)]]);
    expect(() => push(raw(1, 20))).toThrow(code('WIRE_MESSAGE_LENGTH'));
  });
});
