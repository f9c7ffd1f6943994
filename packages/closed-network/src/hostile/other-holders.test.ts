import { defineMessage, defineTorrentExtension, pluginApiVersion, rawCodec } from '@peerloom/core/plugin';
import { createSwarm } from '@peerloom/testing';
import { describe, expect, it } from 'vitest';
import { ClosedNetwork } from '../closed-network.js';
import type { ClosedNetworkOptions } from '../closed-network-options.js';
import { confirmationsOf } from '../session-record.fake.js';
import { modes } from './scene.fake.js';

describe('others on the same connection', () => {
  const nod = defineMessage<Uint8Array>()('xt_nod', rawCodec, { maxBytes: 8 });
  const late = defineMessage<Uint8Array>()('xt_late', rawCodec, { maxBytes: 8 });

  /** Nods are counted from 0 to this. */
  const lastNod = 19;

  /** Holds, too, until both sides have nodded often enough, and registers another message meanwhile. */
  function otherHolder(wantedNods: number, heard: Set<number>) {
    return defineTorrentExtension({ name: 'other', apiVersion: pluginApiVersion }, () => ({
      newConnection: (peer) => {
        let sent = -1;
        let received = -1;
        const channel = peer.register(nod, ([number = 0]) => {
          heard.add(number);
          received = number;
          release();
        });
        const hold = peer.hold({ reason: 'nod', channels: [channel], deadlineMs: 60_000 });
        const release = (): void => {
          if (sent >= wantedNods && received >= wantedNods) hold.release();
        };
        const speak = (): void => {
          channel.send(Uint8Array.of(++sent));
          release();
          if (sent < lastNod) peer.clock.setTimeout(speak, 200);
        };
        return {
          onExtensionHandshake: () => {
            if (sent >= 0) return;
            peer.clock.setTimeout(() => void peer.register(late, () => {}), 700);
            speak();
          },
        };
      },
    }));
  }

  it.each(Object.keys(modes).flatMap((mode) => [0, 7, lastNod].map((nods) => [mode, nods] as const)))(
    '%s: a holder that releases after %d messages, late ones and keep-alives in each freeze',
    async (mode, nods) => {
      const optionsOf = modes[mode] as (name: string) => ClosedNetworkOptions;
      const heard = new Set<number>();
      const swarm = createSwarm({
        // A freeze lasts for a round trip: longer than keep-alives are apart.
        network: { latencyMs: 1300 },
        settings: { keepAliveIntervalMs: 1000 },
        extensions: (name) => [new ClosedNetwork(optionsOf(name)), otherHolder(nods, heard)],
      });
      const seed = await swarm.addSeed();
      const leech = await swarm.addLeech();
      swarm.connect(leech, seed);
      await swarm.runUntilComplete();
      expect(heard.size, 'messages of the other holder that came').toBe(lastNod + 1);
      expect([confirmationsOf(seed), confirmationsOf(leech)]).toEqual([1, 1]);
      await swarm.stop();
    },
  );
});
