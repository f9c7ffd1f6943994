import { limits } from '@peerloom/core';
import type { FakeMessage } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';
import { Arena } from '../fixtures/arena.js';

const last = (arena: Arena): string | undefined => arena.disconnects.at(-1);

/** An `m` of so many names. */
function names(count: number, prefix = 'n', width = 0): Record<string, number> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, i) => [`${prefix}${i}`.padEnd(width, '_'), i % 256]),
  );
}

describe('a message', () => {
  it('may have 1 MiB; one byte more closes the connection before it is there', async () => {
    const arena = await Arena.create();
    const remote = await arena.open();
    const unknown = (length: number): FakeMessage => ({
      type: 'raw',
      id: 99,
      payload: new Uint8Array(length - 1),
    });
    remote.send(unknown(1_048_576));
    await arena.advance(5_000);
    expect(remote.isClosed).toBe(false);
    remote.sendBytes(Uint8Array.of(0x00, 0x10, 0x00, 0x01, 99));
    await arena.roundTrip();
    expect(last(arena)).toBe('protocol WIRE_MESSAGE_SIZE');
    await arena.end();
  });

  it('of an unknown id may come 64 times a minute, whatever its kind, in each minute anew', async () => {
    const arena = await Arena.create();
    const remote = await arena.open();
    const unknown: FakeMessage[] = [
      { type: 'raw', id: 99, payload: new Uint8Array(3) },
      { type: 'extended', id: 250, payload: new Uint8Array(3) },
    ];
    for (let minute = 0; minute < 2; minute++) {
      for (const message of unknown) remote.flood(message, 32);
      await arena.advance(60_001);
      expect(remote.isClosed).toBe(false);
    }
    for (const message of unknown) remote.flood(message, 32);
    remote.flood({ type: 'raw', id: 99, payload: new Uint8Array(3) }, 1);
    await arena.roundTrip();
    expect(last(arena)).toBe('protocol PEER_UNKNOWN_MESSAGES');
    await arena.end();
  });
});

describe('an extension handshake', () => {
  it('may have 64 KiB and not a byte more', async () => {
    const arena = await Arena.create();
    for (const [length, isClosed] of [
      [65_536, false],
      [65_537, true],
    ] as const) {
      const remote = await arena.open({ until: 'handshake' });
      const payload = handshakeOf(length);
      expect(payload).toHaveLength(length);
      remote.send({ type: 'extended', id: 0, payload });
      await arena.advance(2_000);
      expect(remote.isClosed).toBe(isClosed);
    }
    expect(last(arena)).toBe('protocol WIRE_EXTENDED_SIZE');
    await arena.end();
  });

  it('may name 64 messages of 64 bytes each', async () => {
    for (const [m, isClosed] of [
      [names(64, 'n', 64), false],
      [names(65, 'n', 64), true],
      [names(64, 'n', 65), true],
    ] as const) {
      const arena = await Arena.create();
      const remote = await arena.open({ m });
      expect(remote.isClosed).toBe(isClosed);
      if (isClosed) expect(last(arena)).toBe('protocol WIRE_EXTENSION_HANDSHAKE');
      await arena.end();
    }
  });

  it('and all later ones may name 128 messages together', async () => {
    const arena = await Arena.create();
    const remote = await arena.open({ m: names(64) });
    remote.sendExtensionHandshake(names(64, 'o'));
    await arena.roundTrip();
    remote.sendExtensionHandshake(names(64, 'o'));
    await arena.roundTrip();
    expect(remote.isClosed).toBe(false);
    remote.sendExtensionHandshake(names(1, 'p'));
    await arena.roundTrip();
    expect(last(arena)).toBe('protocol WIRE_EXTENSION_HANDSHAKE');
    await arena.end();
  });
});

describe('suggested pieces', () => {
  it('are kept, sixteen of them, each once: the oldest gives way, and the rest is asked for first', async () => {
    // Rarest first would take them in an order by chance; what is suggested comes first.
    const arena = await Arena.create({ pieceCount: 64, pieceLength: 16 * 1024 });
    const remote = await arena.open();
    remote.send({ type: 'haveAll' });
    for (let piece = 0; piece < 17; piece++)
      remote.send({ type: 'suggest', piece }, { type: 'suggest', piece });
    remote.serve(arena.content, { unchokes: false });
    await arena.roundTrip();
    remote.send({ type: 'unchoke' });
    await arena.runUntil(() => remote.receivedOf('request').length >= 17, 'seventeen requests');
    const asked = remote.receivedOf('request').map(({ piece }) => piece);
    expect(asked.slice(0, 16).sort((a, b) => a - b)).toEqual(Array.from({ length: 16 }, (_, i) => i + 1));
    expect(remote.isClosed).toBe(false);
    await arena.end();
  });
});

describe('what comes before metadata is known', () => {
  it('is kept: 4 096 messages beside the last bitfield, and the next one closes the connection', async () => {
    const arena = await Arena.create({ subject: 'magnet' });
    const remote = await arena.open();
    remote.send({ type: 'bitfield', bits: arena.bits(0) });
    remote.flood({ type: 'have', piece: 1 }, limits.maxKeptMessages);
    await arena.advance(1_000);
    expect(remote.isClosed).toBe(false);
    remote.send({ type: 'have', piece: 2 });
    await arena.roundTrip();
    expect(last(arena)).toBe('protocol PEER_KEPT_LIMIT');
    await arena.end();
  });

  it('takes 8 MiB of all peers of a torrent, and who goes gives back what was theirs', async () => {
    const arena = await Arena.create({ subject: 'magnet', settings: { maxPendingIncoming: 200 } });
    // A bitfield and its 16 bytes of keeping are a MiB: eight of them fill it.
    const bits = new Uint8Array(1024 * 1024 - 16);
    const remotes = [];
    for (let i = 0; i < 8; i++) {
      const remote = await arena.open();
      remote.send({ type: 'bitfield', bits });
      await arena.advance(2_000);
      remotes.push(remote);
    }
    expect(remotes.map(({ isClosed }) => isClosed)).toEqual(Array.from({ length: 8 }, () => false));
    const ninth = await arena.open();
    ninth.send({ type: 'have', piece: 0 });
    await arena.roundTrip();
    expect(last(arena)).toBe('protocol PEER_KEPT_LIMIT');
    remotes[0]?.destroy();
    await arena.roundTrip();
    const tenth = await arena.open();
    tenth.send({ type: 'bitfield', bits });
    await arena.advance(2_000);
    expect(tenth.isClosed).toBe(false);
    await arena.end();
  });
});

/** An extension handshake of exactly so many bytes. */
function handshakeOf(length: number): Uint8Array {
  const head = (fill: number): string => `d1:md1:ai1ee1:x${fill}:`;
  let fill = length;
  while (head(fill).length + fill + 1 > length) fill--;
  return new TextEncoder().encode(`${head(fill)}${'x'.repeat(fill)}e`);
}
