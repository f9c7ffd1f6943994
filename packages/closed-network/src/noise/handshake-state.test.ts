import { describe, expect, it } from 'vitest';
import { HandshakeState, type NoiseChannel, type NoisePattern } from './handshake-state.js';
import { KeyPair } from './key-pair.js';
import { type NoiseVector, noiseVectors } from './noise-vectors.fake.js';

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));
const hex = (value: Uint8Array): string => Buffer.from(value).toString('hex');
const empty = new Uint8Array(0);

const keys = new Map<string, KeyPair>();

/** Made once: most of these tests go through thousands of handshakes. */
function keyOf(text: string): KeyPair {
  const key = keys.get(text) ?? new KeyPair(bytes(text));
  keys.set(text, key);
  return key;
}

function staticKeyOf(text: string | undefined): KeyPair | undefined {
  return text === undefined ? undefined : keyOf(text);
}

interface Sides {
  readonly initiator: HandshakeState;
  readonly responder: HandshakeState;
}

function sidesOf(vector: NoiseVector, pattern = vector.protocol.split('_')[1] as NoisePattern): Sides {
  const preSharedKey = vector.preSharedKey === undefined ? undefined : bytes(vector.preSharedKey);
  const common = { pattern, prologue: bytes(vector.prologue), preSharedKey };
  return {
    initiator: new HandshakeState({
      ...common,
      isInitiator: true,
      ephemeral: keyOf(vector.initiatorEphemeral),
      staticKey: staticKeyOf(vector.initiatorStatic),
    }),
    responder: new HandshakeState({
      ...common,
      isInitiator: false,
      ephemeral: keyOf(vector.responderEphemeral),
      staticKey: staticKeyOf(vector.responderStatic),
    }),
  };
}

const vectorOf = (pattern: string): NoiseVector => {
  const found = noiseVectors.find(({ protocol }) => protocol.split('_')[1] === pattern);
  if (found === undefined) throw new TypeError(`no vector of ${pattern}`);
  return found;
};

/** XXpsk0 with the keys of the XX vector and the pre-shared key of the NNpsk0 vector. */
const xxWithSecret = { ...vectorOf('XX'), preSharedKey: vectorOf('NNpsk0').preSharedKey as string };

function runHandshake({ initiator, responder }: Sides): { initiator: NoiseChannel; responder: NoiseChannel } {
  for (let turn = 0; !initiator.isComplete; turn++) {
    const [from, to] = turn % 2 === 0 ? [initiator, responder] : [responder, initiator];
    to.readMessage(from.writeMessage(empty));
  }
  return { initiator: initiator.split(), responder: responder.split() };
}

describe('HandshakeState', () => {
  it.each(noiseVectors)('$protocol: writes and reads the published messages', (vector) => {
    const sides = sidesOf(vector);
    let channels: { initiator: NoiseChannel; responder: NoiseChannel } | undefined;
    for (const [turn, [payload, message]] of vector.messages.entries()) {
      const names =
        turn % 2 === 0 ? (['initiator', 'responder'] as const) : (['responder', 'initiator'] as const);
      if (sides.initiator.isComplete && channels === undefined) {
        channels = { initiator: sides.initiator.split(), responder: sides.responder.split() };
        expect(hex(sides.initiator.handshakeHash)).toBe(vector.handshakeHash);
        expect(hex(sides.responder.handshakeHash)).toBe(vector.handshakeHash);
      }
      const [from, to] = names;
      const written =
        channels === undefined
          ? sides[from].writeMessage(bytes(payload))
          : channels[from].send.encrypt(bytes(payload));
      expect(hex(written)).toBe(message);
      const read =
        channels === undefined ? sides[to].readMessage(written) : channels[to].receive.decrypt(written);
      expect(hex(read)).toBe(payload);
    }
    expect(channels).toBeDefined();
  });

  it('XXpsk0: its first message is that of NNpsk0 but for the name of the protocol, and both sides agree', () => {
    const { initiator, responder } = sidesOf(xxWithSecret, 'XXpsk0');
    const first = initiator.writeMessage(empty);
    expect(first).toHaveLength(48);
    expect(hex(first.subarray(0, 32))).toBe(hex(keyOf(xxWithSecret.initiatorEphemeral).publicKey));
    responder.readMessage(first);
    initiator.readMessage(responder.writeMessage(empty));
    responder.readMessage(initiator.writeMessage(Uint8Array.of(7)));
    expect(hex(initiator.handshakeHash)).toBe(hex(responder.handshakeHash));
    expect(hex(initiator.handshakeHash)).not.toBe(vectorOf('XX').handshakeHash);
    expect(responder.split().receive.decrypt(initiator.split().send.encrypt(bytes('aa')))).toEqual(
      Buffer.of(0xaa),
    );
  });

  it.each(['NNpsk0', 'XX', 'XXpsk0'] as const)('%s: no flipped bit of any message is accepted', (pattern) => {
    const vector = pattern === 'XXpsk0' ? xxWithSecret : vectorOf(pattern);
    const count = pattern === 'NNpsk0' ? 2 : 3;
    for (let which = 0; which < count; which++) {
      const length = messageOf(vector, pattern, which).length;
      for (let bit = 0; bit < length * 8; bit++) {
        const { initiator, responder } = sidesOf(vector, pattern);
        const run = (): void => {
          for (let turn = 0; turn < count; turn++) {
            const [from, to] = turn % 2 === 0 ? [initiator, responder] : [responder, initiator];
            const message = from.writeMessage(empty);
            if (turn === which) message[bit >> 3] = (message[bit >> 3] ?? 0) ^ (1 << (bit & 7));
            to.readMessage(message);
          }
        };
        expect(run, `bit ${bit} of message ${which + 1}`).toThrow(
          expect.objectContaining({ name: 'NoiseError' }),
        );
      }
    }
  });

  it.each(['NNpsk0', 'XX', 'XXpsk0'] as const)(
    '%s: no message cut short or made longer is accepted',
    (pattern) => {
      const vector = pattern === 'XXpsk0' ? xxWithSecret : vectorOf(pattern);
      const message = messageOf(vector, pattern, 1);
      for (let length = 0; length <= message.length + 1; length++) {
        if (length === message.length) continue;
        const { initiator } = sidesOf(vector, pattern);
        initiator.writeMessage(empty);
        const cut = new Uint8Array(length);
        cut.set(message.subarray(0, length));
        expect(() => initiator.readMessage(cut), `${length} bytes`).toThrow(
          expect.objectContaining({ name: 'NoiseError' }),
        );
      }
    },
  );

  it('another prologue, key or pattern on the other side ends it', () => {
    const vector = vectorOf('NNpsk0');
    const first = sidesOf(vector).initiator.writeMessage(empty);
    const others: NoiseVector[] = [
      { ...vector, prologue: '00' },
      { ...vector, preSharedKey: '00'.repeat(32) },
    ];
    for (const other of others) {
      expect(() => sidesOf(other).responder.readMessage(first)).toThrow(
        expect.objectContaining({ name: 'NoiseError' }),
      );
    }
    expect(() => sidesOf(xxWithSecret, 'XXpsk0').responder.readMessage(first)).toThrow(
      expect.objectContaining({ name: 'NoiseError' }),
    );
  });

  it('points of small order are refused', () => {
    for (const low of ['00'.repeat(32), `01${'00'.repeat(31)}`, `ecff${'ff'.repeat(29)}7f`]) {
      const { initiator } = sidesOf(vectorOf('XX'));
      initiator.writeMessage(empty);
      expect(() => initiator.readMessage(bytes(low + '00'.repeat(64)))).toThrow(
        expect.objectContaining({ name: 'NoiseError' }),
      );
    }
  });

  it('messages out of turn are a mistake of the caller', () => {
    const { initiator, responder } = sidesOf(vectorOf('NNpsk0'));
    expect(() => responder.writeMessage(empty)).toThrow(RangeError);
    expect(() => initiator.readMessage(empty)).toThrow(RangeError);
    expect(() => initiator.split()).toThrow(RangeError);
  });
});

describe('CipherState', () => {
  it('changes the key by the rule of the framework on both sides, and not on one', () => {
    const { initiator, responder } = runHandshake(sidesOf(vectorOf('NNpsk0')));
    const before = initiator.send.encrypt(bytes('01'));
    expect(hex(responder.receive.decrypt(before))).toBe('01');
    initiator.send.rekey();
    const after = initiator.send.encrypt(bytes('02'));
    expect(() => responder.receive.decrypt(after)).toThrow(expect.objectContaining({ name: 'NoiseError' }));

    const again = runHandshake(sidesOf(vectorOf('NNpsk0')));
    again.initiator.send.rekey();
    again.responder.receive.rekey();
    for (const value of ['01', '02']) {
      expect(hex(again.responder.receive.decrypt(again.initiator.send.encrypt(bytes(value))))).toBe(value);
    }
  });

  it('refuses what is sent a second time or out of order', () => {
    const { initiator, responder } = runHandshake(sidesOf(vectorOf('NNpsk0')));
    const [first, second] = [initiator.send.encrypt(bytes('01')), initiator.send.encrypt(bytes('02'))];
    responder.receive.decrypt(first);
    expect(() => responder.receive.decrypt(first)).toThrow(expect.objectContaining({ name: 'NoiseError' }));
    const { responder: other } = runHandshake(sidesOf(vectorOf('NNpsk0')));
    expect(() => other.receive.decrypt(second)).toThrow(expect.objectContaining({ name: 'NoiseError' }));
  });
});

function messageOf(vector: NoiseVector, pattern: NoisePattern, which: number): Uint8Array {
  const { initiator, responder } = sidesOf(vector, pattern);
  for (let turn = 0; ; turn++) {
    const [from, to] = turn % 2 === 0 ? [initiator, responder] : [responder, initiator];
    const message = from.writeMessage(empty);
    if (turn === which) return message;
    to.readMessage(message);
  }
}
