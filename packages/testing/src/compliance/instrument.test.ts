import {
  type PeerPlugin,
  pluginApiVersion,
  type SessionPlugin,
  type TorrentPlugin,
} from '@peerloom/core/plugin';
import { describe, expect, it } from 'vitest';
import { runSwarm } from '../swarm/swarm.js';
import { CallCounter, HookLog } from './hook-log.js';
import { type Extension, type Interference, instrument } from './instrument.js';

const identity = { name: 'subject', apiVersion: pluginApiVersion };

/** Runs a download with the extension instrumented; what it was called. */
async function watch(extension: Extension, interference?: Interference): Promise<HookLog> {
  const log = new HookLog(new CallCounter());
  const instrumented = instrument(extension, log, interference);
  await runSwarm({ seed: 1 }, async (swarm) => {
    const seed = await swarm.addSeed();
    await swarm.addLeech({ extensions: [instrumented], connectTo: [seed] });
    await swarm.runUntilComplete();
  });
  return log;
}

describe('instrument', () => {
  it('runs hooks on the plugin itself, so that private state works', async () => {
    class Counting implements SessionPlugin {
      readonly name = 'subject';
      readonly apiVersion = pluginApiVersion;
      #torrents = 0;
      get torrents(): number {
        return this.#torrents;
      }
      newTorrent(): undefined {
        this.#torrents++;
      }
    }
    const plugin = new Counting();
    const log = await watch(plugin);
    expect(plugin.torrents).toBe(1);
    expect(log.of('session.newTorrent')).toHaveLength(1);
  });

  it('shows only the hooks that there are, and everything else as it is', () => {
    const plugin = Object.freeze({ ...identity, alertMask: 3, onTick: () => {}, custom: () => 'mine' });
    const instrumented = instrument(plugin, new HookLog(new CallCounter()));
    expect(Object.keys(instrumented)).toEqual(['name', 'apiVersion', 'alertMask', 'onTick', 'custom']);
    expect(instrumented).toMatchObject({ ...identity, alertMask: 3 });
    expect('onAlert' in instrumented).toBe(false);
    expect(Reflect.get(instrumented, 'onAlert')).toBeUndefined();
    expect(Reflect.get(instrumented, 'custom')()).toBe('mine');
  });

  it('notes calls at all levels, with arguments, results and the remote address', async () => {
    const peers: PeerPlugin = { onUnchoke: () => false, onHandshake: () => {} };
    const torrents: TorrentPlugin = { newConnection: () => peers, onState: () => {} };
    const log = await watch({ ...identity, newTorrent: () => torrents });
    expect(log.of('torrent.onState').map(({ args }) => args)).toContainEqual(['seeding']);
    expect(log.of('peer.onUnchoke')[0]).toMatchObject({ args: [], result: false, remote: '10.0.0.1' });
    expect(log.has('peer.onHandshake')).toBe(true);
    expect(log.has('peer.onChoke')).toBe(false);
    const sequences = log.calls.map(({ sequence }) => sequence);
    expect(new Set(sequences).size).toBe(sequences.length);
  });

  it('takes part where the extension declines, if it is to interfere there', async () => {
    let interfered = 0;
    const act = (): void => {
      interfered++;
    };
    const log = await watch({ ...identity, newTorrent: () => undefined }, { id: 'peer.onUnchoke', act });
    expect(interfered).toBe(1);
    expect(log.of('torrent.newConnection')).toHaveLength(1);
    const quiet = await watch(
      { ...identity, newTorrent: () => undefined },
      { id: 'torrent.onState', act: () => {} },
    );
    expect(quiet.has('torrent.newConnection')).toBe(false);
  });

  it('interferes where it applies only, with what the hook returned', async () => {
    const results: unknown[] = [];
    const peers: PeerPlugin = { onPiece: () => false };
    const log = await watch(
      { ...identity, newTorrent: () => ({ newConnection: () => peers }) },
      {
        id: 'peer.onPiece',
        applies: ({ peer, torrent, session }) =>
          peer !== undefined && torrent !== undefined && session !== undefined && results.length < 2,
        act: (_site, result) => {
          results.push(result);
          return undefined;
        },
      },
    );
    expect(results).toEqual([false, false]);
    expect(
      log
        .of('peer.onPiece')
        .map(({ result }) => result)
        .slice(0, 3),
    ).toEqual([undefined, undefined, false]);
  });
});
