import type { FakePeer } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';
import { Arena } from '../fixtures/arena.js';
import { Holder } from '../fixtures/holder.js';
import { utf8 } from '../fixtures/messages.js';
import { type HookCall, passOn, Recorder } from '../fixtures/recorder.js';
import { channelId, got, held } from './held-scene.js';

describe('two holders', () => {
  async function twoHeld(strict = false): Promise<[Arena, Holder, Holder, FakePeer]> {
    const first = new Holder('first', { strict });
    const second = new Holder('second', { takenIn: 'reservedBits' });
    const arena = await Arena.create({ subject: 'half', plugins: [first.plugin, second.plugin] });
    const remote = await arena.open({ m: { x_first: 11, x_second: 12 } });
    return [arena, first, second, remote];
  }

  it('both channels are announced and work; the last release opens', async () => {
    const [arena, first, second, remote] = await twoHeld();
    expect(Object.keys(remote.remoteIds).sort()).toEqual(['x_first', 'x_second']);
    expect(first.say('1') && second.say('2')).toBe(true);
    remote.sendExtended('x_first', utf8('one'));
    remote.sendExtended('x_second', utf8('two'));
    await arena.roundTrip();
    expect([first.heard, second.heard]).toEqual([['one'], ['two']]);
    first.release();
    first.release();
    await arena.roundTrip();
    expect(arena.peer.isReady).toBe(false);
    expect(got(remote)).toEqual(['extended 0', 'extended 11', 'extended 12']);
    second.release();
    await arena.roundTrip();
    expect(arena.peer.isReady).toBe(true);
    expect(got(remote).slice(3)).toEqual(['extended 0', 'bitfield']);
    await arena.end();
  });

  it('what the remote still says to the one that has released does not close', async () => {
    const [arena, first, , remote] = await twoHeld();
    first.release();
    remote.sendExtended('x_first', utf8('late'));
    await arena.roundTrip();
    expect(remote.isClosed).toBe(false);
    expect(first.heard).toEqual(['late']);
    await arena.end();
  });

  it('is strict while a strict one is open', async () => {
    const [arena, , second, remote] = await twoHeld(true);
    second.release();
    remote.send({ type: 'interested' });
    await arena.roundTrip();
    expect(arena.disconnects).toEqual(['protocol PEER_MESSAGE_WHILE_HELD']);
    await arena.end();
  });

  it('one that leaves closes, though the other one is there', async () => {
    const [arena, , , remote] = await twoHeld();
    void arena.session.removeExtension('first');
    await arena.roundTrip();
    expect(remote.isClosed).toBe(true);
    await arena.end();
  });
});

describe('hold is too late', () => {
  it.each(['peer.onConnected', 'peer.onExtensionHandshake', 'peer.onHave', 'peer.tick'] as const)(
    'in %s',
    async (id) => {
      const errors: unknown[] = [];
      const alpha = new Recorder('alpha', {
        reactions: {
          [id]: ({ peer }: HookCall) => {
            try {
              peer?.hold({ reason: 'late', channels: [] });
            } catch (error) {
              errors.push(error);
            }
          },
        },
      });
      const arena = await Arena.create({ plugins: [alpha.plugin] });
      const remote = await arena.open();
      remote.send({ type: 'have', piece: 1 });
      await arena.advance(1000);
      expect(errors[0]).toMatchObject({ code: 'PLUGIN_HOLD_TOO_LATE', name: 'HoldTooLateError' });
      expect(remote.isClosed).toBe(false);
      await arena.end();
    },
  );

  it('later, from outside of hooks', async () => {
    const arena = await Arena.create();
    await arena.open();
    expect(() => arena.peer.hold({ reason: 'late', channels: [] })).toThrow(
      expect.objectContaining({ code: 'PLUGIN_HOLD_TOO_LATE' }),
    );
    await arena.end();
  });
});

describe('a hold and plugins that come late', () => {
  it('a plugin that comes while another holds gets all its hooks at the release', async () => {
    const { arena, holder } = await held();
    const late = new Recorder('late');
    arena.session.addExtension(late.plugin);
    await arena.advance(2000);
    expect(late.ids.filter((id) => id.startsWith('peer.'))).toEqual([]);
    holder.release();
    expect(late.ids.filter((id) => id.startsWith('peer.')).slice(0, 3)).toEqual([
      'peer.onConnected',
      'peer.onHandshake',
      'peer.addHandshake',
    ]);
    await arena.end();
  });

  it('a required holder that comes while connections are being dialled holds them', async () => {
    const arena = await Arena.create({ subject: 'half' });
    const opening = [1, 2, 3, 4, 5].map(() => arena.open({ isOutgoing: true, m: { x_auth: channelId } }));
    await Promise.resolve();
    await arena.advance(1);
    const holder = new Holder('auth', { required: true, strict: true });
    const before = arena.peers.filter(({ isClosed }) => !isClosed).length;
    arena.session.addExtension(holder.plugin);
    expect(arena.torrent.isPaused).toBe(false);
    expect(before).toBeGreaterThan(0);
    expect(holder.held).toHaveLength(before);
    await Promise.all(opening);
    expect(arena.faults).toEqual([]);
    expect(arena.peers.map(({ isReady }) => isReady)).toEqual(arena.peers.map(() => false));
    await arena.end();
  });

  it.each(['torrent.newConnection', 'peer.reservedBits'] as const)(
    'one that another plugin adds in %s does not make a hold of those after it too late',
    async (id) => {
      const adder = new Recorder('adder', { order: 'pre' });
      const holder = new Holder('auth', {
        takenIn: id === 'torrent.newConnection' ? 'newConnection' : 'reservedBits',
      });
      const arena = await Arena.create({ subject: 'half', plugins: [adder.plugin, holder.plugin] });
      const added = new Recorder('added');
      adder.reactions[id] = () => {
        adder.reactions[id] = () => passOn;
        arena.session.addExtension(added.plugin);
        return passOn;
      };
      await arena.open({ m: { x_auth: channelId } });
      expect(arena.faults).toEqual([]);
      expect([holder.last.hold?.isReleased, arena.peer.isReady]).toEqual([false, false]);
      holder.release();
      await arena.roundTrip();
      expect(arena.peer.isReady).toBe(true);
      expect(added.ids).toContain('peer.onHandshake');
      await arena.end();
    },
  );
});
