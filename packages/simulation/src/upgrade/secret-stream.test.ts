import { concatBytes, type PeerContext } from '@peerloom/core/plugin';
import { describe, expect, it } from 'vitest';
import { Arena, type ArenaOptions } from '../fixtures/arena.js';
import { rawMessage, utf8 } from '../fixtures/messages.js';
import type { Node } from '../fixtures/node.js';
import { Recorder } from '../fixtures/recorder.js';
import { SecretHandshake, type SecretOptions } from '../fixtures/secret-handshake.js';

interface Scene {
  readonly arena: Arena;
  readonly ours: SecretHandshake;
  readonly theirs: SecretHandshake;
  readonly seed: Node;
}

/** A leech with the secret that dials a seed which has it too. */
async function scene(
  ours: SecretOptions = {},
  theirs: SecretOptions = {},
  options: ArenaOptions = {},
): Promise<Scene> {
  const mine = new SecretHandshake(ours);
  const other = new SecretHandshake(theirs);
  const arena = await Arena.create({ ...options, plugins: [mine.plugin, ...(options.plugins ?? [])] });
  const seed = await arena.addCompanion({ extensions: [other.plugin] });
  return { arena, ours: mine, theirs: other, seed };
}

describe('a stream that is upgraded under a strict hold', () => {
  it('moves a whole torrent through a cipher with records', async () => {
    const { arena, ours, theirs } = await scene();
    await arena.runUntil(() => arena.torrent.state === 'seeding', 'the download');
    expect(arena.node.hasContent(arena.content)).toBe(true);
    expect(ours.secrets[0]?.peer.isEncrypted).toBe(true);
    expect(theirs.secrets[0]?.encrypt.records).toBeGreaterThan(500);
    expect(arena.faults).toEqual([]);
    await arena.end();
  });

  it.each([1, 100, 5000])('does so where the cipher gives its bytes in pieces of %i', async (pieceBytes) => {
    const { arena } = await scene({ pieceBytes }, { pieceBytes }, { pieceCount: 2 });
    await arena.runUntil(() => arena.torrent.state === 'seeding', 'the download');
    expect(arena.node.hasContent(arena.content)).toBe(true);
    expect(arena.faults).toEqual([]);
    await arena.end();
  });

  it.each([1, 2, 3, 7, 64, 1500, 65_536])(
    'at chunks of 1 to %i bytes, the first encrypted ones glued to the last plain frame',
    async (maxChunkBytes) => {
      const { arena } = await scene({}, {}, { network: { maxChunkBytes }, pieceCount: 2 });
      await arena.runUntil(() => arena.torrent.state === 'seeding', 'the download');
      expect(arena.node.hasContent(arena.content)).toBe(true);
      expect(arena.faults).toEqual([]);
      await arena.end();
    },
  );

  it('has the same transcript on both sides: handshakes and first extension handshakes, initiator first', async () => {
    const { arena, ours, theirs } = await scene();
    await arena.advance(200);
    const [transcript] = ours.transcripts;
    expect(transcript).toBeDefined();
    expect(theirs.transcripts[0]).toEqual(transcript);
    const text = Buffer.from(transcript ?? []).toString('latin1');
    const payload = (id: string): string => `d1:md8:x_secreti${id}eee`;
    const handshake = (peer: PeerContext | undefined, id: Uint8Array): string =>
      Buffer.from(
        concatBytes(
          Uint8Array.of(19),
          utf8('BitTorrent protocol'),
          peer?.localReserved?.toBytes() ?? new Uint8Array(),
          arena.infoHash.toBytes(),
          id,
        ),
      ).toString('latin1');
    const initiator = handshake(ours.secrets[0]?.peer, arena.session.peerId);
    const responder = handshake(theirs.secrets[0]?.peer, ours.secrets[0]?.peer.id ?? new Uint8Array());
    const id = String(ours.secrets[0]?.channel.localId);
    const otherId = String(theirs.secrets[0]?.channel.localId);
    expect(text).toBe(initiator + responder + payload(id) + payload(otherId));
    expect(ours.secrets[0]?.peer.transcript, 'later handshakes change nothing').toEqual(transcript);
    await arena.end();
  });

  it('queues everything behind the freeze: keep-alive, late registration, another holder', async () => {
    const sent: string[] = [];
    const other = new Recorder('other');
    other.reactions['peer.sentExtended'] = ({ args: [id] }) => void sent.push(`extended ${String(id)}`);
    const { arena, ours } = await scene(
      {
        onFrozen: (peer) => {
          peer.register(rawMessage('x_late'), () => {});
          expect(() => peer.send({ type: 'keepAlive' })).toThrow(
            expect.objectContaining({ code: 'PLUGIN_HELD' }),
          );
        },
      },
      {},
      { plugins: [other.plugin], network: { latencyMs: 400 } },
    );
    await arena.runUntil(() => arena.torrent.state === 'seeding', 'the download');
    expect(ours.secrets[0]?.peer.isEncrypted).toBe(true);
    expect(arena.faults).toEqual([]);
    await arena.end();
  });

  it('wrong bytes are the fault of the peer, with its alert, not of the plugin', async () => {
    const { arena } = await scene({ receiveKey: 1 });
    await arena.advance(200);
    expect(arena.disconnects).toEqual(['protocol PLUGIN_STREAM_AUTHENTICATION']);
    expect(arena.node.alertsOf('peerError')).toMatchObject([{ code: 'PLUGIN_STREAM_AUTHENTICATION' }]);
    expect(arena.faults).toEqual([]);
    expect(arena.torrent.isPaused).toBe(false);
    await arena.end();
  });

  it('a peer without the secret learns nothing and gets nothing', async () => {
    const arena = await Arena.create({ subject: 'seed', plugins: [new SecretHandshake().plugin] });
    const remote = await arena.open({ m: { x_secret: 9 } });
    await arena.advance(11_000);
    expect(remote.isClosed).toBe(true);
    expect(remote.received).toHaveLength(1);
    const mute = await arena.open({ reserved: { fast: true } });
    await arena.advance(11_000);
    expect(mute.isClosed).toBe(true);
    expect(mute.received).toEqual([]);
    await arena.end();
  });

  it('the plugin that leaves takes the connection with it', async () => {
    const { arena } = await scene({}, {}, { pieceCount: 64 });
    await arena.runUntil(() => arena.torrent.stats.piecesHave > 0, 'a piece');
    void arena.session.removeExtension('secret', { allowOpen: true });
    expect(arena.peers.every(({ isClosed }) => isClosed)).toBe(true);
    expect(arena.session.stats().peerCount).toBe(0);
    await arena.advance(1);
    expect(arena.disconnects[0]).toBe('plugin PEER_TRANSFORM_GONE');
    await arena.end();
  });
});
