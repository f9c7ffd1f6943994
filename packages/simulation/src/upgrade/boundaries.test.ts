import type { PeerContext } from '@peerloom/core/plugin';
import type { FakePeer } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';
import { Arena } from '../fixtures/arena.js';
import { encodeFrame } from '../fixtures/frames.js';
import { rawMessage, text, utf8 } from '../fixtures/messages.js';
import { passOn, Recorder } from '../fixtures/recorder.js';
import { ToyDecrypt, ToyEncrypt } from '../fixtures/toy-cipher.js';

const channelId = 9;
const identity = (bytes: Uint8Array): Uint8Array => bytes.slice();
const boundary = expect.objectContaining({ code: 'PLUGIN_UPGRADE_BOUNDARY', name: 'UpgradeBoundaryError' });
const twice = expect.objectContaining({ code: 'PLUGIN_UPGRADE_TWICE' });

/** An open connection whose plugin does this with each message of its channel. */
async function opened(
  onMessage: (peer: PeerContext, message: string) => void,
): Promise<{ arena: Arena; alpha: Recorder; remote: FakePeer; peer: PeerContext }> {
  const alpha = new Recorder('alpha');
  alpha.reactions['torrent.newConnection'] = ({ peer }) => {
    peer?.register(rawMessage('x_upgrade'), (bytes) => onMessage(peer, text(bytes)));
    return passOn;
  };
  const arena = await Arena.create({ subject: 'half', plugins: [alpha.plugin] });
  const remote = await arena.open({ m: { x_upgrade: channelId } });
  const [peer] = alpha.peers;
  if (peer === undefined) throw new TypeError('no connection');
  return { arena, alpha, remote, peer };
}

describe('upgradeReceive', () => {
  it.each(['peer.onConnected', 'peer.tick', 'peer.reservedBits'] as const)('is refused in %s', async (id) => {
    const errors: unknown[] = [];
    const alpha = new Recorder('alpha');
    alpha.reactions[id] = ({ peer }) => {
      try {
        peer?.upgradeReceive(identity);
      } catch (error) {
        errors.push(error);
      }
    };
    const arena = await Arena.create({ plugins: [alpha.plugin] });
    await arena.open({ isOutgoing: true });
    await arena.advance(1000);
    expect(errors[0]).toEqual(boundary);
    expect(arena.remote.isClosed).toBe(false);
    await arena.end();
  });

  it('is refused outside of hooks, and inside a handler of another connection', async () => {
    const errors: unknown[] = [];
    let other: PeerContext | undefined;
    const { arena, alpha, remote, peer } = await opened(() => {
      try {
        other?.upgradeReceive(identity);
      } catch (error) {
        errors.push(error);
      }
    });
    await arena.open();
    other = alpha.peers[1];
    expect(() => peer.upgradeReceive(identity)).toThrow(boundary);
    remote.sendExtended('x_upgrade', utf8('now'));
    await arena.roundTrip();
    expect(errors).toEqual([boundary]);
    await arena.end();
  });

  it('takes effect at the byte after the frame, at every cut of the bytes', async () => {
    const have = encodeFrame(4, Uint8Array.of(0, 0, 0, 15));
    const encrypted = new ToyEncrypt(5).transform(Uint8Array.from([...have, ...have.with(8, 14)]));
    const upgrade = (id: number): Uint8Array => encodeFrame(20, Uint8Array.of(id, ...utf8('go')));
    const total = upgrade(1).length + encrypted.length;
    for (let cut = 1; cut <= total; cut++) {
      const { arena, remote, peer } = await opened((one) => one.upgradeReceive(new ToyDecrypt(5).transform));
      const bytes = Uint8Array.from([...upgrade(remote.remoteIds.x_upgrade ?? 0), ...encrypted]);
      remote.sendBytes(bytes.subarray(0, cut));
      await arena.roundTrip();
      remote.sendBytes(bytes.subarray(cut));
      await arena.roundTrip();
      expect([peer.has(15), peer.has(14), remote.isClosed], `cut at ${cut}`).toEqual([true, true, false]);
      await arena.end();
    }
  });

  it('is legal once a connection', async () => {
    const errors: unknown[] = [];
    const { arena, remote, peer } = await opened((one) => {
      try {
        one.upgradeReceive(identity);
      } catch (error) {
        errors.push(error);
      }
    });
    remote.sendExtended('x_upgrade', utf8('1'));
    remote.sendExtended('x_upgrade', utf8('2'));
    await arena.roundTrip();
    expect(errors).toEqual([twice]);
    expect(peer.isEncrypted, 'one direction').toBe(false);
    expect(remote.isClosed).toBe(false);
    await arena.end();
  });

  it('a throw of another kind is the fault of the plugin', async () => {
    const { arena, remote } = await opened((one) =>
      one.upgradeReceive(() => {
        throw new TypeError('boom');
      }),
    );
    remote.sendExtended('x_upgrade', utf8('1'));
    remote.send({ type: 'interested' });
    await arena.roundTrip();
    expect(arena.faults).toMatchObject([
      { plugin: 'alpha', hook: 'transform', action: 'peerClosed', error: { message: 'boom' } },
    ]);
    expect(arena.disconnects).toEqual(['fault PLUGIN_FAULT']);
    await arena.end();
  });
});

describe('freezeSend and upgradeSend', () => {
  it('nothing plain leaves after the freeze; all of it leaves encrypted after the upgrade, in order', async () => {
    const { arena, alpha, remote, peer } = await opened(() => {});
    const before = remote.receivedBytes;
    peer.send({ type: 'have', piece: 1 });
    peer.freezeSend();
    peer.send({ type: 'have', piece: 2 });
    arena.peer.send({ type: 'keepAlive' });
    peer.register(rawMessage('x_late'), () => {});
    arena.session.addExtension(new Recorder('beta').plugin);
    await arena.advance(1500);
    expect(remote.receivedBytes - before, 'what was queued before').toBe(9);
    expect(alpha.count('peer.sentHave')).toBe(2);

    const plain: number[] = [];
    const decrypt = new ToyDecrypt(3);
    peer.upgradeSend(new ToyEncrypt(3).transform);
    arena.peer.send({ type: 'have', piece: 3 });
    remote.connection.setHandler({
      onConnect() {},
      onData: (chunk) => void plain.push(...decrypt.transform(chunk)),
      onDrain() {},
      onEnd() {},
      onClose() {},
    });
    await arena.roundTrip();
    const frames = Buffer.from(plain);
    expect(frames.subarray(0, 13).toString('hex')).toBe('00000005040000000200000000');
    expect(frames.includes('x_late')).toBe(true);
    expect(frames.subarray(-9).toString('hex')).toBe('000000050400000003');
    await arena.end();
  });

  it('freezing twice is one freeze; upgrading twice throws', async () => {
    const { arena, peer } = await opened(() => {});
    peer.freezeSend();
    peer.freezeSend();
    peer.upgradeSend(identity);
    expect(() => peer.upgradeSend(identity)).toThrow(twice);
    expect(() => peer.freezeSend()).toThrow(twice);
    await arena.end();
  });

  it('cannot be asked for before the stream is open', async () => {
    const errors: unknown[] = [];
    const alpha = new Recorder('alpha');
    alpha.reactions['torrent.newConnection'] = ({ peer }) => {
      for (const act of [() => peer?.freezeSend(), () => peer?.upgradeSend(identity)]) {
        try {
          act();
        } catch (error) {
          errors.push(error);
        }
      }
      return passOn;
    };
    const arena = await Arena.create({ plugins: [alpha.plugin] });
    await arena.open({ isOutgoing: true });
    expect(errors).toEqual([boundary, boundary]);
    await arena.end();
  });

  it('a frozen connection closes where its plugin leaves', async () => {
    const { arena, remote, peer } = await opened(() => {});
    peer.freezeSend();
    void arena.session.removeExtension('alpha');
    await arena.roundTrip();
    expect(remote.isClosed).toBe(true);
    await arena.end();
  });

  it('an encrypt that throws is the fault of the plugin, and nothing plain leaves', async () => {
    const { arena, remote, peer } = await opened(() => {});
    const before = remote.receivedBytes;
    peer.upgradeSend(() => {
      throw new TypeError('boom');
    });
    peer.send({ type: 'have', piece: 1 });
    await arena.roundTrip();
    expect(arena.faults).toMatchObject([{ plugin: 'alpha', hook: 'transform', action: 'peerClosed' }]);
    expect(remote.receivedBytes).toBe(before);
    expect(remote.isClosed).toBe(true);
    await arena.end();
  });

  it('sentPayload tells of content when it leaves, not while it is frozen', async () => {
    const { arena, alpha, remote, peer } = await opened(() => {});
    remote.send({ type: 'interested' });
    await arena.roundTrip();
    peer.freezeSend();
    remote.send({ type: 'request', piece: 0, begin: 0, length: 16_384 });
    await arena.advance(500);
    expect([alpha.count('peer.sentPiece'), alpha.count('peer.sentPayload')]).toEqual([1, 0]);
    peer.upgradeSend(identity);
    await arena.roundTrip();
    expect(alpha.of('peer.sentPayload').map(({ args }) => args)).toEqual([[16_384]]);
    await arena.end();
  });
});
